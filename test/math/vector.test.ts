import { expect, test } from "vitest";
import { rowMean, rowNorms } from "../../src/math/matrix.ts";
import { cosine, dot, norm, normalise } from "../../src/math/vector.ts";

test("sums are accumulated in fp64", () => {
  // In fp32 the ones are lost beside 2^24.
  const data = Float32Array.from([2 ** 24, 1, 1, 1, 1]);
  expect(dot(data, Float32Array.from([1, 1, 1, 1, 1]))).toBe(2 ** 24 + 4);
  expect(rowMean({ data, rows: 5, columns: 1 })).toEqual(Float64Array.of((2 ** 24 + 4) / 5));
});

test("norm and cosine", () => {
  expect(norm(Float32Array.of(3, 4))).toBe(5);
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(1, 1))).toBeCloseTo(Math.SQRT1_2, 12);
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 0))).toBeNaN();
});

test("normalise gives a direction and its length, or nothing", () => {
  expect(normalise(Float64Array.of(0, -2))).toEqual({ direction: Float32Array.of(0, -1), norm: 2 });
  expect(normalise(Float64Array.of(0, 0))).toBeUndefined();
  expect(normalise(Float64Array.of(Number.NaN, 1))).toBeUndefined();
  expect(normalise(Float64Array.of(Number.POSITIVE_INFINITY, 1))).toBeUndefined();
});

test("rows are means and norms by row-major order", () => {
  const matrix = { data: Float32Array.of(3, 4, 0, 2), rows: 2, columns: 2 };
  expect(rowMean(matrix)).toEqual(Float64Array.of(1.5, 3));
  expect(rowNorms(matrix)).toEqual(Float64Array.of(5, 2));
});
