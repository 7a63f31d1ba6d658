import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrapInterval, mean, quantile } from "../../src/math/statistics.ts";
import { seededRandom } from "../../src/util/random.ts";

describe("the bootstrap interval of a mean", () => {
  it("is the same for the same values", () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    expect(bootstrapInterval(values, 0.95, "a")).toEqual(bootstrapInterval(values, 0.95, "a"));
  });

  it("is near the normal interval for many values", () => {
    const random = seededRandom("normal");
    // Sums of twelve uniform numbers: nearly normal, of variance 1.
    const values = Array.from({ length: 400 }, () => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6);
    const [low, high] = bootstrapInterval(values, 0.95, "seed") ?? [0, 0];
    const m = mean(values);
    const se = Math.sqrt(mean(values.map((value) => (value - m) ** 2)) / values.length);
    expect(low).toBeCloseTo(m - 1.96 * se, 1);
    expect(high).toBeCloseTo(m + 1.96 * se, 1);
  });

  it("holds the true mean about as often as it says", () => {
    const random = seededRandom("coverage");
    let held = 0;
    for (let trial = 0; trial < 200; trial++) {
      const values = Array.from({ length: 40 }, random);
      const [low, high] = bootstrapInterval(values, 0.9, String(trial)) ?? [0, 0];
      if (low <= 0.5 && 0.5 <= high) held++;
    }
    expect(held / 200).toBeGreaterThan(0.83);
    expect(held / 200).toBeLessThan(0.96);
  });

  it("is within the values, ordered, and of no width when they are equal", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 }),
        (values) => {
          const [low, high] = bootstrapInterval(values, 0.95, "p") ?? [0, 0];
          expect(low).toBeLessThanOrEqual(high);
          expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
          expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        },
      ),
      { numRuns: 20 },
    );
    expect(bootstrapInterval([7, 7, 7], 0.95, "x")).toEqual([7, 7]);
  });

  it("says nothing of one value", () => {
    expect(bootstrapInterval([1], 0.95, "x")).toBeUndefined();
  });
});

it("quantiles as numpy has them", () => {
  const sorted = [1, 2, 4, 8];
  expect([0, 0.25, 0.5, 1].map((p) => quantile(sorted, p))).toEqual([1, 1.75, 3, 8]);
  expect(quantile(sorted, 0.9)).toBeCloseTo(6.8, 12);
});
