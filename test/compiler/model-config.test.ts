import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { headerByteLength, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { parse } from "yaml";
import { edited, GOOD, projectOf, reported } from "./fixture.ts";
import { compileFiles, okWeights, REPOSITORY, repositoryFiles, type MemoryWeights } from "./rig.ts";

interface ModelFile {
  readonly weights: string;
  readonly prompt: string;
  readonly layers: number;
  readonly hidden_size: number;
  readonly context: number;
  readonly vocab_size: number;
  readonly parameters: number;
}

const files = repositoryFiles("config/models");
const modelFile = (name: string): ModelFile => parse(files[`config/models/${name}.yaml`] as string) as ModelFile;
const names = Object.keys(files).map((path) => /([^/]+)\.yaml$/.exec(path)?.[1] as string);

/** Of their config.json, besides what the model files say. */
interface Shape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  /** The output matrix is the embedding. */
  readonly tied: boolean;
  /** Of queries, keys and values. */
  readonly bias?: boolean;
  /** Norms of a layer. */
  readonly norms?: number;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  "llama-3.1-8b": { heads: 32, kvHeads: 8, headDim: 128, intermediate: 14336, tied: false },
  "smollm2-135m": { heads: 9, kvHeads: 3, headDim: 64, intermediate: 1536, tied: true },
  "smollm2-360m": { heads: 15, kvHeads: 5, headDim: 64, intermediate: 2560, tied: true },
  "smollm2-1.7b": { heads: 32, kvHeads: 32, headDim: 64, intermediate: 8192, tied: true },
  "qwen2.5-0.5b": { heads: 14, kvHeads: 2, headDim: 64, intermediate: 4864, tied: true, bias: true },
  "qwen2.5-7b": { heads: 28, kvHeads: 4, headDim: 128, intermediate: 18944, tied: false, bias: true },
  "gemma-2-2b": { heads: 8, kvHeads: 4, headDim: 256, intermediate: 9216, tied: true, norms: 4 },
};

function countParameters(model: ModelFile, shape: Shape): number {
  const { heads, kvHeads, headDim, intermediate, tied, bias = false, norms = 2 } = shape;
  const { layers, hidden_size: hidden, vocab_size: vocab } = model;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const attention = 2 * hidden * queries + 2 * hidden * keys + (bias ? queries + 2 * keys : 0);
  return vocab * hidden * (tied ? 1 : 2) + layers * (attention + 3 * hidden * intermediate + norms * hidden) + hidden;
}

test.each(Object.entries(SHAPES))("%s and its instruct model have the parameters of their shapes", (name, shape) => {
  for (const model of [name, name === "gemma-2-2b" ? `${name}-it` : `${name}-instruct`].map(modelFile)) {
    expect(model.parameters).toBe(countParameters(model, shape));
  }
});

const TINY = ["base", "instruct", "judge"];

test.each(TINY)("tiny-%s has the parameters of its safetensors file", (name) => {
  const bytes = readFileSync(join(REPOSITORY, "models/tiny", name, "model.safetensors"));
  const headerBytes = headerByteLength(bytes.subarray(0, 8), bytes.length);
  const { entries } = parseSafetensorsHeader(bytes.subarray(0, 8 + headerBytes), bytes.length);
  const sizes = [...entries.values()].map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  expect(modelFile(`tiny-${name}`).parameters).toBe(sizes.reduce((sum, size) => sum + size, 0));
});

test("base models take text as it is, the others through their chat template", () => {
  const chat = names.filter((name) => modelFile(name).prompt === "chat");
  expect(chat).toEqual(names.filter((name) => /-(instruct|it|judge)(-v[\d.]+)?$|^qwen3-[\d.]+b$/.test(name)));
});

test.each(names)("%s can be a variant of a spec", (name) => {
  const spec = edited(["{ model: tiny-judge }", `{ model: tiny-judge }\n  spare: { model: ${name} }`]);
  const weights = Object.fromEntries(TINY.map((tiny) => [`models/tiny/${tiny}`, okWeights(tiny)]));
  expect(reported(spec, { files, weights })).toBe("");
});

const BASE = "config/models/tiny-base.yaml";

