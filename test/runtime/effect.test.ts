import { describe, expect, it } from "vitest";
import { choose, effectOn, splitOf, summarise, type ScoredEvaluation } from "../../src/runtime/effect.ts";

const scores = (...pairs: readonly (readonly [number | null, number | null])[]) =>
  pairs.map(([trait, coherence]) => ({ trait, coherence }));

const evaluation = (
  layer: number,
  ...pairs: readonly (readonly [number | null, number | null])[]
): ScoredEvaluation => ({
  layer,
  coefficient: 1,
  scores: scores(...pairs),
});

describe("a split of the questions", () => {
  it("chooses and reports on different ones", () => {
    expect(splitOf([false, true, false, true])).toEqual({ selecting: [0, 2], reporting: [1, 3] });
  });
  it("is no split when nothing is held out", () => {
    expect(splitOf([false, false])).toEqual({ selecting: [0, 1], reporting: [0, 1] });
  });
});

describe("the choice", () => {
  const split = splitOf([false, true]);

  it("sees the selecting questions only", () => {
    // Layer 2 is better where it is reported, layer 1 where it is chosen.
    const evaluations = [evaluation(1, [80, 90], [10, 90]), evaluation(2, [70, 90], [100, 90])];
    expect(choose(evaluations, split, 70)?.layer).toBe(1);
  });

  it("takes what is coherent there, whatever it is on the others", () => {
    const evaluations = [evaluation(1, [90, 60], [90, 100]), evaluation(2, [50, 75], [50, 20])];
    expect(choose(evaluations, split, 70)?.layer).toBe(2);
    expect(choose(evaluations, split, 80)).toBeUndefined();
  });

  it("passes over what has no scores", () => {
    expect(choose([evaluation(1, [null, 90], [90, 90])], split, 70)).toBeUndefined();
    expect(choose([evaluation(1, [90, null], [90, 90])], split, 70)).toBeUndefined();
  });

  it("takes the earlier of equals", () => {
    expect(choose([evaluation(1, [50, 90], [0, 0]), evaluation(2, [50, 95], [90, 90])], split, 70)?.layer).toBe(1);
  });
});

describe("an effect", () => {
  it("is the mean change from the same question's unsteered answer", () => {
    const { delta, interval } = effectOn([0, 1], scores([50, 1], [70, 1]), scores([10, 1], [60, 1]), 0.95);
    expect(delta).toBe(25);
    expect(interval).toEqual([10, 40]);
  });

  it("leaves out questions of which a score is missing", () => {
    const steered = scores([50, 1], [null, 1], [90, 1]);
    expect(effectOn([0, 1, 2], steered, scores([10, 1], [20, 1], [null, 1]), 0.95)).toEqual({
      delta: 40,
      interval: undefined,
    });
    expect(effectOn([1], steered, scores([10, 1], [20, 1], [null, 1]), 0.95).delta).toBeUndefined();
  });
});

it("a summary counts what is missing and has it in no mean", () => {
  expect(summarise(scores([10, 80], [null, 60], [30, null]))).toEqual({
    trait_mean: 20,
    coherence_mean: 70,
    n: 2,
    missing: { trait: 1, coherence: 1 },
  });
  expect(summarise(scores([10, 80], [30, 60]), [1])).toMatchObject({ trait_mean: 30, coherence_mean: 60, n: 1 });
});
