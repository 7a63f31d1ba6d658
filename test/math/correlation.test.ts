import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pearson, spearman, type Correlation } from "../../src/math/correlation.ts";
import { rowCosines } from "../../src/math/cosine.ts";
import { incompleteBeta } from "../../src/math/incomplete-beta.ts";

interface Golden {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly pearson: Correlation;
  readonly spearman: Correlation;
}

const goldens = JSON.parse(
  readFileSync(new URL("../golden/correlation.json", import.meta.url), "utf8"),
) as readonly Golden[];

const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 7 });
const pairs = numbers.chain((x) =>
  fc.tuple(
    fc.constant(x),
    fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: x.length, maxLength: x.length }),
  ),
);

/** The largest relative difference; p-values that have underflowed count as 0. */
function difference(actual: Correlation | undefined, expected: Correlation): number {
  const relative = (one = Number.NaN, other: number) => Math.abs(one - other) / Math.max(Math.abs(other), 1e-12);
  return Math.max(relative(actual?.coefficient, expected.coefficient), relative(actual?.pValue, expected.pValue));
}

describe("correlations", () => {
  it.each(goldens.map((golden) => [golden.x.length, golden] as const))("of %i points are scipy's", (_, golden) => {
    expect(difference(pearson(golden.x, golden.y), golden.pearson)).toBeLessThan(1e-9);
    expect(difference(spearman(golden.x, golden.y), golden.spearman)).toBeLessThan(1e-9);
  });

  it("there are none with a constant series, nor of one point, nor of none", () => {
    for (const correlate of [pearson, spearman]) {
      expect(correlate([1, 1, 1], [1, 2, 3])).toBeUndefined();
      expect(correlate([1, 2, 3], [0.1, 0.1, 0.1])).toBeUndefined();
      expect(correlate([1], [2])).toBeUndefined();
      expect(correlate([], [])).toBeUndefined();
    }
  });

  it("do not change when a series is moved, stretched or swapped with the other", () => {
    fc.assert(
      fc.property(pairs, ([x, y]) => {
        const before = pearson(x, y);
        const after = pearson(
          y.map((value) => 3 * value - 7),
          x,
        );
        expect(after === undefined).toBe(before === undefined);
        if (before !== undefined) expect(difference(after, before)).toBeLessThan(1e-9);
      }),
    );
  });

  it("refuses series of different lengths", () => {
    expect(() => pearson([1, 2], [1])).toThrow("Internal error: 2 numbers correlated with 1");
  });
});

describe("the incomplete beta function", () => {
  it("is the uniform, and the arcsine, distribution where these are known", () => {
    for (const x of [0, 1e-9, 0.2, 0.5, 0.9, 1]) {
      expect(incompleteBeta(x, 1, 1)).toBeCloseTo(x, 14);
      expect(incompleteBeta(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 13);
      expect(incompleteBeta(x, 3, 1)).toBeCloseTo(x ** 3, 13);
    }
  });
});

describe("cosines of rows", () => {
  it("are exactly 1 for equal rows", () => {
    const floats = fc.float32Array({ minLength: 6, maxLength: 6, noNaN: true, min: Math.fround(1e-3), max: 1000 });
    fc.assert(
      fc.property(floats, (row) => {
        expect([...rowCosines(row, row.slice(), 3)]).toEqual([1, 1]);
        expect([
          ...rowCosines(
            row,
            row.map((value) => -value),
            3,
          ),
        ]).toEqual([-1, -1]);
      }),
    );
  });

  it("are those of each row alone, and NaN where one is zero", () => {
    const a = Float32Array.of(1, 0, 3, 4, 0, 0);
    const b = Float32Array.of(0, 2, 4, 3, 1, 1);
    expect([...rowCosines(a, b, 2)]).toEqual([0, 24 / 25, Number.NaN]);
  });
});
