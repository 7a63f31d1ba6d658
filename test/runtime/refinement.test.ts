import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finerGrid } from "../../src/runtime/refinement.ts";

const points = (...pairs: readonly (readonly [number, number | null])[]) =>
  pairs.map(([coefficient, coherence]) => ({ coefficient, coherence }));

describe("a finer grid", () => {
  it("lies between the largest coherent coefficient and the next that is not", () => {
    expect(finerGrid(points([4, 90], [6, 80], [10, 40], [8, 60]), 70, 3)).toEqual([6.5, 7, 7.5]);
  });

  it("reaches beyond what is all coherent, and below what is not at all", () => {
    expect(finerGrid(points([4, 90], [8, 80]), 70, 1)).toEqual([10]);
    expect(finerGrid(points([6, 20], [9, 10]), 70, 1)).toEqual([5]);
  });

  it("takes a missing coherence for an incoherent one", () => {
    expect(finerGrid(points([4, 90], [8, null]), 70, 1)).toEqual([6]);
  });

  it("passes over a dip below the largest coherent coefficient", () => {
    expect(finerGrid(points([2, 90], [3, 50], [4, 75], [6, 40]), 70, 1)).toEqual([5]);
  });

  it("has no points without one", () => {
    expect(finerGrid([], 70, 5)).toEqual([]);
  });

  it("is ascending, of the asked length, and tries nothing twice", () => {
    const point = fc.record({
      // Between two neighbouring doubles there is nothing left to try.
      coefficient: fc.integer({ min: 100, max: 100_000 }).map((thousandths) => thousandths / 1000),
      coherence: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (tried, count) => {
        const grid = finerGrid(tried, 70, count);
        expect(grid).toHaveLength(count);
        expect(grid).toEqual(grid.toSorted((a, b) => a - b));
        expect(new Set(grid).size).toBe(count);
        for (const { coefficient } of tried) expect(grid).not.toContain(coefficient);
      }),
    );
  });
});
