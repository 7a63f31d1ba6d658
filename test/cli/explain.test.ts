import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { explainCommand } from "../../src/cli/commands/explain.ts";
import { readArguments } from "../../src/cli/args.ts";
import type { Host } from "../../src/cli/host.ts";
import { createStyle } from "../../src/report/style.ts";

/** What the command writes, and its exit code. */
async function explain(args: readonly string[], colour = false): Promise<{ text: string; code: number }> {
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const host: Host = {
    cwd: "/",
    program: "steerform",
    interactive: false,
    style: createStyle(colour),
    out,
    err: out,
    gone: new AbortController().signal,
    restoreTerminal: () => undefined,
    confirm: () => Promise.reject(new Error("Internal error: nothing is asked")),
  };
  const { options, maxPositionals } = explainCommand;
  const code = await explainCommand.run(readArguments(args, options, maxPositionals), host);
  return { text: lines.join("\n"), code };
}

test("a code's section, as plain text for a narrow terminal", async () => {
  const { text, code } = await explain(["SF1501"]);
  expect(code).toBe(0);
  expect(text).toMatchInlineSnapshot(`
    "SF1501: rollouts at temperature 0

    What. A source asks for several rollouts of each scenario, and its temperature
    is 0 (which is the default).

    Why it matters. Greedy responses are all alike: the copies would count as data,
    and cost as much.

    How to fix. Set a temperature above 0, or one rollout.

        # wrong
        sources:
          instruction: { variant: instruct, generate: { max_new_tokens: 48, rollouts: 2 } }
          natural: { variant: base }

        # right
        sources:
          instruction: { variant: instruct, generate: { max_new_tokens: 48, rollouts: 2, temperature: 1.0 } }
          natural: { variant: base }"
  `);
  for (const { length } of text.split("\n").filter((line) => !line.startsWith("    ")))
    expect(length).toBeLessThanOrEqual(80);
});

test("a code in any case, and without its letters", async () => {
  const { text } = await explain(["SF1303"]);
  expect((await explain(["sf1303"])).text).toBe(text);
  expect((await explain(["1303"])).text).toBe(text);
});

test("titles and labels stand out where there is colour", async () => {
  const { text } = await explain(["SF1407"], true);
  expect(text.replaceAll("\u001B", "ESC")).toMatchInlineSnapshot(`
    "ESC[1mSF1407: more rows that cannot be readESC[22m

    ESC[1mWhat.ESC[22m A file has more than five bad rows. Five are shown one by one, the others
    are counted.

    ESC[1mWhy it matters.ESC[22m As many as that are not slips: the whole file is in another
    format.

    ESC[1mHow to fix.ESC[22m See SF1405 and SF1406."
  `);
});

test("without a code, every code with its title", async () => {
  const { text } = await explain([]);
  const lines = text.split("\n");
  expect(lines[0]).toBe("SF1001  the spec is not there");
  expect(lines).toContain("SF1303  no source of that name");
  expect(lines.every((line) => /^SF\d{4} {2}\S.*$/.test(line))).toBe(true);
});

test("JSON", async () => {
  expect(JSON.parse((await explain(["1409", "--json"])).text)).toMatchInlineSnapshot(`
    {
      "code": "SF1409",
      "format_version": 1,
      "text": "What. \`steering.json\` is not JSON, or its \`questions\` are no list, an empty one, or hold something that is not text.

    Why it matters. Steered models are scored on these answers: no questions, no scores.

    How to fix. Write them as a list of texts.

        { "questions": ["What do you think of my poem?", "Is my plan a good one?"] }",
      "title": "no questions",
    }
  `);
  const list = JSON.parse((await explain(["--json"])).text) as { format_version: number; codes: object[] };
  expect(list.format_version).toBe(1);
  expect(list.codes[0]).toEqual({ code: "SF1001", title: "the spec is not there" });
});

test("an unknown code is a usage error that names the nearest", async () => {
  const messages = ["SF1330", "sf13033", "13", "words"].map((word) => explain([word]).catch(String));
  expect(await Promise.all(messages)).toMatchInlineSnapshot(`
    [
      "UsageError: There is no diagnostic 'SF1330'. Did you mean 'SF1303'?",
      "UsageError: There is no diagnostic 'sf13033'. Did you mean 'SF1303'?",
      "UsageError: There is no diagnostic '13'. steerform explain lists them all.",
      "UsageError: There is no diagnostic 'words'. steerform explain lists them all.",
    ]
  `);
});

test("the built command reads the page that lies in the package", async () => {
  const bin = join(import.meta.dirname, "..", "..", "bin", "steerform.js");
  const run = (...args: string[]) => execa("node", [bin, "explain", ...args], { reject: false, cwd: "/" });
  const found = await run("1001");
  expect(found.stdout).toBe((await explain(["SF1001"])).text);
  expect(found.exitCode).toBe(0);
  const missing = await run("SF9");
  expect(missing.exitCode).toBe(64);
  expect(missing.stderr).toBe(
    "There is no diagnostic 'SF9'. steerform explain lists them all.\nTry: steerform explain --help",
  );
});
