import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../rig/project.ts";
import { eventsOf, steerform, type Finished } from "../rig/steerform.ts";
import { hub, projectWith, SHAPE, TINY } from "../rig/weights-project.ts";

function withoutTimes({ text }: Finished): string {
  return text.replaceAll(/\d+(\.\d+)? m?s\b/g, "T");
}

/** Everything that a run has written and said, weights apart. */
function writtenTo(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size < 1_000_000)
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1")),
  );
}

test("weights of the hub: plan says that they are missing, apply downloads them, and knows them from then on", async () => {
  const { env, home } = await hub();
  const project = projectWith("hf://org/tiny");
  const planned = await steerform(["plan"], project.dir, env);
  expect(planned.stderr).toContain(
    `warning SF1412: The weights of 'base' are not here: org/tiny is not in the Hugging Face cache (${home}/hub).`,
  );
  expect(planned.stderr).toContain(
    "hint: steerform apply downloads it (and so does: hf download org/tiny). It is about 4 MB.",
  );

  const applied = await steerform(["apply", "--yes"], project.dir, env);
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
  const told = withoutTimes(applied);
  expect(told).toContain(`To download: hf://org/tiny, 3.8 MB, into ${home}/hub\n\ndownloading hf://org/tiny: 3.8 MB\n`);
  expect(told).toContain("hf://org/tiny is ready  T\n");
  expect(told).toContain("Apply complete: 3 tasks done, 0 up to date");
  const written = writtenTo([project.path("experiments"), home]);
  expect(written.length).toBeGreaterThan(10);
  expect([applied.text, ...written].filter((one) => one.includes("dontTellAnybody"))).toEqual([]);

  const again = await steerform(["plan", "--detailed-exitcode"], project.dir, env);
  expect([again.exitCode, again.stderr]).toEqual([0, ""]);
  // They are the weights of the folder, wherever they lie.
  project.write("config/models/mine.yaml", `weights: ${TINY}\n${SHAPE}`);
  expect((await steerform(["plan", "--detailed-exitcode"], project.dir)).exitCode).toBe(0);
});

test("a plan that was saved before its weights were there is executed", async () => {
  const { env } = await hub();
  const project = projectWith("hf://org/tiny");
  await steerform(["plan", "--out", "plan.json"], project.dir, env);
  const applied = await steerform(["apply", "plan.json"], project.dir, env);
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
  expect(applied.text).toContain("Apply complete: 3 tasks done");
});

test("weights that are not those of the model's file are an error once they are there", async () => {
  const { env } = await hub();
  const project = projectWith("hf://org/tiny", SHAPE.replace("layers: 8", "layers: 9"));
  const { exitCode, stderr } = await steerform(["apply", "--yes"], project.dir, env);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    "config/models/mine.yaml:3:9: error SF1414: layers is 9 here, and 8 in hf://org/tiny/config.json.",
  );
});

test("what the hub refuses is a failure of apply, before anything runs", async () => {
  const { server, env } = await hub();
  server.misbehave = ({ route }) =>
    route === "resolve" ? { status: 403, headers: { "x-error-code": "GatedRepo" } } : undefined;
  const project = projectWith("hf://org/tiny");
  const { exitCode, stdout, stderr } = await steerform(["apply", "--yes", "--json"], project.dir, env);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `error: org/tiny is gated, and not open to this token (HTTP 403 from ${server.endpoint}).\nhint: Accept the model's licence at ${server.endpoint}/org/tiny with the account of the token, and give the token the right to read gated repositories.`,
  );
  expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "failure", failure: { kind: "hub-refused" } });
  expect(existsSync(project.path("experiments"))).toBe(false);
});

test("offline, nothing is asked, and missing weights are an error", async () => {
  const { server, env } = await hub();
  const project = projectWith("hf://org/tiny");
  const { exitCode, stderr } = await steerform(["apply", "--yes"], project.dir, { ...env, HF_HUB_OFFLINE: "1" });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    "error SF1412: The weights of 'base' are not here: org/tiny is not in the Hugging Face cache",
  );
  expect(stderr).toContain("hint: HF_HUB_OFFLINE is set. Unset it, or elsewhere: hf download org/tiny");
  expect(server.requests).toEqual([]);
});

test("a GGUF file is converted once, and known before", async () => {
  const project = projectWith("weights/llama.gguf", "prompt: raw\nlayers: 2\nhidden_size: 64\ncontext: 256\n");
  const { dir } = project;
  project.write("weights/llama.gguf", readFileSync(join(REPOSITORY, "test/fixtures/gguf/llama.gguf")));
  const planned = await steerform(["plan", "--out", "plan.json"], dir);
  expect([planned.exitCode, planned.stderr]).toEqual([0, ""]);
  expect(existsSync(project.path(".steerform"))).toBe(false);

  const applied = await steerform(["apply", "plan.json"], dir);
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
  const [folder] = readdirSync(project.path(".steerform/gguf"));
  expect(readdirSync(project.path(".steerform/gguf"))).toEqual([expect.stringMatching(/^llama-[0-9a-f]{12}$/)]);
  expect(withoutTimes(applied)).toContain(
    `To convert: weights/llama.gguf, 131 KB, into .steerform/gguf/${folder}\n\nconverting weights/llama.gguf: 131 KB\n`,
  );

  expect((await steerform(["plan", "--detailed-exitcode"], dir)).exitCode).toBe(0);
  // What is up to date needs no model.
  project.remove(".steerform");
  expect((await steerform(["apply", "--yes"], dir)).text).toContain("0 to rerun, 3 up to date");
  expect(existsSync(project.path(".steerform"))).toBe(false);
  // What a conversion that was killed has left is no hindrance.
  project.write(`.steerform/gguf/${folder}.incomplete/model.safetensors`, "half");
  const again = await steerform(["apply", "--yes", "--replace", "*"], dir);
  expect([again.exitCode, again.stderr]).toEqual([0, ""]);
  expect(readdirSync(project.path(".steerform/gguf"))).toEqual([folder]);
});

test("a GGUF file that is damaged is a diagnostic of plan", async () => {
  const project = projectWith("weights/llama.gguf");
  const bytes = readFileSync(join(REPOSITORY, "test/fixtures/gguf/llama.gguf"));
  project.write("weights/llama.gguf", bytes.subarray(0, 50_000));
  const { exitCode, stderr } = await steerform(["plan"], project.dir);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /error SF1413: The weights of 'base' are damaged: weights\/llama\.gguf: tensor "[^"]+" lies at bytes \[\d+, \d+\) of a file of 50000\./,
  );
});
