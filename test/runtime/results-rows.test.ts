import { describe, expect, it } from "vitest";
import type { PromptedParams, ResultsParams, SteeringParams } from "../../src/domain/task-params.ts";
import { choose, splitOf, type ScoredEvaluation } from "../../src/runtime/effect.ts";
import type { Scores } from "../../src/runtime/judge/types.ts";
import { combinationRow, promptingRow, vectorRow, type Single } from "../../src/runtime/tasks/results-rows.ts";

const params: ResultsParams = { minCoherence: 70, heldOut: 0.5, confidence: 0.95, coherence: [80, 70] };
/** Four questions: the first and the third select. */
const split = splitOf([false, true, false, true]);
const unsteered = scores([10, 90], [20, 90], [10, 90], [30, 90]);

type Pair = readonly [trait: number | null, coherence: number | null];

function scores(...pairs: readonly Pair[]): Scores[] {
  return pairs.map(([trait, coherence]) => ({ trait, coherence }));
}

function evaluation(layer: number, coefficient: number, ...pairs: readonly Pair[]): ScoredEvaluation {
  return { layer, coefficient, scores: scores(...pairs) };
}

const of = { dataset: "d", trait: "t", variant: "v", position: "response[:]", method: "probe" } as SteeringParams;

function single(evaluations: readonly ScoredEvaluation[], random: Single["random"] = []): Single {
  return { of, unsteered, split, evaluations, best: choose(evaluations, split, params.minCoherence), random };
}

describe("a vector's row", () => {
  const weak = evaluation(3, 4, [40, 95], [50, 85], [40, 95], [30, 85]);
  const strong = evaluation(3, 6, [70, 75], [60, 75], [70, 75], [80, 75]);
  const broken = evaluation(3, 8, [90, 20], [90, 60], [90, 20], [90, 65]);
  const elsewhere = evaluation(5, 1, [5, 10], [5, 10], [5, 10], [5, 10]);

  it("reports on the other questions than those that chose, at each coherence, with n", () => {
    const row = vectorRow(single([weak, strong, broken, elsewhere]), [], params);
    expect(row.best).toMatchObject({ layer: 3, coefficient: 6, trait_delta: 45, selected_delta: 60, n: 2 });
    expect(row.at.map(({ coherence, best }) => [coherence, best?.coefficient, best?.trait_delta])).toEqual([
      [80, 4, 15],
      [70, 6, 45],
    ]);
    expect(row.baseline).toMatchObject({ trait_mean: 25, n: 2 });
  });

  it("says where coherence is first lost at the best layer, going up", () => {
    const { drops } = vectorRow(single([broken, strong, elsewhere, weak]), [], params);
    expect(drops).toEqual([
      { coherence: 80, coefficient: 6 },
      { coherence: 70, coefficient: 8 },
    ]);
    expect(vectorRow(single([weak]), [], params).drops?.[0]).toEqual({ coherence: 80, coefficient: null });
    expect(vectorRow(single([broken]), [], params)).not.toHaveProperty("drops");
  });

  it("has the mean of its random directions with an interval, the largest, and what is missing", () => {
    const random = [
      { scores: scores([0, 90], [22, 90], [0, 90], [26, 90]) },
      { scores: scores([0, 90], [24, 90], [0, 90], [null, 90]) },
    ];
    const row = vectorRow(single([strong], random), [], params);
    // Question by question the mean of the directions: 23 − 20 and 26 − 30.
    expect(row.random).toEqual({
      directions: 2,
      trait_delta_mean: -0.5,
      interval: [-4, 3],
      trait_delta_max: 4,
      coherence_mean: 90,
      n: 3,
      missing: { trait: 1, coherence: 0 },
    });
  });
});

describe("the trait's system prompts", () => {
  const prompt = (system_prompt: string, ...pairs: readonly Pair[]) => ({
    system_prompt,
    scores: scores(...pairs),
  });
  const prompts = [
    prompt("lucky where it is reported", [20, 90], [99, 90], [20, 90], [99, 90]),
    prompt("best where it is chosen", [60, 90], [50, 90], [60, 90], [70, 90]),
    prompt("incoherent", [99, 10], [99, 10], [99, 10], [99, 10]),
  ];
  const own = { dataset: "d", trait: "t" } as PromptedParams;
  const prompting = { of: own, unsteered, split, prompts, best: choose(prompts, split, params.minCoherence) };

  it("are chosen and reported as vectors are", () => {
    expect(promptingRow(prompting, params)).toMatchObject({
      prompts: 3,
      best: { system_prompt: "best where it is chosen", trait_delta: 35, selected_delta: 50, n: 2 },
    });
  });

  it("are what the best vector of their dataset is compared with, question by question", () => {
    const vector = single([evaluation(3, 6, [70, 75], [60, 75], [70, 75], [80, 75])]);
    expect(vectorRow(vector, [prompting], params).beyond_prompting).toEqual({ trait_delta: 10, interval: [10, 10] });
    const other = { ...prompting, of: { ...own, dataset: "another" } };
    expect(vectorRow(vector, [other], params)).not.toHaveProperty("beyond_prompting");
  });
});

it("a combination is compared with the best single vector of its trait", () => {
  const best = evaluation(3, 6, [70, 75], [60, 75], [70, 75], [80, 75]);
  const evaluations = [evaluation(3, 0.5, [80, 75], [75, 75], [80, 75], [85, 75])];
  const combined = {
    trait: "t",
    name: "sum",
    unsteered,
    split,
    hooks: [{ layer: 3, coefficient: 8 }],
    evaluations,
    best: evaluations[0],
  };
  expect(combinationRow(combined, [single([best])], params)).toMatchObject({
    hooks: [{ layer: 3, coefficient: 4 }],
    beyond_best_single: { trait_delta: 10, interval: [5, 15] },
  });
});
