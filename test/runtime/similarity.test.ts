import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors } from "../../src/domain/safetensors.ts";
import type { SimilarityDocument } from "../../src/runtime/tasks/similarity-document.ts";
import { relativeError } from "../engine/models.ts";
import { createSharedProject } from "../rig/project.ts";
import { SimilarityProject, SPEC, type Applied, type Questions } from "./similarity-rig.ts";

interface Golden {
  /** sha256 of the weights that it was made with. */
  readonly weights: Readonly<Record<string, string>>;
  readonly questions: Questions;
  readonly max_new_tokens: number;
  readonly min_coverage: number;
  readonly prompts: readonly {
    readonly text: string;
    readonly note: string;
    readonly captured_prompt_ids: readonly number[];
    readonly replayed_prompt_ids: readonly number[];
    readonly response_ids: readonly number[];
    readonly response: string;
    /** Base64 of fp32: [layer, hidden] */
    readonly captured_mean: string;
    readonly replayed_mean: string;
    /** Of one response: [token, layer, hidden] */
    readonly captured?: string;
    readonly replayed?: string;
  }[];
  readonly document: Pick<SimilarityDocument, "n_prompts" | "per_layer_similarity" | "per_position_similarity">;
}

const ROOT = new URL("../../", import.meta.url);
const golden = JSON.parse(readFileSync(new URL("test/golden/similarity.json", ROOT), "utf8")) as Golden;

function unpack(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
}

describe("against transformers on the shipped pair", () => {
  const project = new SimilarityProject(SPEC, golden.questions, createSharedProject);
  let applied: readonly Applied[] = [];
  beforeAll(async () => {
    for (const [variant, digest] of Object.entries(golden.weights)) {
      const weights = readFileSync(new URL(`models/tiny/${variant}/model.safetensors`, ROOT));
      if (createHash("sha256").update(weights).digest("hex") !== digest) {
        throw new Error(`${variant} has other weights: run python3 test/golden/make_similarity_goldens.py`);
      }
    }
    applied = [await project.apply("similarity/base"), await project.apply("similarity/twin")];
  });

  it("asks the same prompts, with ids across the traits", () => {
    expect(applied.map(({ outcome, failure }) => failure?.message ?? outcome)).toEqual(["done", "done"]);
    const { prompts } = JSON.parse(project.bytes("inference/prompts/steering_questions.json").toString()) as {
      readonly prompts: readonly object[];
    };
    expect(prompts).toEqual(golden.prompts.map(({ text, note }, index) => ({ id: index + 1, text, note })));
  });

  it("answers with the same tokens, and replays them after the raw question", () => {
    const [captured, replayed] = [project.responses("instruct"), project.responses("base")];
    expect(captured.map(({ prompt_ids }) => prompt_ids)).toEqual(
      golden.prompts.map(({ captured_prompt_ids }) => captured_prompt_ids),
    );
    expect(replayed.map(({ prompt_ids }) => prompt_ids)).toEqual(
      golden.prompts.map(({ replayed_prompt_ids }) => replayed_prompt_ids),
    );
    for (const responses of [captured, replayed]) {
      expect(responses.map(({ response_ids }) => response_ids)).toEqual(
        golden.prompts.map(({ response_ids }) => response_ids),
      );
      expect(responses.map(({ response }) => response)).toEqual(golden.prompts.map(({ response }) => response));
    }
  });

  it.each([
    ["instruct", "captured"],
    ["base", "replayed"],
  ] as const)("%s has the same residuals", (variant, side) => {
    for (const [index, prompt] of golden.prompts.entries()) {
      const file = project.residuals(variant, index + 1);
      const mean = decodeSafetensors(file, "response_mean");
      expect(mean.shape).toEqual([8, 128]);
      expect(relativeError(mean.data, unpack(prompt[`${side}_mean`]))).toBeLessThan(1e-5);
      const tokens = decodeSafetensors(file, "response");
      expect(tokens.shape).toEqual([prompt.response_ids.length, 8, 128]);
      const expected = prompt[side];
      if (expected === undefined) continue;
      // Each number to the precision that it is stored with, and the engine's.
      const numbers = unpack(expected);
      const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [at, value] of numbers.entries()) {
        const error = Math.abs((tokens.data[at] as number) - value);
        expect(error).toBeLessThan(1e-5 * largest);
      }
    }
  });

  it("finds them as alike, by layer and by position", () => {
    const document = project.document("base");
    expect(document).toMatchObject({ format_version: 1, captured: "instruct", replayed: "base", n_empty: 0 });
    expect(document.n_prompts).toBe(golden.document.n_prompts);
    const [layers, expected] = [document.per_layer_similarity, golden.document.per_layer_similarity];
    expectClose(layers.mean, expected.mean);
    expectClose(layers.std, expected.std);
    expectClose(layers.per_prompt.flat(), expected.per_prompt.flat());
    const { by_layer, ...positions } = document.per_position_similarity;
    const { by_layer: expectedByLayer, ...expectedPositions } = golden.document.per_position_similarity;
    expect(positions).toEqual(expectedPositions);
    expect(Object.keys(by_layer)).toEqual(Object.keys(expectedByLayer));
    for (const [layer, spread] of Object.entries(expectedByLayer)) {
      expectClose(by_layer[layer]?.mean ?? [], spread.mean);
      expectClose(by_layer[layer]?.std ?? [], spread.std);
    }
  });

  it("a variant is exactly like itself", () => {
    const { per_layer_similarity, per_position_similarity } = project.document("twin");
    const { mean, std, per_prompt } = per_layer_similarity;
    const byLayer = Object.values(per_position_similarity.by_layer);
    expect(byLayer).toHaveLength(8);
    expect(new Set([...mean, ...per_prompt.flat(), ...byLayer.flatMap((spread) => spread.mean)])).toEqual(new Set([1]));
    expect(new Set([...std, ...byLayer.flatMap((spread) => spread.std)])).toEqual(new Set([0]));
  });
});

type Numbers = readonly (number | null)[];

function expectClose(actual: Numbers, expected: Numbers): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs((actual[index] as number) - (value as number))).toBeLessThan(1e-5);
  }
}
