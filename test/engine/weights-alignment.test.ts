import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Alignment, SINGULAR_DIRECTIONS, type LayerAlignment } from "../../src/engine/weights-analysis/alignment.ts";
import { ChangeReader } from "../../src/engine/weights-analysis/change.ts";
import { openWeightPair, writerOf, type WeightPair } from "../../src/engine/weights-analysis/pair.ts";
import { Products } from "../../src/engine/weights-analysis/products.ts";
import { TensorFiles } from "../../src/engine/weights-analysis/tensor-file.ts";
import { NullDistribution } from "../../src/math/null-distribution.ts";
import { randomDirection } from "../../src/methods/random.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { changed, randomTensors, SIZE, writeCheckpoint } from "./weights-rig.ts";

/** Changes that are known: what was planted must be found. */

const { hidden, heads, headDim, intermediate } = SIZE;
const before = randomTensors("before");
let products: Products;

beforeAll(async () => {
  products = await Products.open();
});

function align(pair: WeightPair, layer: number, directions: readonly Float32Array[]): Promise<LayerAlignment> {
  const writers = { o_proj: writerOf(pair, layer, "o_proj"), down_proj: writerOf(pair, layer, "down_proj") };
  const packed = Float32Array.from(directions.flatMap((direction) => [...direction]));
  return new Alignment(new ChangeReader(new TensorFiles()), products).layer({ writers, directions: packed });
}

function pairOf(changes: Parameters<typeof changed>[1]): WeightPair {
  const folder = tempFolder();
  const from = writeCheckpoint(join(folder, "from"), before);
  return openWeightPair(from, writeCheckpoint(join(folder, "to"), changed(before, changes)));
}

/** Adds Σ scale · u ⊗ w to a matrix of `hidden` rows. */
function add(columns: number, terms: readonly { scale: number; u: ArrayLike<number>; w: ArrayLike<number> }[]) {
  return (data: Float32Array): void => {
    for (const [at] of data.entries()) {
      const [row, column] = [Math.floor(at / columns), at % columns];
      for (const { scale, u, w } of terms) data[at]! += scale * u[row]! * w[column]!;
    }
  };
}

const O = "model.layers.1.self_attn.o_proj.weight";
const DOWN = "model.layers.1.mlp.down_proj.weight";
const random = Array.from({ length: 400 }, (_, index) => randomDirection(`0/${index}`, hidden));

test("a change of rank one lies along its direction, and along no random one", async () => {
  const planted = randomDirection("planted", hidden);
  const w = randomDirection("inputs", heads * headDim);
  const pair = pairOf({ [O]: add(heads * headDim, [{ scale: 4, u: planted, w }]) });
  const { cosines, residualNorm, writers } = await align(pair, 1, [planted, ...random]);
  const { o_proj: o, down_proj: down } = writers;
  expect(down).toBeNull();
  expect(o?.norm).toBeCloseTo(4, 5);
  expect(o?.responses[0]).toBeCloseTo(1, 5);
  expect(o?.singularValues).toHaveLength(1);
  expect(o?.singularValues[0]).toBeCloseTo(4, 5);
  expect(o?.singularResiduals[0]).toBeLessThan(1e-5);
  expect(o?.singularCosines[0]?.[0]).toBeCloseTo(1, 5);
  // Of one output a head: the mean of the inputs' weights.
  const mean = w.reduce((sum, value) => sum + value, 0) / w.length;
  expect(residualNorm).toBeCloseTo(4 * Math.abs(mean), 5);
  expect(cosines?.[0]).toBeCloseTo(Math.sign(mean), 4);
  // Random: |cosine| with the one direction, whose mean square is 1 / hidden.
  const squares = o!.responses.subarray(1).reduce((sum, response) => sum + response ** 2, 0) / random.length;
  expect(Math.sqrt(squares * hidden)).toBeGreaterThan(0.85);
  expect(Math.sqrt(squares * hidden)).toBeLessThan(1.15);
  expect(Math.max(...o!.responses.subarray(1))).toBeLessThan(0.6);
});

test("several planted directions are found, the strongest first, through noise", async () => {
  const planted = Array.from({ length: 3 }, (_, index) => {
    // Along coordinate axes, so that they are orthogonal.
    const u = new Float32Array(hidden);
    u[10 * index + 3] = 1;
    const w = new Float32Array(intermediate);
    w[20 * index + 5] = 1;
    return { scale: 9 - 2 * index, u, w };
  });
  const noise = Array.from({ length: 40 }, (_, index) => ({
    scale: 0.1,
    u: randomDirection(`u${index}`, hidden),
    w: randomDirection(`w${index}`, intermediate),
  }));
  const pair = pairOf({ [DOWN]: add(intermediate, [...planted, ...noise]) });
  const { writers } = await align(
    pair,
    1,
    planted.map(({ u }) => u),
  );
  const { down_proj: down } = writers;
  expect(down?.singularValues).toHaveLength(SINGULAR_DIRECTIONS);
  for (const [index, { scale }] of planted.entries()) {
    expect(Math.abs(down!.singularValues[index]! - scale)).toBeLessThan(0.1);
    expect(down!.singularCosines[index]![index]).toBeGreaterThan(0.99);
    expect(down!.responses[index]).toBeCloseTo(scale / down!.norm, 1);
  }
  expect(down!.singularValues[3]).toBeLessThan(1);
});

test("a layer that did not change has no alignment, whatever the others did", async () => {
  const planted = randomDirection("planted", hidden);
  const pair = pairOf({
    [O]: add(heads * headDim, [{ scale: 4, u: planted, w: randomDirection("inputs", heads * headDim) }]),
  });
  for (const layer of [0, 2]) {
    expect(await align(pair, layer, [planted])).toEqual({
      residualNorm: 0,
      cosines: null,
      writers: { o_proj: null, down_proj: null },
    });
  }
});

test("the same files give the same numbers, bit for bit", async () => {
  const full = (data: Float32Array): void => data.set(randomTensors("other").get(O)!.data);
  const pair = pairOf({ [O]: full });
  const [one, other] = [await align(pair, 1, random), await align(pair, 1, random)];
  expect(other).toEqual(one);
});

test("among random directions, a random one is anywhere", async () => {
  const full = (data: Float32Array): void => data.set(randomTensors("other").get(O)!.data);
  const pair = pairOf({ [O]: full });
  const tried = Array.from({ length: 300 }, (_, index) => randomDirection(`tried/${index}`, hidden));
  const { cosines, writers } = await align(pair, 1, [...tried, ...random]);
  for (const values of [cosines!, writers.o_proj!.responses, ...writers.o_proj!.singularCosines]) {
    const distribution = new NullDistribution(values.subarray(tried.length));
    const percentiles = values
      .subarray(0, tried.length)
      .map((value) => distribution.percentile(value))
      .toSorted();
    // Kolmogorov–Smirnov distance of two samples; above 1.95 √(1/300 + 1/400) once in a thousand times.
    const distance = Math.max(...percentiles.map((p, index) => Math.abs(p / 100 - (index + 0.5) / tried.length)));
    expect(distance).toBeLessThan(1.95 * Math.sqrt(1 / 300 + 1 / 400));
  }
});
