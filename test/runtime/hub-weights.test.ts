import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { WeightsRead } from "../../src/compiler/reader.ts";
import { renderDiagnostic } from "../../src/diagnostics/render.ts";
import type { Environment } from "../../src/runtime/weights/hub-cache.ts";
import { diskReader } from "../../src/runtime/project-reader.ts";
import { REPOSITORY } from "../compiler/rig.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const TINY = join(REPOSITORY, "models/tiny/base");

/** A cache as `hf download` leaves it: the files are blobs, and a snapshot is links to them. */
function cacheOf(repository: string, refs: Readonly<Record<string, string>> = { main: COMMIT }): string {
  const cache = tempFolder();
  const folder = join(cache, `models--${repository.replace("/", "--")}`);
  const snapshot = join(folder, "snapshots", COMMIT);
  mkdirSync(snapshot, { recursive: true });
  cpSync(TINY, join(folder, "blobs"), { recursive: true });
  for (const name of readdirSync(join(folder, "blobs"))) {
    renameSync(join(folder, "blobs", name), join(folder, "blobs", `blob-of-${name}`));
    symlinkSync(`../../blobs/blob-of-${name}`, join(snapshot, name));
  }
  for (const [name, commit] of Object.entries(refs)) {
    mkdirSync(dirname(join(folder, "refs", name)), { recursive: true });
    writeFileSync(join(folder, "refs", name), commit);
  }
  return cache;
}

function read(env: Environment, revision = "main", repository = "org/tiny"): WeightsRead {
  return diskReader(env).weights({ kind: "hub", repository, revision });
}

const snapshotIn = (cache: string): string => join(cache, "models--org--tiny", "snapshots", COMMIT);

test("weights of a cache are those of the folder that they were made of", () => {
  const cache = cacheOf("org/tiny");
  const found = read({ HF_HUB_CACHE: cache });
  expect(found).toEqual({ ...diskReader().weights({ kind: "folder", path: TINY }), folder: snapshotIn(cache) });
  expect(found).toMatchObject({ status: "ok", layers: 8, hiddenSize: 128, context: 1024, vocabSize: 2048 });
});

test("a revision is a branch or a tag, a pull request's ref, or a commit", () => {
  const cache = cacheOf("org/tiny", { main: COMMIT, "v1.0": `${COMMIT}\n`, "refs/pr/1": COMMIT });
  for (const revision of ["main", "v1.0", "refs/pr/1", COMMIT]) {
    expect(read({ HF_HUB_CACHE: cache }, revision)).toMatchObject({ status: "ok", folder: snapshotIn(cache) });
  }
  const gone = { status: "missing" };
  for (const revision of ["v2", "refs", "main/x", COMMIT.replaceAll("0", "f")]) {
    expect(read({ HF_HUB_CACHE: cache }, revision)).toMatchObject(gone);
  }
});

test("a ref that holds no commit leads nowhere", () => {
  const cache = cacheOf("org/tiny", { main: "../../../blobs", empty: "" });
  expect(read({ HF_HUB_CACHE: cache })).toMatchObject({ status: "missing" });
  expect(read({ HF_HUB_CACHE: cache }, "empty")).toMatchObject({ status: "missing" });
});

test("the cache is where the environment says, as the hub's own tools take it", () => {
  const cache = cacheOf("org/tiny");
  const home = tempFolder();
  for (const path of ["hub", "xdg/huggingface/hub", ".cache/huggingface/hub"]) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    symlinkSync(cache, join(home, path));
  }
  const nowhere = join(home, "nowhere");
  const folders: [Environment, string][] = [
    [{ HF_HUB_CACHE: cache, HF_HOME: nowhere, HOME: nowhere }, cache],
    [{ HF_HOME: home, XDG_CACHE_HOME: nowhere, HOME: nowhere }, join(home, "hub")],
    [{ HUGGINGFACE_HUB_CACHE: cache, HF_HOME: nowhere }, cache],
    [{ HF_HUB_CACHE: "", HF_HOME: home }, join(home, "hub")],
    [{ XDG_CACHE_HOME: join(home, "xdg"), HOME: nowhere }, join(home, "xdg/huggingface/hub")],
    [{ HOME: home }, join(home, ".cache/huggingface/hub")],
    [{ HF_HOME: "~", HOME: home }, join(home, "hub")],
  ];
  for (const [env, folder] of folders) expect(read(env)).toMatchObject({ status: "ok", folder: snapshotIn(folder) });
  expect(read({ HF_HUB_CACHE: nowhere, HF_HOME: home })).toMatchObject({ status: "missing" });
});

