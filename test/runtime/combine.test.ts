import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { norm } from "../../src/math/vector.ts";
import { COMBINERS, type Member } from "../../src/methods/combiners.ts";
import { hooksOf, type Strategy } from "../../src/runtime/combine.ts";

/** Vectors of two layers that say which they are. */
const member = (source: string, layer: number, coefficient: number, effect: number, axis: number): Member => ({
  source,
  layer,
  coefficient,
  effect,
  vectors: [0, 1].map((at) => Float32Array.from({ length: 4 }, (_, index) => Number(index === axis + 2 * at))),
});
const asked = member("asked", 0, 6, 50, 0);
const told = member("told", 1, 10, 70, 1);

const strategy = (vectors: string, layer: Strategy["layer"], coefficient: Strategy["coefficient"]): Strategy => ({
  vectors,
  layer,
  coefficient,
});
const search = { kind: "search" } as const;
const first = (layer: number): number => 100 * (layer + 1);
const hooks = (of: Strategy, members: readonly Member[] = [asked, told]) => {
  const made = hooksOf(of, members, first);
  if (made === undefined) throw new Error("no direction");
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
    expect(hooksOf(strategy("sum", { kind: "layer", layer: 0 }, search), [asked, opposite], first)).toBeUndefined();
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

describe("a weighted sum", () => {
  const at = { kind: "layer", layer: 0 } as const;

  it("leans to the vector that does more alone", () => {
    const [hook] = hooks(strategy("weighted_sum", at, search));
    expect(hook).toMatchObject({ layer: 0, coefficient: 100 });
    expect((hook?.vector[1] ?? 0) / (hook?.vector[0] ?? 0)).toBeCloseTo(70 / 50, 6);
    expect(norm(Float32Array.from(hook?.vector ?? []))).toBeCloseTo(1, 6);
  });

  it("leaves out a vector that lowers the trait, and is the plain sum of such vectors alone", () => {
    const lowering = { ...told, effect: -4 };
    expect(hooks(strategy("weighted_sum", at, search), [asked, lowering])[0]?.vector).toEqual([1, 0, 0, 0]);
    const [hook] = hooks(strategy("weighted_sum", at, search), [{ ...asked, effect: -1 }, lowering]);
    expect(hook?.vector).toEqual([HALF, HALF, 0, 0]);
  });
});

describe("an orthogonal sum", () => {
  const at = { kind: "layer", layer: 0 } as const;
  const along = (source: string, ...vector: number[]): Member => ({
    ...asked,
    source,
    vectors: [Float32Array.from(vector)],
  });

  it("counts once what the vectors share", () => {
    const both = [along("one", 1, 0, 0, 0), along("other", 0.8, 0.6, 0, 0)];
    const [hook] = hooks(strategy("orthogonal_sum", at, search), both);
    expect(hook?.vector).toEqual([HALF, HALF, 0, 0]);
  });

  it("of a vector and itself is the vector", () => {
    const [hook] = hooks(strategy("orthogonal_sum", at, search), [
      along("one", 0, 1, 0, 0),
      along("other", 0, 1, 0, 0),
    ]);
    expect(hook?.vector).toEqual([0, 1, 0, 0]);
  });
});

describe("a sum at each layer", () => {
  const high = { ...told, layer: 2, vectors: [...told.vectors, Float32Array.of(0, 0, 1, 0)] };
  const low = { ...asked, vectors: [...asked.vectors, Float32Array.of(0, 0, 0, 1)] };

  it("steers at every layer between those of the vectors, with that layer's vectors", () => {
    expect(hooks(strategy("each_layer", { kind: "own" }, { kind: "share", factor: 0.5 }), [high, low])).toEqual([
      { layer: 0, coefficient: expect.closeTo(8 / 3, 12), vector: [HALF, HALF, 0, 0] },
      { layer: 1, coefficient: expect.closeTo(8 / 3, 12), vector: [0, 0, HALF, HALF] },
      { layer: 2, coefficient: expect.closeTo(8 / 3, 12), vector: [0, 0, HALF, HALF] },
    ]);
  });

  it("shares what a single vector would begin with", () => {
    const coefficients = hooks(strategy("each_layer", { kind: "own" }, search), [low, high]).map(
      (one) => one.coefficient,
    );
    expect(coefficients).toEqual([100 / 3, 200 / 3, 100]);
  });
});

it("every combiner is offered by the schema", () => {
  const schema = JSON.parse(readFileSync(new URL("../../schema/experiment.schema.json", import.meta.url), "utf8"));
  const { vectors } = schema.properties.combinations.properties.strategies.items.properties;
  expect(vectors.enum).toEqual(Object.keys(COMBINERS));
});
