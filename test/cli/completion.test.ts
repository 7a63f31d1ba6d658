import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands/index.ts";
import { createProject, createSharedProject, REPOSITORY, SPEC } from "../rig/project.ts";

const isThere = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

const project = createSharedProject();
project.write("specs/other.yml", SPEC);
const bin = project.path("bin");
mkdirSync(bin);
writeFileSync(join(bin, "steerform"), `#!/bin/sh\nexec '${process.execPath}' '${REPOSITORY}/bin/steerform.js' "$@"\n`);
chmodSync(join(bin, "steerform"), 0o755);

/** What a shell prints, with steerform on its PATH; `script` may read the words that are typed as its arguments. */
async function inShell(shell: string, script: string, typed: readonly string[] = []): Promise<string[]> {
  const env = { PATH: `${bin}:${process.env["PATH"]}` };
  const flags = shell === "zsh" ? ["-f"] : [];
  const { stdout, stderr } = await execa(
    shell,
    [...flags, "-c", script, ...(shell === "fish" ? [] : ["-"]), ...typed],
    {
      cwd: project.dir,
      env,
    },
  );
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

type Complete = (...typed: readonly string[]) => Promise<string[]>;

/** What each shell offers for the last of the words, as it is typed so far. */
const SHELLS: Readonly<Record<string, Complete>> = {
  bash: (...typed) =>
    inShell(
      "bash",
      `. ./completion.bash; complete -p steerform >/dev/null || exit 1
       COMP_WORDS=(steerform "$@"); COMP_CWORD=$#; _steerform; printf '%s\\n' "\${COMPREPLY[@]}"`,
      typed,
    ),
  // The completion system needs a line editor; what the script asks of it is taken down.
  zsh: (...typed) =>
    inShell(
      "zsh",
      `compdef() { true }; _files() { true }
       compadd() { shift; for one in "$@"; do [[ $one == "\${words[CURRENT]}"* ]] && print -r -- $one; done; true }
       _describe() { for one in "\${(@P)2}"; do compadd -- "\${one%%:*}"; done }
       . ./completion.zsh; words=(steerform "$@"); CURRENT=\${#words}; _steerform`,
      typed,
    ),
  fish: async (...typed) => {
    const line = ["steerform", ...typed].map((word) => word.replaceAll("'", "")).join(" ");
    const found = await inShell("fish", `source completion.fish; complete -C '${line}'`);
    return found.map((one) => one.split("\t")[0] as string);
  },
};

describe.each(Object.keys(SHELLS))("in %s", (shell) => {
  const complete = SHELLS[shell] as Complete;

  describe.skipIf(!isThere(shell))("Tab", () => {
    beforeAll(async () => {
      project.write(`completion.${shell}`, (await project.here("completion", shell)).stdout);
    });

    test("completes every command", async () => {
      expect((await complete("")).toSorted()).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
      expect(await complete("pl")).toEqual(["plan"]);
    });

    test("completes a command's own options", async () => {
      const options = await complete("apply", "--");
      const { options: all } = await COMMANDS.find(({ name }) => name === "apply")!.load();
      expect(options.toSorted()).toEqual(
        Object.keys(all)
          .map((name) => `--${name}`)
          .toSorted(),
      );
      expect(await complete("plan", "--detai")).toEqual(expect.arrayContaining(["--detail", "--detailed-exitcode"]));
    });

    test("completes specs, and words that a command takes", async () => {
      expect((await complete("plan", "specs/")).toSorted()).toEqual(["specs/other.yml", "specs/small.yaml"]);
      expect(await complete("state", "un")).toEqual(["unlock"]);
      expect(await complete("show", "res")).toEqual(["results"]);
    });

    test("completes ids of tasks", async () => {
      const ids = await complete("plan", "specs/small.yaml", "--target", "steering/");
      // fish does not know which spec is meant: there are two.
      expect(ids).toHaveLength(shell === "fish" ? 0 : 4);
      if (shell !== "fish") expect(ids).toContain("steering/tiny_natural/sycophancy/base/response__5/probe");
    });
  });
});

test("completion tasks lists the ids of the only spec, and says nothing of one that is wrong", async () => {
  const small = createProject();
  const { stdout } = await small.here("completion", "tasks");
  expect(stdout.split("\n")).toEqual(Object.keys(await small.actions()));
  small.editSpec("version: 1", "version: 2");
  expect(await small.here("completion", "tasks")).toMatchObject({ exitCode: 1, text: "" });
});

test.each([
  [[], "completion for which shell? There is: bash, zsh, fish."],
  [["bsh"], "There is no completion for 'bsh'. Did you mean 'bash'?"],
  [["powershell"], "There is no completion for 'powershell'. There is: bash, zsh, fish."],
])("completion %j is a mistake", async (args, message) => {
  expect(await project.here("completion", ...args)).toMatchObject({
    exitCode: 64,
    stderr: `${message}\nTry: steerform completion --help`,
  });
});
