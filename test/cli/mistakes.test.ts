import { existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import { expect, test } from "vitest";
import { createProject, REPOSITORY, type Project } from "../rig/project.ts";

/** What apply says of a mistake: exit 1, on standard error, and nothing is written. */
async function mistake(project: Project): Promise<string> {
  const { exitCode, stdout, stderr } = await project.here("apply", "--yes");
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(existsSync(project.path("experiments"))).toBe(false);
  return stderr;
}

async function mistakeInSpec(from: string, to: string): Promise<string> {
  const project = createProject();
  project.editSpec(from, to);
  return mistake(project);
}

test("a misspelt trait", async () => {
  expect(await mistakeInSpec("trait: [sycophancy]", "trait: [sycophacy]")).toMatchInlineSnapshot(`
    "specs/small.yaml:25:13: error SF1302: There is no trait 'sycophacy'. Did you mean 'sycophancy'?
      24 |   matrix:
      25 |     trait: [sycophacy]
         |             ^^^^^^^^^
      26 |     include:
    specs/small.yaml:14:3: 'sycophancy' is declared here.
      14 |   sycophancy: { instruction: tiny_instruction/sycophancy, natural: tiny_natural/sycophancy }
         |   ^^^^^^^^^^

    1 error. steerform explain SF1302 says more."
  `);
});

test("a mistake is the same from the built command", async () => {
  const project = createProject();
  project.editSpec("trait: [sycophancy]", "trait: [sycophacy]");
  const { exitCode, stdout, stderr } = await project.spawn("apply", "--yes");
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 1, stdout: "", stderr: await mistake(project) });
});

test("an unknown key", async () => {
  expect(await mistakeInSpec("max_new_tokens: 8\n  search", "max_tokens: 8\n  search")).toMatchInlineSnapshot(`
    "specs/small.yaml:32:3: error SF1202: There is no key 'max_tokens' in steering. Did you mean 'max_new_tokens'?
      31 |   layers: [3]
      32 |   max_tokens: 8
         |   ^^^^^^^^^^
      33 |   search: { evaluations: 1, start: 0.3 }

    1 error. steerform explain SF1202 says more."
  `);
});

test("layers beyond the model", async () => {
  expect(await mistakeInSpec("layers: [3]", "layers: [3, 12]")).toMatchInlineSnapshot(`
    "specs/small.yaml:31:11: error SF1504: Layer 12 is beyond the model's 8 layers, 0 to 7.
      30 | steering:
      31 |   layers: [3, 12]
         |           ^^^^^^^
      32 |   max_new_tokens: 8
    config/models/tiny-instruct.yaml:4:9: The layers of the model of 'instruct'.
      4 | layers: 8
        |         ^

    1 error. steerform explain SF1504 says more."
  `);
});

test("several rollouts at temperature 0", async () => {
  expect(await mistakeInSpec("temperature: 1.0, seed: 42", "rollouts: 2, temperature: 0")).toMatchInlineSnapshot(`
    "specs/small.yaml:19:46: error SF1501: 2 rollouts at temperature 0 would be 2 copies of one response.
      18 |     variant: instruct
      19 |     generate: { max_new_tokens: 8, rollouts: 2, temperature: 0 }
         |                                              ^
      20 |   natural: { variant: base }
    specs/small.yaml:19:62: The temperature is 0 here.
      19 |     generate: { max_new_tokens: 8, rollouts: 2, temperature: 0 }
         |                                                              ^
    hint: Set a temperature above 0, or rollouts: 1.

    1 error. steerform explain SF1501 says more."
  `);
});

test("several mistakes at once, each with its place", async () => {
  const project = createProject();
  project.editSpec("trait: [sycophancy]", "trait: [sycophacy]");
  project.editSpec("application: instruct", "application: instrct");
  expect(await mistake(project)).toMatchInlineSnapshot(`
    "specs/small.yaml:8:14: error SF1301: There is no variant 'instrct'. Did you mean 'instruct'?
      7 |   judge: { model: tiny-judge }
      8 | application: instrct
        |              ^^^^^^^
      9 |
    specs/small.yaml:6:3: 'instruct' is declared here.
      6 |   instruct: { model: tiny-instruct }
        |   ^^^^^^^^

    specs/small.yaml:25:13: error SF1302: There is no trait 'sycophacy'. Did you mean 'sycophancy'?
      24 |   matrix:
      25 |     trait: [sycophacy]
         |             ^^^^^^^^^
      26 |     include:
    specs/small.yaml:14:3: 'sycophancy' is declared here.
      14 |   sycophancy: { instruction: tiny_instruction/sycophancy, natural: tiny_natural/sycophancy }
         |   ^^^^^^^^^^

    2 errors. steerform explain SF1301 says more."
  `);
});

