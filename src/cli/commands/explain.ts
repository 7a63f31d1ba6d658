import { readFileSync } from "node:fs";
import { nearest } from "../../util/nearest.ts";
import { packageFile } from "../../util/package-files.ts";
import { UsageError } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

const PAGE = packageFile("docs/diagnostics.md");
const WIDTH = 80;

export const explainCommand: Command = {
  help: `Usage: steerform explain [CODE] [options]

Says what a diagnostic's code means, why it matters and how to fix it. Without a code, lists all of them.
SF1303, sf1303 and 1303 are one.

Options:
  --json      one JSON document
  -h, --help  this text`,
  options: COMMON_OPTIONS,
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const explanations = readExplanations();
    const json = args.flag("json");
    const [wanted] = args.positionals;
    if (wanted === undefined) {
      const codes = explanations.map(({ code, title }) => ({ code, title }));
      if (json) host.out(JSON.stringify({ format_version: 1, codes }, null, 2));
      else host.out(codes.map(({ code, title }) => `${code}  ${title}`).join("\n"));
      return EXIT.success;
    }
    const { code, title, blocks } = findExplanation(wanted, explanations);
    if (json) {
      const text = blocks.map(plainText).join("\n\n");
      host.out(JSON.stringify({ format_version: 1, code, title, text }, null, 2));
      return EXIT.success;
    }
    const bold = (part: string): string => host.style.bold(part);
    const shown = blocks.map((block) => wrap(plainText(block)).replace(/^(?:What|Why it matters|How to fix)\./, bold));
    host.out([bold(`${code}: ${title}`), ...shown].join("\n\n"));
    return EXIT.success;
  },
};

export interface Explanation {
  readonly code: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A paragraph of Markdown as one line, or an example as it stands; `language` is the word after its fence. */
export type Block =
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "example"; readonly language: string; readonly text: string };

/** Every section of docs/diagnostics.md, in the page's order. */
export function readExplanations(): Explanation[] {
  const page = readFileSync(PAGE, "utf8");
  return [...page.matchAll(/^### (SF\d{4}): (.+)\n([^]*?)(?=^#{2,3} |(?![^]))/gm)].map(([, code, title, body]) => ({
    code: code as string,
    title: title as string,
    blocks: parseBlocks(body as string),
  }));
}

function parseBlocks(body: string): Block[] {
  return [...body.matchAll(/^```(\w*)\n([^]*?)\n```$|(?:^(?!```).+\n)+/gm)].map(([paragraph, language, example]) =>
    example === undefined
      ? { kind: "paragraph", text: paragraph.trim().replaceAll("\n", " ") }
      : { kind: "example", language: language as string, text: example },
  );
}

/** Throws UsageError for a code that is none, with the nearest one. */
function findExplanation(wanted: string, explanations: readonly Explanation[]): Explanation {
  const code = wanted.toUpperCase().replace(/^(?=\d)/, "SF");
  const found = explanations.find((one) => one.code === code);
  if (found !== undefined) return found;
  // Of codes that are equally few letters away, the one that stands nearest.
  const number = (text: string): number => Number(text.replace("SF", ""));
  const codes = explanations
    .map((one) => one.code)
    .toSorted((a, b) => Math.abs(number(a) - number(code)) - Math.abs(number(b) - number(code)));
  const near = nearest(code, codes);
  const advice = near === undefined ? "steerform explain lists them all." : `Did you mean '${near}'?`;
  throw new UsageError(`There is no diagnostic '${wanted}'. ${advice}`);
}

/** Examples are indented; Markdown's marks of emphasis are gone. Backticks stay: they say what is to be typed. */
function plainText({ kind, text }: Block): string {
  return kind === "example" ? text.replaceAll(/^(?=.)/gm, "    ") : text.replaceAll("**", "");
}

/** Breaks a paragraph between words, so that no line is wider than a narrow terminal. */
function wrap(text: string): string {
  if (text.startsWith(" ")) return text;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
