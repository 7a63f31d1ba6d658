import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands/index.ts";
import { createProject, createSharedProject, REPOSITORY } from "../rig/project.ts";
import { steerform } from "../rig/steerform.ts";

const shared = createSharedProject();
const run = (...args: readonly string[]) => shared.here(...args);

describe("help", () => {
  test.each(COMMANDS)("$name says how it is used, every option, on standard output", async ({ name, load }) => {
    const { options } = await load();
    const { stdout, stderr, exitCode } = await run(name, "--help");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^Usage: steerform ${name} `));
    for (const option of Object.keys(options)) expect(stdout).toMatch(new RegExp(`^ .*--${option}\\b`, "m"));
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });

  test("the overview lists every command, and without a command that is a mistake", async () => {
    const asked = await run("--help");
    expect(asked.exitCode).toBe(0);
    expect(asked.stdout).toContain(
      "Usage: steerform <command> [SPEC] [options]\nSPEC defaults to the only file in specs/.",
    );
    for (const { name, summary } of COMMANDS) {
      expect(asked.stdout).toMatch(new RegExp(`^  ${name} +`, "m"));
      expect(asked.stdout).toContain(summary);
    }
    const bare = await run();
    expect([bare.exitCode, bare.stdout]).toEqual([64, asked.stdout]);
    expect((await run("plan", "-h")).stdout).toMatch(/^Usage: steerform plan /);
  });

  test("the version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
    expect(await run("--version")).toMatchObject({ exitCode: 0, stdout: version });
  });
});

describe("a command line that is not understood exits with 64 and says what to try", () => {
  test.each([
    ["a misspelt command", ["aply"], "Unknown command 'aply'. Did you mean 'apply'?\nTry: steerform --help"],
    ["an unknown command", ["destroy"], "Unknown command 'destroy'.\nTry: steerform --help"],
    [
      "a misspelt option",
      ["apply", "--keepgoing"],
      "Unknown option '--keepgoing'. Did you mean '--keep-going'?\nTry: steerform apply --help",
    ],
    ["an unknown option", ["plan", "--force"], "Unknown option '--force'.\nTry: steerform plan --help"],
    [
      "a value for a flag",
      ["plan", "--json=yes"],
      "Option '--json' does not take an argument.\nTry: steerform plan --help",
    ],
    [
      "a second spec",
      ["plan", "specs/small.yaml", "more.yaml"],
      "Unexpected argument 'more.yaml'.\nTry: steerform plan --help",
    ],
    [
      "show without what",
      ["show"],
      "show what? There is: results, vectors, or the id of a task.\nTry: steerform show --help",
    ],
    [
      "show of something else",
      ["show", "result"],
      "show 'result' names no task of small. Did you mean 'results'?\nTry: steerform show --help",
    ],
  ])("%s", async (_, args, message) => {
    expect(await run(...args)).toMatchObject({ exitCode: 64, stdout: "", stderr: message });
  });
});

test.each([
  [0, ["--version"]],
  [0, ["show", "--help"]],
  [1, ["plan", "specs/smal.yaml"]],
  [1, ["show", "results"]],
  [2, ["plan", "--json", "--detailed-exitcode"]],
  [64, ["aply"]],
])("the built command exits with %i as a process, and says the same: %s", async (exitCode, args) => {
  const { stdout, stderr } = await run(...args);
  expect(await shared.spawn(...args)).toMatchObject({ exitCode, stdout, stderr });
});

describe("the spec", () => {
  test("is the only one in specs/ when none is named", async () => {
    expect(await run("validate")).toMatchObject({ exitCode: 0, stdout: "small is valid: 17 tasks.", stderr: "" });
    expect((await run("validate", "specs/small.yaml")).stdout).toBe("small is valid: 17 tasks.");
  });

  test("may be named from anywhere", async () => {
    const { stdout, exitCode } = await steerform(["validate", "../specs/small.yaml"], shared.path("datasets"));
    expect([exitCode, stdout]).toEqual([0, "small is valid: 17 tasks."]);
  });

  test("has to be named when there are several, or none", async () => {
    const project = createProject();
    project.write("specs/other.yml", project.read("specs/small.yaml"));
    project.write("specs/notes.txt", "");
    expect(await project.run("plan")).toMatchObject({
      exitCode: 64,
      stderr: "Which spec? specs/ has 2: other.yml, small.yaml.\nTry: steerform plan --help",
    });
    project.remove("specs");
    expect(await project.run("plan")).toMatchObject({
      exitCode: 64,
      stderr: "Which spec? There is none in specs/ here: name a file.\nTry: steerform plan --help",
    });
  });

  test("that does not exist is an error of the user's", async () => {
    const { exitCode, stderr, stdout } = await run("plan", "specs/smal.yaml");
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatchInlineSnapshot(`
      "specs/smal.yaml:1:1: error SF1001: There is no file specs/smal.yaml.

      1 error. steerform explain SF1001 says more."
    `);
  });
});