test("a missing dataset file", async () => {
  const project = createProject();
  project.remove("datasets/traits/tiny_natural/sycophancy/negative.txt");
  expect(await mistake(project)).toMatchInlineSnapshot(`
    "specs/small.yaml:14:68: error SF1403: The dataset has no datasets/traits/tiny_natural/sycophancy/negative.jsonl (nor negative.txt).
      13 | traits:
      14 |   sycophancy: { instruction: tiny_instruction/sycophancy, natural: tiny_natural/sycophancy }
         |                                                                    ^^^^^^^^^^^^^^^^^^^^^^^
      15 |
    hint: One JSON object a line, or a prompt a line in a .txt file of the same name.

    1 error. steerform explain SF1403 says more."
  `);
});

test("a file that is not UTF-8, named with its line", async () => {
  const project = createProject();
  project.write("datasets/traits/tiny_natural/sycophancy/positive.txt", Buffer.from("good\nba\xff\n", "latin1"));
  expect(await mistake(project)).toMatchInlineSnapshot(`
    "specs/small.yaml:14:68: error SF1003: datasets/traits/tiny_natural/sycophancy/positive.txt is not UTF-8 text: line 2 has other bytes.
      13 | traits:
      14 |   sycophancy: { instruction: tiny_instruction/sycophancy, natural: tiny_natural/sycophancy }
         |                                                                    ^^^^^^^^^^^^^^^^^^^^^^^
      15 |
    hint: Save it as UTF-8.

    1 error. steerform explain SF1003 says more."
  `);
});

test("missing weights: a warning for plan, an error for apply", async () => {
  const project = createProject();
  project.edit("config/models/tiny-judge.yaml", "models/tiny/judge", "models/elsewhere");
  const planned = await project.run("plan");
  expect(planned.exitCode).toBe(0);
  expect(planned.stderr).toMatchInlineSnapshot(`
    "specs/small.yaml:7:19: warning SF1412: The weights of 'judge' are not here: There is no folder models/elsewhere.
      6 |   instruct: { model: tiny-instruct }
      7 |   judge: { model: tiny-judge }
        |                   ^^^^^^^^^^
      8 | application: instruct
    hint: The weights' folder is one in Hugging Face layout: config.json, tokenizer.json and *.safetensors.

    1 warning. steerform explain SF1412 says more."
  `);
  expect(planned.stdout).toContain("17 to create");
  expect(await mistake(project)).toMatchInlineSnapshot(`
    "specs/small.yaml:7:19: error SF1412: The weights of 'judge' are not here: There is no folder models/elsewhere.
      6 |   instruct: { model: tiny-instruct }
      7 |   judge: { model: tiny-judge }
        |                   ^^^^^^^^^^
      8 | application: instruct
    hint: The weights' folder is one in Hugging Face layout: config.json, tokenizer.json and *.safetensors.

    1 error. steerform explain SF1412 says more."
  `);
});

test("weights that were cut short are an error for plan already", async () => {
  const project = createProject();
  project.edit("config/models/tiny-judge.yaml", "models/tiny/judge", "models/cut");
  const source = `${REPOSITORY}/models/tiny/judge`;
  for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]) {
    project.write(`models/cut/${name}`, readFileSync(`${source}/${name}`));
  }
  const shard = project.path("models/cut/model.safetensors");
  truncateSync(shard, statSync(shard).size - 1000);
  expect(await mistake(project)).toMatchInlineSnapshot(`
    "specs/small.yaml:7:19: error SF1413: The weights of 'judge' are damaged: models/cut/model.safetensors: tensor "model.layers.7.self_attn.v_proj.weight" ends at byte 3682048, but the file has 3681304.
      6 |   instruct: { model: tiny-instruct }
      7 |   judge: { model: tiny-judge }
        |                   ^^^^^^^^^^
      8 | application: instruct
    hint: The download may have been cut short: fetch the file again.

    1 error. steerform explain SF1413 says more."
  `);
  expect((await project.run("plan")).exitCode).toBe(1);
});

test("every mistake is JSON on demand", async () => {
  const project = createProject();
  project.editSpec("trait: [sycophancy]", "trait: [sycophacy]");
  const diagnostic = {
    code: "SF1302",
    severity: "error",
    file: "specs/small.yaml",
    range: { start: { line: 25, column: 13 }, end: { line: 25, column: 22 } },
    suggestions: [{ replacement: "sycophancy" }],
  };
  for (const command of [["validate"], ["plan"], ["show", "results"]]) {
    const { exitCode, stdout, stderr } = await project.run(...command, "--json");
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ format_version: 1, ok: false, diagnostics: [diagnostic] });
  }
  const { exitCode, stdout } = await project.here("apply", "--json", "--yes");
  expect(exitCode).toBe(1);
  const [version, event, ...others] = stdout.split("\n").map((line) => JSON.parse(line) as unknown);
  expect(version).toEqual({ format_version: 1, stream: "events" });
  expect(event).toMatchObject({ type: "diagnostic", ...diagnostic });
  expect(others).toEqual([]);
});