/** What is reported of a project whose base model's weights are these. */
function reported(weights: string, env: Environment): string {
  const project = tempFolder();
  for (const folder of ["config", "datasets", "templates", "specs"]) {
    cpSync(join(REPOSITORY, folder), join(project, folder), { recursive: true });
  }
  for (const name of ["instruct", "judge"]) {
    cpSync(join(REPOSITORY, "models/tiny", name), join(project, "models/tiny", name), { recursive: true });
  }
  const shape = "prompt: raw\nlayers: 8\nhidden_size: 128\n";
  writeFileSync(join(project, "config/models/tiny-base.yaml"), `${weights}\n${shape}`);
  const { diagnostics, sources } = compile(join(project, "specs/demo.yaml"), diskReader(env));
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, { sources })).join("\n\n");
}

test("weights that are not in the cache: what to do, and where they were looked for", () => {
  expect(reported("weights: hf://meta-llama/Llama-3.1-8B", { HF_HUB_CACHE: "/no/cache" })).toMatchInlineSnapshot(`
    "specs/demo.yaml:7:18: warning SF1412: The weights of 'base' are not here: meta-llama/Llama-3.1-8B is not in the Hugging Face cache (/no/cache).
      6 | variants: # who the models are: config/models/<model>.yaml
      7 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      8 |   instruct: { model: tiny-instruct }
    hint: steerform apply downloads it (and so does: hf download meta-llama/Llama-3.1-8B)."
  `);
  const old = "weights: hf://meta-llama/Llama-3.1-8B\nrevision: v2";
  expect(reported(old, { HF_HOME: "/no" })).toMatchInlineSnapshot(`
    "specs/demo.yaml:7:18: warning SF1412: The weights of 'base' are not here: meta-llama/Llama-3.1-8B at v2 is not in the Hugging Face cache (/no/hub).
      6 | variants: # who the models are: config/models/<model>.yaml
      7 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      8 |   instruct: { model: tiny-instruct }
    hint: steerform apply downloads it (and so does: hf download meta-llama/Llama-3.1-8B --revision v2)."
  `);
});

test("weights of which the cache has a part", () => {
  const cache = cacheOf("org/tiny");
  rmSync(join(snapshotIn(cache), "model.safetensors"));
  expect(reported("weights: hf://org/tiny", { HF_HUB_CACHE: cache })).toMatchInlineSnapshot(`
    "specs/demo.yaml:7:18: warning SF1412: The weights of 'base' are not here: hf://org/tiny has neither model.safetensors nor model.safetensors.index.json.
      6 | variants: # who the models are: config/models/<model>.yaml
      7 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      8 |   instruct: { model: tiny-instruct }
    hint: steerform apply downloads it (and so does: hf download org/tiny)."
  `);
});

test("weights of the cache that are damaged", () => {
  const cache = cacheOf("org/tiny");
  truncateSync(join(cache, "models--org--tiny/blobs/blob-of-model.safetensors"), 100_000);
  expect(read({ HF_HUB_CACHE: cache })).toMatchObject({
    status: "damaged",
    message: expect.stringMatching(/^hf:\/\/org\/tiny\/model\.safetensors: .+ but the file has 100000\.$/) as string,
    hint: `Delete ${cache}/models--org--tiny: steerform apply downloads it again.`,
  });
});

test("weights of a family that the engine does not run", () => {
  const cache = cacheOf("org/tiny");
  writeFileSync(join(cache, "models--org--tiny/blobs/blob-of-config.json"), '{"architectures": ["MambaForCausalLM"]}');
  expect(reported("weights: hf://org/tiny", { HF_HUB_CACHE: cache })).toMatchInlineSnapshot(`
    "specs/demo.yaml:7:18: error SF1416: The engine cannot run the weights of 'base': hf://org/tiny/config.json: the architecture MambaForCausalLM is not one of those supported: LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Gemma2ForCausalLM.
      6 | variants: # who the models are: config/models/<model>.yaml
      7 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      8 |   instruct: { model: tiny-instruct }
    hint: steerform runs dense text models of plain fp32, fp16 or bf16 weights."
  `);
});

test("weights of a cache without a fault", () => {
  expect(reported("weights: hf://org/tiny", { HF_HUB_CACHE: cacheOf("org/tiny") })).toBe("");
});
