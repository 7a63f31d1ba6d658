import { describe, expect, it } from "vitest";
import { norm } from "../../src/math/vector.ts";
import { hooksOf, type Member, type Strategy } from "../../src/runtime/combine.ts";

/** Vectors of two layers that say which they are. */
const member = (source: string, layer: number, coefficient: number, traitMean: number, axis: number): Member => ({
  source,
  layer,
  coefficient,
  traitMean,
  vectors: [0, 1].map((at) => Float32Array.from({ length: 4 }, (_, index) => Number(index === axis + 2 * at))),
});
const asked = member("asked", 0, 6, 50, 0);
const told = member("told", 1, 10, 70, 1);

const strategy = (
  vectors: "sum" | "each",
  layer: Strategy["layer"],
  coefficient: Strategy["coefficient"],
): Strategy => ({
  vectors,
  layer,
  coefficient,
});
const search = { kind: "search" } as const;
const first = (layer: number): number => 100 * (layer + 1);
const hooks = (of: Strategy, members: readonly Member[] = [asked, told]) => {
  const made = hooksOf(of, members, first);
  if ("failure" in made) throw new Error(made.failure);
  return made.map(({ layer, vector, coefficient }) => ({ layer, coefficient, vector: [...vector] }));
};
const HALF = Math.fround(Math.SQRT1_2);

describe("a sum", () => {
  it("is one unit vector, of both vectors at the layer where it steers", () => {
    expect(hooks(strategy("sum", { kind: "best", source: "told" }, search))).toEqual([
      { layer: 1, coefficient: 200, vector: [0, 0, HALF, HALF] },
    ]);
    expect(hooks(strategy("sum", { kind: "best", source: "asked" }, search))).toEqual([
      { layer: 0, coefficient: 100, vector: [HALF, HALF, 0, 0] },
    ]);
  });

  it("goes to the layer of whichever vector is better", () => {
    expect(hooks(strategy("sum", { kind: "best", source: null }, search))[0]?.layer).toBe(1);
    expect(hooks(strategy("sum", { kind: "best", source: null }, search), [told, asked])[0]?.layer).toBe(1);
  });

  it("takes a layer and a coefficient that are given", () => {
    expect(hooks(strategy("sum", { kind: "layer", layer: 0 }, { kind: "fixed", value: 3 }))[0]).toMatchObject({
      layer: 0,
      coefficient: 3,
    });
  });

  it("of opposite vectors is none", () => {
    const opposite = { ...asked, vectors: asked.vectors.map((vector) => vector.map((value) => -value)) };
    expect(hooksOf(strategy("sum", { kind: "layer", layer: 0 }, search), [asked, opposite], first)).toEqual({
      failure: "the vectors cancel each other",
    });
  });
});

describe("an ensemble", () => {
  it("steers each vector at its own layer, with a share of its own best coefficient", () => {
    expect(hooks(strategy("each", { kind: "own" }, { kind: "share", factor: 0.5 }))).toEqual([
      { layer: 0, coefficient: 3, vector: [1, 0, 0, 0] },
      { layer: 1, coefficient: 5, vector: [0, 0, 0, 1] },
    ]);
  });

  it("shares what a single vector would begin with", () => {
    expect(hooks(strategy("each", { kind: "own" }, search)).map(({ coefficient }) => coefficient)).toEqual([50, 100]);
  });

  it("adds up what meets at a layer: the residual gets the same as from two hooks", () => {
    const [hook, ...others] = hooks(strategy("each", { kind: "layer", layer: 0 }, { kind: "share", factor: 1 }));
    expect(others).toEqual([]);
    expect(norm(Float32Array.from(hook?.vector ?? []))).toBeCloseTo(1, 6);
    expect(hook?.vector.map((value) => value * (hook?.coefficient ?? 0))).toEqual([
      expect.closeTo(6, 5),
      expect.closeTo(10, 5),
      0,
      0,
    ]);
  });
});
