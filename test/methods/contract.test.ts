import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cosine, dot, norm } from "../../src/math/vector.ts";
import { METHODS } from "../../src/methods/index.ts";
import type { FittedVector, Fitting, Method, Rows } from "../../src/methods/types.ts";
import { planted, rowsOf, shuffled } from "./datasets.ts";

const UNPAIRED: Fitting = { pairs: undefined, seed: "0" };
const shapes = fc.record({
  seed: fc.string({ maxLength: 8 }),
  rows: fc.integer({ min: 1, max: 20 }),
  columns: fc.integer({ min: 2, max: 40 }),
  shift: fc.double({ min: 0.5, max: 10, noNaN: true }),
});
const all = [...METHODS];

/** What every method promises; a new one is held to it as soon as it is registered. */
describe.each(all)("%s", (name, method) => {
  test("is registered under its own name", () => {
    expect(method.name).toBe(name);
    expect(method.version).not.toBe("");
  });

  test("has unit norm, and the midpoint as baseline", () => {
    const { positives, negatives } = planted("sign", { rows: 30, columns: 64, shift: 5 });
    const { vector, norm: length, baseline } = fit(method, positives, negatives);
    expect(norm(vector)).toBeCloseTo(1, 6);
    expect(length).toBeGreaterThan(0);
    const [above, below] = [meanProjection(positives, vector), meanProjection(negatives, vector)];
    expect(baseline).toBeCloseTo((above + below) / 2, 5);
  });

  test("does not see the order of the rows", () => {
    fc.assert(
      fc.property(shapes, ({ seed, ...shape }) => {
        const { positives, negatives } = planted(seed, shape);
        const first = fit(method, positives, negatives);
        const second = fit(method, shuffled(positives, seed), shuffled(negatives, `${seed}!`));
        expect(largestDifference(first.vector, second.vector)).toBeLessThan(1e-6);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  const some = rowsOf([1, 2, 3], [3, 2, 1]);
  test.each([
    ["identical classes", some, some, /same mean/],
    ["identical classes in another order", some, rowsOf([3, 2, 1], [1, 2, 3]), /same mean/],
    ["no positives", { data: new Float32Array(0), rows: 0, columns: 3 }, some, /no positive rows/],
    ["no negatives", some, { data: new Float32Array(0), rows: 0, columns: 3 }, /no negative rows/],
    ["a NaN", rowsOf([1, Number.NaN, 3]), some, /not a finite number/],
    ["an infinity", some, rowsOf([1, 2, Number.POSITIVE_INFINITY]), /not a finite number/],
    ["zeros only", rowsOf([0, 0, 0]), rowsOf([0, 0, 0]), /same mean/],
  ] as const)("refuses %s with a reason", (_, positives, negatives, reason) => {
    expect(method.fit(positives, negatives, UNPAIRED)).toEqual({ failure: expect.stringMatching(reason) });
  });

  test("calls shapes that do not fit a bug", () => {
    expect(() => method.fit(some, rowsOf([1, 2]), UNPAIRED)).toThrow(/^Internal error: /);
    expect(() => method.fit({ ...some, rows: 3 }, some, UNPAIRED)).toThrow(/^Internal error: /);
  });
});

/** What a method that draws nothing promises, too. */
describe.each(all.filter(([, { isSeeded }]) => !isSeeded))("%s", (_, method) => {
  test("finds a planted direction, and leads to the positives", () => {
    const { positives, negatives, direction } = planted("planted", { rows: 400, columns: 24, shift: 4 });
    const { vector } = fit(method, positives, negatives);
    expect(cosine(vector, direction)).toBeGreaterThan(0.99);
  });

  test("turns round when the classes are swapped", () => {
    fc.assert(
      fc.property(shapes, ({ seed, ...shape }) => {
        const { positives, negatives } = planted(seed, shape);
        const first = fit(method, positives, negatives);
        const second = fit(method, negatives, positives);
        expect(
          largestDifference(
            first.vector,
            second.vector.map((value) => -value),
          ),
        ).toBeLessThan(1e-6);
        expect(second.norm / first.norm).toBeCloseTo(1, 5);
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});

describe.each(all.filter(([, { isSeeded }]) => isSeeded))("%s", (_, method) => {
  test("is its seed's", () => {
    const { positives, negatives } = planted("seeds", { rows: 20, columns: 32, shift: 2 });
    const of = (seed: string) => fit(method, positives, negatives, { pairs: undefined, seed });
    expect(of("a")).toEqual(of("a"));
    expect(cosine(of("a").vector, of("b").vector)).toBeLessThan(0.9);
  });
});

function fit(method: Method, positives: Rows, negatives: Rows, fitting: Fitting = UNPAIRED): FittedVector {
  const fitted = method.fit(positives, negatives, fitting);
  if ("failure" in fitted) throw new Error(fitted.failure);
  return fitted;
}

function meanProjection({ data, rows, columns }: Rows, vector: Float32Array): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += dot(data.subarray(row * columns, (row + 1) * columns), vector);
  return sum / rows;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}
