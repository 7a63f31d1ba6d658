import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leadingDirections, type MatrixProducts } from "../../src/math/leading-directions.ts";
import { extendBasis } from "../../src/math/orthonormal.ts";
import { symmetricEigen } from "../../src/math/symmetric-eigen.ts";
import { addCombination, dots } from "../../src/math/vector-list.ts";
import { dot, norm } from "../../src/math/vector.ts";
import { randomDirection } from "../../src/methods/random.ts";
import { seededRandom } from "../../src/util/random.ts";

const vector = (seed: string, n: number) => Float64Array.from(randomDirection(seed, n));
const number = fc.double({ min: -100, max: 100, noNaN: true });

test("sums over lists of any length are those of one vector after the other", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.array(number, { minLength: 1, maxLength: 9 }), (count, list) => {
      const a = Float64Array.from(list);
      const vectors = Array.from({ length: count }, (_, j) => a.map((value, i) => value * (j + 1) - i));
      expect([...dots(a, vectors)]).toEqual(vectors.map((each) => dot(a, each)));
      const weights = vectors.map((_, j) => j - 2.5);
      const expected = a.map((value, i) => vectors.reduce((sum, each, j) => sum + weights[j]! * each[i]!, value));
      const target = a.slice();
      addCombination(target, weights, vectors);
      for (const [i, value] of target.entries()) expect(value).toBeCloseTo(expected[i]!, 8);
    }),
  );
});

describe("extendBasis", () => {
  test("is orthonormal and spans what it was given", () => {
    const rows = Array.from({ length: 20 }, (_, i) => vector(`row ${i}`, 50));
    const basis: Float64Array[] = [];
    extendBasis(basis, rows.slice(0, 8));
    extendBasis(basis, rows.slice(8));
    expect(basis).toHaveLength(20);
    for (const [i, one] of basis.entries()) {
      for (const [j, other] of basis.entries()) expect(dot(one, other)).toBeCloseTo(i === j ? 1 : 0, 14);
    }
    for (const row of rows) {
      const coordinates = dots(row, basis);
      expect(norm(coordinates)).toBeCloseTo(norm(row), 13);
    }
  });

  test("stays orthonormal where the rows are nearly the same", () => {
    const base = vector("base", 40);
    const rows = Array.from({ length: 5 }, (_, i) =>
      base.map((value, j) => value + 1e-4 * vector(`near ${i}`, 40)[j]!),
    );
    const basis: Float64Array[] = [];
    extendBasis(basis, rows);
    expect(basis).toHaveLength(5);
    for (const [i, one] of basis.entries()) {
      for (const [j, other] of basis.entries()) expect(dot(one, other)).toBeCloseTo(i === j ? 1 : 0, 14);
    }
  });

  test("leaves out what adds nothing: zeros, repetitions, rounding, and rows beyond the space", () => {
    const row = vector("row", 6);
    const basis: Float64Array[] = [];
    extendBasis(basis, [new Float64Array(6), row, row, Float64Array.from(Float32Array.from(row))]);
    expect(basis).toHaveLength(1);
    extendBasis(
      basis,
      Array.from({ length: 9 }, (_, i) => vector(`${i}`, 6)),
    );
    expect(basis).toHaveLength(6);
  });
});

describe("symmetricEigen", () => {
  test("finds A v = λ v, orthonormal v, largest λ first", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(number, { minLength: 144, maxLength: 144 }), (n, list) => {
        const a = new Float64Array(n * n);
        for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = list[i * n + j]!;
        const { values, vectors } = symmetricEigen(a, n);
        expect(values).toEqual(values.toSorted((x, y) => y - x));
        for (const [index, v] of vectors.entries()) {
          for (let i = 0; i < n; i++) {
            const product = dot(a.slice(i * n, (i + 1) * n), v);
            expect(Math.abs(product - values[index]! * v[i]!)).toBeLessThan(1e-10 * (1 + norm(a)));
          }
          for (const [other, w] of vectors.entries()) expect(dot(v, w)).toBeCloseTo(index === other ? 1 : 0, 12);
        }
      }),
    );
  });

  test("equal eigenvalues, zeros, and no matrix at all", () => {
    expect(symmetricEigen(Float64Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2), 3).values).toEqual([2, 2, 2]);
    expect(symmetricEigen(new Float64Array(4), 2).values).toEqual([0, 0]);
    expect(symmetricEigen(new Float64Array(0), 0)).toEqual({ values: [], vectors: [] });
  });
});

