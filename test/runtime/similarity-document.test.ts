import { describe, expect, it } from "vitest";
import type { SimilarityParams } from "../../src/domain/task-params.ts";
import {
  formatDocument,
  similarityDocument,
  type PromptSimilarity,
} from "../../src/runtime/tasks/similarity-document.ts";
import type { TransferCurve, TransferPoint } from "../../src/runtime/tasks/similarity-transfer.ts";

const PARAMS: SimilarityParams = { captured: "instruct", replayed: "base", minCoverage: 0.8, minCoherence: 70 };

/** Cosines at each layer, the same at every one of so many tokens. */
function prompt(means: readonly number[], tokens: number): PromptSimilarity {
  return {
    layers: means.length,
    means: Float64Array.from(means),
    tokens: Float64Array.from({ length: tokens * means.length }, (_, index) => means[index % means.length] as number),
  };
}

function curve(deltas: readonly (readonly [number, number])[], dataset = "set/trait"): TransferCurve {
  const points = deltas.map(([layer, delta]): TransferPoint => ({
    layer,
    delta,
    position: "response[:5]",
    method: "probe",
    coefficient: 2,
    coherence: 80,
  }));
  return { dataset, points };
}

describe("similarity by layer", () => {
  it("is the mean and the population's deviation over prompts", () => {
    const { n_prompts, n_empty, per_layer_similarity } = similarityDocument(
      PARAMS,
      [prompt([0.5, 1], 2), prompt([0.7, 1], 2)],
      [],
    );
    expect({ n_prompts, n_empty }).toEqual({ n_prompts: 2, n_empty: 0 });
    expect(per_layer_similarity.mean).toEqual([0.6, 1]);
    expect(per_layer_similarity.std[0]).toBeCloseTo(0.1, 12);
    expect(per_layer_similarity.std[1]).toBe(0);
    expect(per_layer_similarity.per_prompt).toEqual([
      [0.5, 1],
      [0.7, 1],
    ]);
  });

  it("leaves an empty response out of the means and counts it", () => {
    const document = similarityDocument(PARAMS, [undefined, prompt([0.5], 2)], []);
    expect(document).toMatchObject({ n_prompts: 2, n_empty: 1 });
    expect(document.per_layer_similarity).toEqual({ mean: [0.5], std: [0], per_prompt: [null, [0.5]] });
    expect(document.warnings[0]).toBe("1 of 2 responses is empty, and in no mean.");
  });

  it("has nothing to say when every response is empty", () => {
    const document = similarityDocument(PARAMS, [undefined, undefined], [curve([[3, 10]])]);
    expect(document.per_layer_similarity).toEqual({ mean: [], std: [], per_prompt: [null, null] });
    expect(document.per_position_similarity).toEqual({ positions: [], n_prompts_at_position: [], by_layer: {} });
    expect(document.correlations["set/trait"]).toMatchObject({ pearson_r: null, n_points: 0 });
    expect(document.warnings[0]).toBe("2 of 2 responses are empty, and in no mean.");
  });
});

describe("similarity by position", () => {
  const five = [4, 4, 4, 3, 1].map((tokens, index) => prompt([0.1 * (index + 1)], tokens));

  it("stops where fewer prompts than asked reach", () => {
    const at = (minCoverage: number) =>
      similarityDocument({ ...PARAMS, minCoverage }, five, []).per_position_similarity;
    expect(at(0.8)).toMatchObject({ positions: [0, 1, 2], n_prompts_at_position: [5, 4, 4] });
    expect(at(0.81)).toMatchObject({ positions: [0], n_prompts_at_position: [5] });
    expect(at(0.6)).toMatchObject({ positions: [0, 1, 2, 3], n_prompts_at_position: [5, 4, 4, 3] });
    expect(at(0).positions).toHaveLength(4);
  });

  it("is the mean over the prompts that reach", () => {
    const { by_layer } = similarityDocument(PARAMS, five, []).per_position_similarity;
    expect(by_layer["0"]?.mean[0]).toBeCloseTo(0.3, 12);
    expect(by_layer["0"]?.mean[2]).toBeCloseTo(0.25, 12);
    expect(by_layer["0"]?.std[2]).toBeCloseTo(Math.sqrt(0.0125), 12);
  });

  it("counts empty responses among the prompts", () => {
    const prompts = [undefined, prompt([1], 1), prompt([1], 1), prompt([1], 1)];
    expect(similarityDocument(PARAMS, prompts, []).per_position_similarity.positions).toEqual([]);
  });
});