/** What is reported of the good spec when its base model's file is this one. */
const withModel = (file: string, weights: Readonly<Record<string, MemoryWeights>> = {}): string =>
  reported(GOOD, { files: { [BASE]: file }, weights });

const SHAPE = "prompt: raw\nlayers: 8\nhidden_size: 128\n";

test("hf:// weights are looked for by name and revision, main if there is none", () => {
  const found = { "hf://org/name@main": okWeights("x"), "hf://org/name@v2": okWeights("y") };
  expect(withModel(`weights: hf://org/name\n${SHAPE}`, found)).toBe("");
  expect(withModel(`weights: hf://org/name\nrevision: v2\n${SHAPE}`, found)).toBe("");
  expect(withModel(`weights: hf://org/name\nrevision: v3\n${SHAPE}`, found)).toContain("SF1412");
});

test("a variant's weights are in the folder where they were found", () => {
  const file = `weights: hf://org/name\n${SHAPE}`;
  const project = projectOf(GOOD, { files: { [BASE]: file }, weights: { "hf://org/name@main": okWeights("x") } });
  const folderOf = (name: string) => compileFiles(project).experiment?.variants.get(name)?.weightsDir;
  expect(folderOf("base")).toBe("/cache/org/name/main");
  expect(folderOf("instruct")).toBe("/project/models/instruct");
});

test("weights in an absolute folder", () => {
  const weights = { "../elsewhere/model": okWeights("x") };
  expect(withModel(`weights: /elsewhere/model\n${SHAPE}`, weights)).toBe("");
});

test("SF1207: what is no place of weights, and no revision", () => {
  expect(withModel(`weights: hf://name\n${SHAPE}`)).toMatchInlineSnapshot(`
    "config/models/tiny-base.yaml:1:10: error SF1207: weights must be a folder, a GGUF file, or hf://<org>/<name>; 'hf://name' is not.
      1 | weights: hf://name
        |          ^^^^^^^^^
      2 | prompt: raw"
  `);
  expect(withModel(`weights: hf:/org/name\n${SHAPE}`)).toContain("SF1207");
  expect(withModel(`weights: hf://org/name\nrevision: ../../v2\n${SHAPE}`)).toMatchInlineSnapshot(`
    "config/models/tiny-base.yaml:2:11: error SF1207: revision must be a branch, a tag or a commit; '../../v2' is not.
      1 | weights: hf://org/name
      2 | revision: ../../v2
        |           ^^^^^^^^
      3 | prompt: raw"
  `);
});

test("SF1207: a revision of a folder", () => {
  expect(withModel(`weights: models/base\nrevision: main\n${SHAPE}`)).toMatchInlineSnapshot(`
    "config/models/tiny-base.yaml:1:10: error SF1207: weights must be hf://<org>/<name> where there is a revision; 'models/base' is not.
      1 | weights: models/base
        |          ^^^^^^^^^^^
      2 | revision: main"
  `);
});

test("SF1414: context and vocabulary that are not those of the weights", () => {
  const file = `weights: models/base\n${SHAPE}context: 2048\nvocab_size: 32000\n`;
  expect(withModel(file)).toMatchInlineSnapshot(`
    "config/models/tiny-base.yaml:5:10: error SF1414: context is 2048 here, and 1024 in models/base/config.json.
      4 | hidden_size: 128
      5 | context: 2048
        |          ^^^^
      6 | vocab_size: 32000
    hint: Write context: 1024.

    config/models/tiny-base.yaml:6:13: error SF1414: vocab_size is 32000 here, and 2048 in models/base/config.json.
      5 | context: 2048
      6 | vocab_size: 32000
        |             ^^^^^
    hint: Write vocab_size: 2048."
  `);
});

test("SF1416: weights that the engine does not run", () => {
  const message =
    "models/base/config.json: the architecture MambaForCausalLM is not one of those supported: LlamaForCausalLM.";
  const weights = { "models/base": { status: "unsupported", message, hint: "Use another model." } } as const;
  expect(reported(GOOD, { weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:5:18: error SF1416: The engine cannot run the weights of 'base': models/base/config.json: the architecture MambaForCausalLM is not one of those supported: LlamaForCausalLM.
      4 | variants:
      5 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      6 |   instruct: { model: tiny-instruct }
    hint: Use another model."
  `);
});