describe("leadingDirections", () => {
  /** Products in fp64, handed over as fp32, as a runtime of fp32 rounds them. */
  function products(a: readonly Float64Array[], columns: number): MatrixProducts {
    const multiply = (x: Float32Array, width: number, entry: (row: Float32Array) => number[]) =>
      Promise.resolve(
        Float32Array.from(
          Array.from({ length: x.length / width }, (_, i) => entry(x.subarray(i * width, (i + 1) * width))).flat(),
        ),
      );
    return {
      rows: a.length,
      columns,
      fromLeft: (x) =>
        multiply(x, a.length, (row) => {
          const sum = new Float64Array(columns);
          addCombination(sum, row, a);
          return [...sum];
        }),
      fromRight: (z) => multiply(z, columns, (row) => [...dots(Float64Array.from(row), a)]),
    };
  }

  /** Σ values[i] · left[i] ⊗ right[i] with orthonormal left and right. */
  function planted(rows: number, columns: number, values: readonly number[]) {
    const [left, right]: [Float64Array[], Float64Array[]] = [[], []];
    extendBasis(
      left,
      values.map((_, i) => vector(`left ${i}`, rows)),
    );
    extendBasis(
      right,
      values.map((_, i) => vector(`right ${i}`, columns)),
    );
    const a = Array.from({ length: rows }, (_, row) => {
      const sum = new Float64Array(columns);
      addCombination(
        sum,
        values.map((value, i) => value * left[i]![row]!),
        right,
      );
      return sum;
    });
    return { a, left };
  }

  test.each([
    [30, 50],
    [50, 30],
    [200, 300],
  ])("finds planted directions of a matrix of %i by %i", async (rows, columns) => {
    const values = Array.from({ length: 30 }, (_, i) => 10 * 0.9 ** i);
    const { a, left } = planted(rows, columns, values);
    const found = await leadingDirections(products(a, columns), 8, "seed");
    expect(found.values).toHaveLength(8);
    for (const [i, direction] of found.directions.entries()) {
      expect(Math.abs(found.values[i]! / values[i]! - 1)).toBeLessThan(1e-6);
      expect(1 - Math.abs(dot(direction, left[i]!))).toBeLessThan(1e-9);
      expect(norm(direction)).toBeCloseTo(1, 6);
      expect(found.residuals[i]).toBeLessThan(1e-5);
      expect(Math.max(...direction)).toBeGreaterThanOrEqual(-Math.min(...direction));
    }
  });

  test("strong directions come out of noise without end; how sure each is, is said", async () => {
    const [rows, columns] = [300, 400];
    const strong = planted(rows, columns, [60, 50]);
    const random = seededRandom("noise");
    const a = strong.a.map((row) => row.map((value) => value + 2 * (random() - 0.5)));
    const found = await leadingDirections(products(a, columns), 8, "seed");
    expect(found.values).toHaveLength(8);
    for (const i of [0, 1]) {
      expect(Math.abs(dot(found.directions[i]!, strong.left[i]!))).toBeGreaterThan(0.9);
      expect(found.residuals[i]).toBeLessThan(1e-4);
    }
    // The edge of the noise, √rows + √columns times its deviation of 1/√3, is dense.
    expect(found.values[2]).toBeLessThan((Math.sqrt(rows) + Math.sqrt(columns)) / Math.sqrt(3) + 1);
    expect(found.residuals[7]).toBeGreaterThan(found.residuals[0]!);
    expect(found.residuals[7]).toBeLessThan(0.1);
  });

  test("a seed changes what is drawn, and nothing that is found; the same seed changes nothing at all", async () => {
    const { a, left } = planted(150, 160, [5, 3, 2]);
    const of = (seed: string) => leadingDirections(products(a, 160), 2, seed);
    expect(await of("one")).toEqual(await of("one"));
    const [one, other] = [await of("one"), await of("other")];
    expect(Math.abs(dot(one.directions[0]!, other.directions[0]!))).toBeCloseTo(1, 9);
    expect(Math.abs(dot(other.directions[1]!, left[1]!))).toBeCloseTo(1, 9);
  });

  test("a small rank gives as many directions as there are; zero gives none", async () => {
    const { a } = planted(40, 60, [3, 1]);
    const found = await leadingDirections(products(a, 60), 8, "seed");
    expect(found.values).toHaveLength(2);
    const zeros = Array.from({ length: 4 }, () => new Float64Array(5));
    expect(await leadingDirections(products(zeros, 5), 8, "seed")).toEqual({
      directions: [],
      values: [],
      residuals: [],
    });
  });
});