describe("correlation with transfer", () => {
  const layers = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];

  it("finds one that was planted", () => {
    const deltas = layers.map((value, layer) => [layer, 100 * value - 20] as const);
    const { correlations, transfer_curves, warnings } = similarityDocument(
      PARAMS,
      [prompt(layers, 1)],
      [curve(deltas)],
    );
    const { pearson_r, p_value, spearman_rho, spearman_p_value, n_points } = correlations["set/trait"] ?? {};
    expect(pearson_r).toBeCloseTo(1, 12);
    expect(p_value).toBeLessThan(1e-12);
    expect([spearman_rho, n_points]).toEqual([1, 10]);
    expect(spearman_p_value).toBeLessThan(1e-12);
    expect(transfer_curves["set/trait"]).toMatchObject({
      layers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      deltas: deltas.map(([, delta]) => delta),
    });
    expect(warnings).toEqual([]);
  });

  it("is over the layers of the curve alone, exact where they are few, and says that they are", () => {
    // Similarities 0.95, 0.8, 0.6 and 0.4 against deltas the other way round: 2 of 24 orders correlate as much.
    const document = similarityDocument(
      PARAMS,
      [prompt(layers, 1)],
      [
        curve([
          [1, 5],
          [3, 10],
          [5, 20],
          [7, 30],
        ]),
      ],
    );
    const { pearson_r, p_value, spearman_rho, n_points } = document.correlations["set/trait"] ?? {};
    expect(pearson_r).toBeLessThan(-0.99);
    expect(p_value).toBeCloseTo(2 / 24, 12);
    expect([spearman_rho, n_points]).toEqual([-1, 4]);
    expect(document.warnings).toEqual(["set/trait: 4 layers; a correlation of fewer than 8 points says little."]);
  });

  it("is null where a series is constant, where there is one point, and where there is none", () => {
    const none = { pearson_r: null, p_value: null, spearman_rho: null, spearman_p_value: null };
    const constant = layers.map((_, layer) => [layer, 4] as const);
    const { correlations, transfer_curves, warnings } = similarityDocument(
      PARAMS,
      [prompt(layers, 1)],
      [curve(constant, "a/constant"), curve([[2, 1]], "b/one"), curve([], "c/none")],
    );
    expect(correlations).toEqual({
      "a/constant": { ...none, n_points: 10 },
      "b/one": { ...none, n_points: 1 },
      "c/none": { ...none, n_points: 0 },
    });
    expect(transfer_curves["c/none"]).toEqual({ layers: [], deltas: [], best: [] });
    expect(warnings).toEqual([
      "a/constant: all its Δ, or all similarities of its layers, are equal: there is no correlation.",
      "b/one: 1 layer; a correlation of fewer than 8 points says little.",
      "c/none: no evaluation has a Δ at coherence ≥ 70, so there is no transfer curve.",
    ]);
  });

  it("says when nothing was steered", () => {
    const { correlations, warnings } = similarityDocument(PARAMS, [prompt(layers, 1)], []);
    expect(correlations).toEqual({});
    expect(warnings).toEqual(["No vector from base was steered: there is no transfer to compare with."]);
  });
});

it("is written with a list of numbers on a line", () => {
  const document = similarityDocument(PARAMS, [prompt([0.5, 1], 1), undefined], [curve([[1, -2e-7]])]);
  const text = formatDocument(document);
  expect(JSON.parse(text)).toEqual(document);
  expect(text).toContain('\n    "mean": [ 0.5, 1 ],\n');
  expect(text).toContain('\n      "deltas": [ -2e-7 ],\n');
});
