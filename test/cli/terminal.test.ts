import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createProject, createSharedProject, REPOSITORY } from "../rig/project.ts";
import { canOpenTerminal, inTerminal, type Session } from "../rig/terminal.ts";
import { hub, projectWith } from "../rig/weights-project.ts";
import { SPEC_TO_DISTURB } from "../e2e/disturbed.ts";

const QUESTION = "Run 6 tasks? [y/N] ";

/** The screen from the last line of the plan on. */
function after({ screen }: Session): string {
  return screen
    .replace(/^[^]*on disk\.\n/, "")
    .replaceAll(/in [\d.]+ m?s\./g, "in a moment.")
    .trim();
}

describe.skipIf(!canOpenTerminal)("in a terminal, apply", () => {
  const project = createSharedProject(SPEC_TO_DISTURB);

  test.each([
    ["no", "n\r", 1],
    ["Enter", "\r", 1],
    ["Ctrl-D", "\u0004", 1],
    ["Ctrl-C", "\u0003", 3],
  ])("asks, and does nothing after %s", async (_, key, exitCode) => {
    const session = await inTerminal(["apply"], project.dir, [[QUESTION, key]]);
    expect([session.exitCode, session.cursorShown]).toEqual([exitCode, true]);
    expect(after(session).split("\n")).toEqual([expect.stringContaining(QUESTION.trim())]);
    expect(existsSync(project.path("experiments"))).toBe(false);
  });

  test("shows a row a phase with its counter, and the results", async () => {
    const session = await inTerminal(["apply"], project.dir, [[QUESTION, "y\r"]]);
    expect([session.exitCode, session.cursorShown]).toEqual([0, true]);
    expect(after(session).split("\n").slice(0, 8)).toEqual([
      "Run 6 tasks? [y/N] y",
      "✔ extraction 3/3",
      "✔ steering 2/2",
      "✔ results 1/1",
      "Report: experiments/small/reports/report.html",
      "Apply complete: 6 tasks done, 0 up to date in a moment.",
      "",
      expect.stringMatching(/^dataset /),
    ]);
  });

  test("shows weights that are converted before the rows of the phases", async () => {
    const small = projectWith("weights/llama.gguf", "prompt: raw\nlayers: 2\nhidden_size: 64\n");
    small.write("weights/llama.gguf", readFileSync(join(REPOSITORY, "test/fixtures/gguf/llama.gguf")));
    const session = await inTerminal(["apply"], small.dir, [["Run 3 tasks? [y/N] ", "y\r"]]);
    expect([session.exitCode, session.cursorShown]).toEqual([0, true]);
    expect(after(session).split("\n")).toEqual([
      expect.stringMatching(/^To convert: weights\/llama\.gguf, 131 KB, into \.steerform\/gguf\/llama-[0-9a-f]{12}$/),
      "",
      "Run 3 tasks? [y/N] y",
      "✔ converting weights/llama.gguf",
      "✔ extraction 3/3",
      "Report: experiments/small/reports/report.html",
      "Apply complete: 3 tasks done, 0 up to date in a moment.",
      "",
      "Next: open experiments/small/reports/report.html in a browser.",
    ]);
  });

  test("a download that is interrupted leaves the terminal as it was", async () => {
    const { env, server } = await hub();
    server.misbehave = ({ route }) => (route === "storage" ? { bytesPerSecond: 200_000 } : undefined);
    const { dir } = projectWith("hf://org/tiny");
    const session = await inTerminal(["apply", "--yes"], dir, [["B/s", "\u0003"]], env);
    expect([session.exitCode, session.cursorShown]).toEqual([3, true]);
    expect(after(session)).toContain("✖ downloading hf://org/tiny");
    expect(after(session)).toContain("Interrupted (apply again to go on): what has been downloaded is kept.");
  });

  test("shows failures after the rows", async () => {
    const failing = createProject(SPEC_TO_DISTURB);
    failing.write("templates/judge/trait.hbs", "{{rubric}}");
    const session = await inTerminal(["apply", "--yes"], failing.dir);
    expect([session.exitCode, session.cursorShown]).toEqual([1, true]);
    expect(after(session)).toMatchInlineSnapshot(`
      "✔ extraction 3/3
      ✖ steering 0/2
        › 2 of 2 tasks not done
      ✖ results 0/1
        › 1 of 1 task not done
      ✗ baseline/tiny_natural/sycophancy/instruct
        templates/judge/trait.hbs cannot be rendered: "rubric" not defined in [object Object] - 1:2
        hint: A template may name definition, trait, question and answer.
      Report: experiments/small/reports/report.html
      Apply failed: 3 tasks done, 1 failed, 2 blocked, 0 up to date in a moment."
    `);
  });

  test("stops at Ctrl-C, and gives the terminal back", async () => {
    const interrupted = createProject(SPEC_TO_DISTURB);
    const session = await inTerminal(["apply", "--yes"], interrupted.dir, [["› baseline/", "\u0003"]]);
    expect([session.exitCode, session.cursorShown]).toEqual([3, true]);
    expect(after(session)).toMatchInlineSnapshot(`
      "✔ extraction 3/3
      ✖ steering 0/2
        › not finished
      ✖ results 0/1
        › not finished
      Stopping; what is finished is kept. Once more stops at once.
      Interrupted (apply again to go on): 3 tasks done, 3 not started, 0 up to date in a moment."
    `);
  });

  test("gives the terminal back after a second Ctrl-C, too", async () => {
    const interrupted = createProject(SPEC_TO_DISTURB);
    const keys = [
      ["› responses/", "\u0003"],
      ["Stopping", "\u0003"],
    ] as const;
    const session = await inTerminal(["apply", "--yes"], interrupted.dir, keys);
    // The first may have been enough.
    expect([3, 128 + constants.signals.SIGINT]).toContain(session.exitCode);
    expect(session.cursorShown).toBe(true);
    expect(interrupted.records()).not.toContain("lock");
  });
});

