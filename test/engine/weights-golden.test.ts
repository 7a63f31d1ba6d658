import { expect, test } from "vitest";
import { WeightAligner } from "../../src/engine/weights-analysis/aligner.ts";
import { logitLensTokens } from "../../src/engine/weights-analysis/lens-tokens.ts";
import { weightNorms } from "../../src/engine/weights-analysis/norms.ts";
import { openWeightPair } from "../../src/engine/weights-analysis/pair.ts";
import { residualChanges } from "../../src/engine/weights-analysis/residual-changes.ts";
import { relativeError } from "./models.ts";
import {
  directionsOf,
  FROM_DIR,
  readWeightsGolden,
  TO_DIR,
  TOP,
  unitDirection,
  VECTOR_SETS,
} from "./weights-golden.ts";

const golden = readWeightsGolden();
const pair = openWeightPair(FROM_DIR, TO_DIR);
const { hiddenSize, layers } = pair;

test("norms of every tensor are those of numpy in fp64", async () => {
  const norms = await weightNorms(pair);
  expect(norms.map(({ name }) => name).toSorted()).toEqual(Object.keys(golden.norms).toSorted());
  const off = norms.filter(({ name, change, relative, cosine }) => {
    const expected = golden.norms[name]!;
    const errors = [
      relativeError([change], [expected.change]),
      relativeError([relative ?? NaN], [expected.relative]),
      Math.abs((cosine ?? NaN) - expected.cosine),
    ];
    return !errors.every((error) => error < 1e-12);
  });
  expect(off).toEqual([]);
});

test("alignment of every layer is that of numpy's full decomposition", async () => {
  const aligner = new WeightAligner(pair);
  for (let layer = 0; layer < layers; layer++) {
    const expected = golden.layers[layer]!;
    const found = await aligner.layer(layer, directionsOf(layer, hiddenSize));
    expect(relativeError([found.residualNorm], [expected.residual_norm])).toBeLessThan(1e-12);
    expect(relativeError(found.cosines ?? [], expected.cosines)).toBeLessThan(1e-6);
    for (const writer of ["o_proj", "down_proj"] as const) {
      const [one, other] = [found.writers[writer], expected[writer]];
      expect(relativeError([one?.norm ?? NaN], [other.norm])).toBeLessThan(1e-12);
      expect(relativeError(one?.responses ?? [], other.responses)).toBeLessThan(1e-6);
      expect(relativeError(one?.singularValues ?? [], other.singular_values)).toBeLessThan(1e-6);
      expect(Math.max(...(one?.singularResiduals ?? [NaN]))).toBeLessThan(1e-5);
      const cosines = one?.singularCosines.flatMap((each) => [...each.subarray(0, VECTOR_SETS)]) ?? [];
      expect(relativeError(cosines, other.singular_cosines.flat())).toBeLessThan(1e-4);
    }
  }
  await aligner.close();
});

test("tokens of every layer's change and of vectors are numpy's", async () => {
  const residuals = await residualChanges(pair);
  const vectors = residuals.map((_, layer) => Float64Array.from(unitDirection(layer, hiddenSize)));
  const found = await logitLensTokens(pair, [...residuals, ...vectors], TOP);
  for (const [layer, { lens }] of golden.layers.entries()) {
    for (const [index, expected] of lens.entries()) {
      const tokens = found[layer + index * layers];
      for (const side of ["toward", "away"] as const) {
        expect(tokens?.[side].map(({ id }) => id)).toEqual(expected[side].ids);
        expect(relativeError(tokens?.[side].map(({ value }) => value) ?? [], expected[side].values)).toBeLessThan(1e-5);
      }
    }
  }
});
