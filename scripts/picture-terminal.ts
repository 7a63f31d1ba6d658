/**
 * A picture of a first experiment in a terminal, for the README, as docs/pictures/terminal.svg; the run is a real one:
 *
 *     npm run build && TERMINAL_LIMIT_S=600 npx tsx scripts/picture-terminal.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInTerminal } from "../test/rig/terminal.ts";

const BIN = fileURLToPath(new URL("../bin/steerform.js", import.meta.url));
const COLUMNS = 130;
const [CHARACTER, LINE, MARGIN] = [7.8, 19, 18] as const;

/** What is typed, how it is answered, and which stretches of what comes are shown: from a line to a line. */
const STEPS: readonly Step[] = [
  {
    args: ["init"],
    shown: [
      [/^Made/, /base/],
      [/^Next/, /apply/],
    ],
  },
  { args: ["validate"], shown: [[/valid/, /^Next/]] },
  {
    args: ["plan"],
    shown: [
      [/^extraction/, /natural/],
      [/^Plan/, /^Next/],
    ],
  },
  {
    args: ["apply"],
    keys: [["[y/N] ", "y\r"]],
    shown: [
      [/^Run /, /^Best /],
      [/^Next/, /^Next/],
    ],
  },
];

interface Step {
  readonly args: readonly string[];
  readonly keys?: readonly (readonly [after: string, send: string])[];
  readonly shown: readonly (readonly [from: RegExp, to: RegExp])[];
}

const folder = mkdtempSync(join(tmpdir(), "steerform-picture-"));
const lines: string[] = [];
for (const { args, keys, shown } of STEPS) {
  // As if npx had started it, which would say so in the same way.
  const { screen, exitCode } = await runInTerminal([process.execPath, BIN, ...args], folder, keys, {
    npm_command: "exec",
  });
  if (exitCode !== 0) throw new Error(screen);
  lines.push(`$ npx steerform ${args.join(" ")}`, ...shown.flatMap(([from, to]) => stretch(screen, from, to)), "");
}
rmSync(folder, { recursive: true });
writeFileSync(new URL("../docs/pictures/terminal.svg", import.meta.url), svgOf(lines.slice(0, -1)));

/** With dots in front where something is left out. */
function stretch(screen: string, from: RegExp, to: RegExp): string[] {
  const all = screen.trimEnd().split("\n");
  const start = all.findIndex((line) => from.test(line));
  const length = all.slice(start).findIndex((line) => to.test(line)) + 1;
  return [...(start > 0 ? ["  …"] : []), ...all.slice(start, start + length)];
}

function svgOf(texts: readonly string[]): string {
  const [width, height] = [Math.round(COLUMNS * CHARACTER + 2 * MARGIN), texts.length * LINE + 2 * MARGIN];
  const rows = texts.map((text, row) => {
    const y = MARGIN + row * LINE + 13;
    return text === "" ? "" : `<text x="${MARGIN}" y="${y}"${classOf(text)}>${escaped(cropped(text))}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="steerform init, validate, plan and apply in a terminal">
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d7dde5;white-space:pre}.typed{fill:#fff;font-weight:bold}.good{fill:#7fd18b}.quiet{fill:#8a95a5}</style>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
${rows.join("")}</svg>
`;
}

function classOf(text: string): string {
  if (text.startsWith("$ ")) return ' class="typed"';
  if (/^(✔|\s+\+ )/.test(text)) return ' class="good"';
  return /^(Next: |\s+… )/.test(text) ? ' class="quiet"' : "";
}

function cropped(text: string): string {
  return text.length > COLUMNS ? `${text.slice(0, COLUMNS - 1)}…` : text;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
