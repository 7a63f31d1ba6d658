import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { REPOSITORY } from "../rig/project.ts";
import { steerform, steerformHere } from "../rig/steerform.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { hub } from "../rig/weights-project.ts";

const read = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");
const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Runs init in a new folder, and validates what it made. */
async function made(...args: readonly string[]): Promise<{ folder: string; spec: string; valid: string }> {
  const folder = tempFolder();
  const { exitCode, text } = await steerformHere(["init", ...args], folder);
  expect([exitCode, text]).toEqual([0, expect.any(String)]);
  const validated = await steerformHere(["validate"], folder);
  expect([validated.exitCode, validated.text]).toEqual([0, expect.any(String)]);
  return { folder, spec: read(folder, "specs/experiment.yaml"), valid: validated.stdout };
}

describe("init", () => {
  test("makes a project on the tiny models, and says what is next", async () => {
    const folder = tempFolder();
    const { exitCode, stdout, stderr } = await steerformHere(["init", "study"], folder);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`Made:
  specs/experiment.yaml
  config/models/tiny-base.yaml
  config/models/tiny-instruct.yaml
  config/models/tiny-judge.yaml
  datasets/traits/tiny_instruction/sycophancy/  4 files
  datasets/traits/tiny_natural/sycophancy/  4 files
  schema/experiment.schema.json
  schema/model.schema.json
  templates/judge/  2 files
  models/tiny/base/  5 files
  models/tiny/instruct/  5 files
  models/tiny/judge/  5 files
  .gitignore

Next:
  cd study
  steerform validate  checks specs/experiment.yaml
  steerform plan      shows what it takes; runs nothing
  steerform apply     runs it: a minute or two on a laptop`);
    const planned = await steerformHere(["plan"], join(folder, "study"));
    expect([planned.exitCode, planned.stderr]).toEqual([0, ""]);
    expect(planned.stdout).toContain("Plan: 19 tasks: 19 to create");
  });

  test("every line of the spec is a comment, a key or empty, and its schema is where it says", async () => {
    const { folder, spec, valid } = await made("--trait", "hallucination");
    expect(valid).toBe("hallucination is valid: 19 tasks.");
    expect(spec).not.toMatch(/\{\{|\n\n\n/);
    const [, schema] = /^# yaml-language-server: \$schema=(.+)$/m.exec(spec)!;
    expect(read(folder, "specs", schema!)).toBe(read(REPOSITORY, "schema/experiment.schema.json"));
  });

  test("changes nothing that is there", async () => {
    const { folder } = await made();
    writeFileSync(join(folder, "specs/experiment.yaml"), "mine");
    const before = filesUnder(folder);
    const again = await steerformHere(["init", "--trait", "hallucination"], folder);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain(`Made:
  datasets/traits/tiny_instruction/hallucination/  4 files
  datasets/traits/tiny_natural/hallucination/  4 files
Was there, and is as it was:
  specs/experiment.yaml
`);
    expect(filesUnder(folder)).toHaveLength(before.length + 8);
    expect(read(folder, "specs/experiment.yaml")).toBe("mine");
    expect((await steerformHere(["init"], folder)).stdout).toMatch(/^Nothing is new\.\nWas there, and is as it was:\n/);
  });

  test("names its spec in the next steps where there are others", async () => {
    const { folder } = await made();
    writeFileSync(join(folder, "specs/other.yaml"), "");
    const { stdout } = await steerformHere(["init"], folder);
    expect(stdout).toContain("\n  steerform plan specs/experiment.yaml      shows what it takes; runs nothing\n");
  });

  test("says the same as JSON", async () => {
    const folder = tempFolder();
    const { stdout } = await steerformHere(["init", "--json"], folder);
    const { made: paths, kept, ...rest } = JSON.parse(stdout) as { made: string[]; kept: string[] };
    expect(rest).toEqual({ format_version: 1, ok: true, folder });
    expect(paths.map((path) => join(folder, path)).toSorted()).toEqual(filesUnder(folder).toSorted());
    expect(kept).toEqual([]);
  });
});

describe("init --model", () => {
  const known = readdirSync(join(REPOSITORY, "config/models")).map((file) => file.replace(".yaml", ""));

  test.each(known.filter((name) => !name.startsWith("tiny-")))("%s brings its other half", async (name) => {
    const { folder, spec } = await made("--model", name);
    expect(readdirSync(join(folder, "config/models"))).toHaveLength(2);
    expect(spec).toContain(`{ model: ${name} }`);
    expect(spec).toContain("application: instruct");
    expect(spec).toContain("compare: [base, instruct]");
    expect(spec.includes("pv_instruction")).toBe(!name.startsWith("gemma"));
    const [base] = /(?<=base: \{ model: ).*(?= \})/.exec(spec)!;
    expect(read(folder, `config/models/${base}.yaml`)).toContain("prompt: raw");
  });

  test("takes the id of the hub for a model that has a file", async () => {
    const { spec } = await made("--model", "hf://Qwen/Qwen3-8B", "--trait", "evil");
    expect(spec).toContain("instruct: { model: qwen3-8b }");
    expect(spec).toContain("evil: { instruction: pv_instruction/evil, natural: pv_natural/evil_v3 }");
  });

  test("asks the hub for the shape of any other", async () => {
    const { env, server } = await hub();
    const folder = tempFolder();
    const { exitCode, text } = await steerform(["init", "--model", "org/tiny"], folder, env);
    expect([exitCode, text]).toEqual([0, expect.any(String)]);
    expect(read(folder, "config/models/tiny.yaml")).toBe(`# yaml-language-server: $schema=../../schema/model.schema.json
weights: hf://org/tiny
prompt: chat
layers: 8
hidden_size: 128
context: 1024
vocab_size: 2048
`);
    expect(server.requests.every(({ route }) => route !== "storage")).toBe(true);
    const validated = await steerform(["validate"], folder, env);
    expect([validated.exitCode, validated.stdout]).toEqual([0, "sycophancy is valid: 9 tasks."]);
    expect(text).toContain("export OPENAI_API_KEY=...");
  });

  test("with a trait of one's own writes its files, and validate says that they are to be written", async () => {
    const folder = tempFolder();
    await steerformHere(["init", "--model", "smollm2-360m", "--trait", "humor"], folder);
    const { exitCode, stderr } = await steerformHere(["validate"], folder);
    expect(exitCode).toBe(1);
    expect(stderr.match(/error SF1419/g)).toHaveLength(8);
  });
});

describe("a mistake writes nothing and says what to do:", () => {
  const file = (folder: string, name: string): void => writeFileSync(join(folder, name), "");

  test.each([
    [
      "a misspelt model",
      ["--model", "qwen3-8"],
      "There is no model 'qwen3-8'. Did you mean 'qwen3-8b'?\nKnown: gemma-2-2b, ",
    ],
    ["an unknown model", ["--model", "gpt-4"], "There is no model 'gpt-4'.\nKnown: gemma-2-2b, "],
    ["an empty model", ["--model", ""], "There is no model ''.\nKnown: gemma-2-2b, "],
    [
      "a trait with a space",
      ["--trait", "too kind"],
      "'too kind' is no name of a trait: letters, digits, _, - and . that begin with a letter or digit. Did you mean 'too_kind'?\n",
    ],
    [
      "a trait that is a path",
      ["--trait", "../.."],
      "'../..' is no name of a trait: letters, digits, _, - and . that begin with a letter or digit.\n",
    ],
    [
      "a trait that the tiny models do not know",
      ["--trait", "evil"],
      "The tiny models know hallucination and sycophancy only: name a model for 'evil', too.\nFor example: --trait evil --model qwen2.5-0.5b\n",
    ],
    [
      "a misspelt trait",
      ["--trait", "sycophacy", "--model", "qwen3-8b"],
      "No dataset of 'sycophacy' comes with steerform. Did you mean 'sycophancy'?\nFor a new trait of that name: steerform new trait sycophacy\n",
    ],
  ])("%s", async (_, args, message) => {
    const folder = tempFolder();
    const { exitCode, stdout, stderr } = await steerformHere(["init", ...args], folder);
    expect([exitCode, stdout, stderr.slice(0, message.length)]).toEqual([64, "", message]);
    expect(stderr).toMatch(/\nTry: steerform init --help$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a folder that is a file", async () => {
    const folder = tempFolder();
    file(folder, "study");
    expect(await steerformHere(["init", "study"], folder)).toMatchObject({
      exitCode: 64,
      stderr: `${join(folder, "study")} is a file, and has to be a folder: move it away, or choose another folder.\nTry: steerform init --help`,
    });
    file(folder, "datasets");
    expect((await steerformHere(["init"], folder)).stderr).toContain(`${join(folder, "datasets")} is a file`);
    expect(readdirSync(folder)).toEqual(["datasets", "study"]);
  });

  test("a folder that may not be written", async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o555);
    // Root may write everywhere.
    const user = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const bin = join(REPOSITORY, "bin/steerform.js");
    const options = { reject: false, cwd: folder, ...user } as const;
    const { exitCode, stderr } = await execa(process.execPath, [bin, "init", "study"], options);
    expect([exitCode, stderr]).toEqual([
      1,
      `error: EACCES: permission denied, mkdir '${join(folder, "study")}'\nhint: Check the owner and the permissions of the path in the message.`,
    ]);
  });

  test("a model that cannot be asked for without a network", async () => {
    const home = tempFolder();
    const env = { HF_HUB_OFFLINE: "1", HF_HOME: home };
    const { exitCode, stderr } = await steerform(["init", "--model", "org/tiny"], tempFolder(), env);
    expect([exitCode, stderr]).toEqual([
      1,
      `error: org/tiny is not in the Hugging Face cache (${home}/hub), and HF_HUB_OFFLINE is set.\nhint: Unset it, or elsewhere: hf download org/tiny`,
    ]);
  });

  test("a model that the hub does not have, with the nearest that needs no asking", async () => {
    const { env, server } = await hub();
    const folder = tempFolder();
    const { exitCode, stderr } = await steerform(["init", "--model", "Qwen/Qwen3-8"], folder, env);
    expect([exitCode, stderr]).toEqual([
      1,
      `error: There is no model Qwen/Qwen3-8, or it is private (HTTP 404 from ${server.endpoint}).\nhint: Did you mean Qwen/Qwen3-8B? Check the name, and that the token is valid and may read the model.`,
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("new trait", () => {
  test("writes what is to be filled in", async () => {
    const { folder } = await made();
    const { exitCode, stdout } = await steerformHere(["new", "trait", "envy"], join(folder, "specs"));
    expect([exitCode, stdout]).toEqual([
      0,
      `Made:
  datasets/traits/instruction/envy/  4 files
  datasets/traits/natural/envy/  4 files

Next: fill them in; each says what belongs there. Then the spec, under traits:
  envy: { instruction: instruction/envy, natural: natural/envy }
and envy in extraction.matrix.trait. steerform validate says what is still to be written.`,
    ]);
    const spec = read(folder, "specs/experiment.yaml").replaceAll(/tiny_(\w+)\/sycophancy/g, "$1/envy");
    writeFileSync(join(folder, "specs/experiment.yaml"), spec);
    const { stderr } = await steerformHere(["validate"], folder);
    const [first] = stderr.split("\n\n");
    expect(first).toMatchInlineSnapshot(`
      "datasets/traits/instruction/envy/definition.txt:1:1: error SF1419: datasets/traits/instruction/envy/definition.txt is still to be written: this line says what belongs there.
        1 | <TODO a sentence that says what envy is: the judge is shown this text, word for word>
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        2 |
      hint: Replace everything that begins with <TODO."
    `);
    expect(stderr).toContain("8 errors. steerform explain SF1419 says more.");
  });

  test("changes no file that is there", async () => {
    const folder = tempFolder();
    await steerformHere(["new", "trait", "envy"], folder);
    const path = join(folder, "datasets/traits/natural/envy/positive.txt");
    writeFileSync(path, "mine");
    const { stdout } = await steerformHere(["new", "trait", "envy", "--json"], folder);
    expect(JSON.parse(stdout)).toMatchObject({ made: [], datasets: { natural: "natural/envy" } });
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  test.each([
    [["new"], "new what? There is: trait."],
    [["new", "model", "x"], "new what? There is: trait."],
    [["new", "trait"], "new trait needs a name."],
    [["new", "trait", "-x"], "Unknown option '-x'."],
    [
      ["new", "trait", "a/b"],
      "'a/b' is no name of a trait: letters, digits, _, - and . that begin with a letter or digit. Did you mean 'a_b'?",
    ],
  ])("%j is a mistake", async (args, message) => {
    const folder = tempFolder();
    const { exitCode, stderr } = await steerformHere(args, folder);
    expect([exitCode, stderr]).toEqual([64, `${message}\nTry: steerform new --help`]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