describe.skipIf(!canOpenTerminal)("a command says what is next in a terminal:", () => {
  const project = createSharedProject(SPEC_TO_DISTURB);
  const PAGE = "Next: open experiments/small/reports/report.html in a browser.";

  test.each([
    [["validate"], "Next: steerform plan shows what it takes."],
    [["validate", "specs/small.yaml"], "Next: steerform plan specs/small.yaml shows what it takes."],
    [["plan"], "Next: steerform apply runs it; stop it at any time, it goes on from there."],
    [["apply", "--yes"], PAGE],
    [["apply", "--yes"], PAGE],
    [["report"], PAGE],
  ])("%j", async (args, line) => {
    const { screen } = await inTerminal(args, project.dir);
    expect(screen.trimEnd().split("\n").slice(-2)).toEqual(["", line]);
  });

  test.each([
    [["validate", "--json"]],
    [["plan", "--json"]],
    [["plan", "--target", "results"]],
    [["validate", "--set", "steering.layers=[4]"]],
    [["plan", "--out", "plan.json"]],
  ])("but nothing after %j", async (args) => {
    const { screen } = await inTerminal([...args], createProject(SPEC_TO_DISTURB).dir);
    expect(screen).not.toContain("Next:");
  });

  test("nor where CI is set, nor where the output is no terminal, nor when everything is up to date", async () => {
    const fresh = createProject(SPEC_TO_DISTURB);
    expect((await inTerminal(["plan"], fresh.dir, [], { CI: "true" })).screen).not.toContain("Next:");
    expect((await fresh.spawn("plan")).text).not.toContain("Next:");
    expect((await inTerminal(["plan"], project.dir)).screen).not.toContain("Next:");
  });

  test("by the name that it was called by", async () => {
    const { screen } = await inTerminal(["validate"], project.dir, [], { npm_command: "exec" });
    expect(screen).toContain("Next: npx steerform plan shows what it takes.");
  });
});
