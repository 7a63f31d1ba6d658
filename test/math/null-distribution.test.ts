import { expect, test } from "vitest";
import { NullDistribution } from "../../src/math/null-distribution.ts";

test("mean, and the interval of the middle 95%, as numpy's quantile has it", () => {
  const values = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
  expect(new NullDistribution(values).summary()).toEqual({ mean: 50, low: 2.5, high: 97.5 });
});

test("percentiles count what is below, and half of what is equal", () => {
  const distribution = new NullDistribution([3, 1, 2, 2, 5]);
  expect([0, 1, 1.5, 2, 3, 5, 6].map((value) => distribution.percentile(value))).toEqual([0, 10, 20, 40, 70, 90, 100]);
});

test("a null of one value", () => {
  const distribution = new NullDistribution([0.5]);
  expect(distribution.summary()).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  expect([0.4, 0.5, 0.6].map((value) => distribution.percentile(value))).toEqual([0, 50, 100]);
});

test("a null without values is our bug", () => {
  expect(() => new NullDistribution([])).toThrow("Internal error: a null without values");
});
