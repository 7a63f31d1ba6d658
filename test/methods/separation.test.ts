import { expect, test } from "vitest";
import { separation } from "../../src/methods/separation.ts";
import { rowsOf } from "./datasets.ts";

const along = { vector: Float32Array.of(1, 0), norm: 1, baseline: 2 };

test("the boundary is the fit's, whichever rows are measured", () => {
  expect(separation(along, rowsOf([3, 0], [5, 9]), rowsOf([0, 1], [1, 0]))).toEqual({
    accuracy: 1,
    effectSize: 3.5 / Math.sqrt(1.25),
  });
  expect(separation(along, rowsOf([3, 0], [1, 0]), rowsOf([2, 0], [0, 0]))?.accuracy).toBe(0.75);
});

test("a classifier decides by directions and its intercept", () => {
  const probe = { ...along, norm: 10, bias: -6 };
  // Both rows project alike; only the first is positive: 10 · 1 − 6 and 10 · 0.5 − 6.
  expect(separation(probe, rowsOf([1, 0]), rowsOf([1, Math.sqrt(3)]))).toEqual({ accuracy: 1, effectSize: undefined });
});

test("a vector that points the wrong way has a negative effect", () => {
  expect(separation(along, rowsOf([0, 0], [1, 0]), rowsOf([4, 0], [5, 0]))?.effectSize).toBeLessThan(-4);
});

test("what cannot be measured is not a number", () => {
  const none = { data: new Float32Array(0), rows: 0, columns: 2 };
  expect(separation(along, none, rowsOf([1, 0]))).toBeUndefined();
  expect(separation(along, rowsOf([3, 0], [3, 0]), rowsOf([1, 0], [1, 0]))).toEqual({
    accuracy: 1,
    effectSize: undefined,
  });
});
