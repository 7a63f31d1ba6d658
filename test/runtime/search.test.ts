import { describe, expect, it } from "vitest";
import type { SearchParams } from "../../src/domain/task-params.ts";
import { bestEvaluation, nextPoint, startPoint, type SearchPoint } from "../../src/runtime/search.ts";

const params: SearchParams = {
  algorithm: "adaptive",
  evaluations: 5,
  start: 0.7,
  up: 1.3,
  down: 0.85,
  momentum: 0.1,
  minCoherence: 70,
};

function trajectory(coherences: readonly (number | null)[]): number[] {
  let point: SearchPoint = startPoint(params, 10);
  const coefficients = [point.coefficient];
  for (const coherence of coherences) {
    point = nextPoint(params, point, coherence);
    coefficients.push(point.coefficient);
  }
  return coefficients;
}

describe("the adaptive schedule", () => {
  it("starts at 0.7 of the residual norm and rises by smoothed 1.3 while coherent", () => {
    const velocities = [1.27, 1.297, 1.2997, 1.29997];
    const expected = velocities.reduce<number[]>((all, v) => [...all, (all.at(-1) as number) * v], [7]);
    expect(trajectory([90, 70, 75, 80])).toEqual(expected.map((value) => expect.closeTo(value, 10)));
  });

  it("spans 0.37 to 1.95 of the residual norm in five evaluations, as the study states", () => {
    expect(trajectory([90, 90, 90, 90]).at(-1)).toBeCloseTo(19.5, 1);
    expect(trajectory([0, 0, 0, 0]).at(-1)).toBeCloseTo(3.7, 1);
  });

  it("falls when coherence is below the limit or missing", () => {
    expect(trajectory([69.99])[1]).toBeCloseTo(7 * 0.865, 10);
    expect(trajectory([null])[1]).toBeCloseTo(7 * 0.865, 10);
  });
});

describe("the best evaluation", () => {
  const one = (traitMean: number | null, coherenceMean: number | null, layer = 3) => ({
    layer,
    coefficient: 1,
    traitMean,
    coherenceMean,
  });

  it("is the highest trait score among the coherent", () => {
    expect(bestEvaluation([one(20, 90), one(80, 69.9), one(50, 70)], 70)).toEqual(one(50, 70));
  });

  it("is the earlier of equals", () => {
    expect(bestEvaluation([one(50, 90, 1), one(50, 95, 2)], 70)?.layer).toBe(1);
  });

  it("does not exist when nothing is coherent or scored", () => {
    expect(bestEvaluation([one(80, 10), one(null, 90), one(90, null)], 70)).toBeUndefined();
  });
});
