import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Captured, GenerateRow, RowSteering } from "../../src/domain/engine.ts";
import { capture } from "../../src/engine/session/capture.ts";
import { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import { generatePadded as generate } from "../../src/engine/session/padded-generate.ts";
import { scorePadded as score } from "../../src/engine/session/padded-score.ts";
import { seededRandom } from "../../src/util/random.ts";
import { FAMILIES, weightsDir } from "./models.ts";

const silent = (): void => {};

describe.each(["tied-bf16", ...FAMILIES])("steering and batches of %s", (name) => {
  let decoder: PaddedDecoder;
  let vectors: Float32Array[];
  beforeAll(async () => {
    decoder = await PaddedDecoder.open(weightsDir(name));
    const random = seededRandom("vectors");
    vectors = Array.from({ length: 3 }, () =>
      Float32Array.from({ length: decoder.shape.hiddenSize }, () => 4 * random() - 2),
    );
  });
  afterAll(() => decoder.close());

  const ids = [5, 17, 44, 9, 200, 31];
  const everyToken = ids.map((_, index) => [index]);

  async function residuals(steering: readonly RowSteering[]): Promise<Captured> {
    const [row] = await capture(decoder, [{ ids, pools: everyToken }], 4096, silent, { vectors, rows: [steering] });
    return row!;
  }

  /** [token][hidden] of one layer. */
  function layerOf({ means }: Captured, layer: number): Float32Array[] {
    const { layers, hiddenSize } = decoder.shape;
    return ids.map((_, token) => {
      const at = (token * layers + layer) * hiddenSize;
      return means.slice(at, at + hiddenSize);
    });
  }

  it("adds coefficient · vector to the block's output at every token", async () => {
    const [plain, steered] = [await residuals([]), await residuals([{ layer: 1, vector: 2, coefficient: 0.5 }])];
    for (const [token, before] of layerOf(plain, 1).entries()) {
      const after = layerOf(steered, 1)[token]!;
      for (const [index, value] of before.entries()) {
        expect(after[index]! - value).toBeCloseTo(0.5 * vectors[2]![index]!, 4);
      }
    }
  });

  it("leaves the layers before bit-equal and changes those after", async () => {
    const [plain, steered] = [await residuals([]), await residuals([{ layer: 1, vector: 0, coefficient: 3 }])];
    expect(layerOf(steered, 0)).toEqual(layerOf(plain, 0));
    expect(layerOf(steered, 2)).not.toEqual(layerOf(plain, 2));
  });

  it("with coefficient 0 is the unsteered model to the bit", async () => {
    const steering = [0, 1, 2].map((layer) => ({ layer, vector: layer, coefficient: 0 }));
    expect(await residuals(steering)).toEqual(await residuals([]));
  });

  it("steers several layers of a row at once", async () => {
    const both = await residuals([
      { layer: 0, vector: 0, coefficient: 1 },
      { layer: 2, vector: 1, coefficient: -1 },
    ]);
    const first = await residuals([{ layer: 0, vector: 0, coefficient: 1 }]);
    expect(layerOf(both, 1)).toEqual(layerOf(first, 1));
    expect(layerOf(both, 2)).not.toEqual(layerOf(first, 2));
  });

  const row = fc.record({
    promptIds: fc.array(fc.integer({ min: 0, max: 319 }), { minLength: 1, maxLength: 40 }),
    maxNewTokens: fc.integer({ min: 0, max: 12 }),
    sampling: fc.oneof(
      fc.constant({ temperature: 0 as const }),
      fc.record({
        temperature: fc.double({ min: 0.1, max: 2, noNaN: true }),
        topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
        seed: fc.string(),
      }),
    ),
    steering: fc.uniqueArray(
      fc.record({
        layer: fc.integer({ min: 0, max: 2 }),
        vector: fc.integer({ min: 0, max: 2 }),
        coefficient: fc.double({ min: -2, max: 2, noNaN: true }),
      }),
      { selector: ({ layer }) => layer, maxLength: 3 },
    ),
  });

  it("writes the same text for a row alone and among 63 others, whatever the batch size", async () => {
    const rows = fc.array(row, { minLength: 64, maxLength: 64 });
    const property = fc.asyncProperty(
      rows,
      fc.nat({ max: 63 }),
      fc.integer({ min: 1, max: 3000 }),
      async (all: readonly GenerateRow[], index, maxBatchTokens) => {
        const together = await generate(decoder, all, vectors, 4096, silent);
        const chunked = await generate(decoder, all, vectors, maxBatchTokens, silent);
        const [alone] = await generate(decoder, [all[index]!], vectors, 4096, silent);
        expect(chunked).toEqual(together);
        expect(alone).toEqual(together[index]);
      },
    );
    await fc.assert(property, { numRuns: 8, seed: 1 });
  });

  it("captures the same, to the bit, whatever the batch size", async () => {
    const rows = Array.from({ length: 40 }, (_, index) => {
      const long = Array.from({ length: 1 + ((index * 7) % 40) }, (__, at) => (index * 31 + at * 17) % 320);
      return { ids: long, pools: [[0], long.map((___, at) => at), [long.length - 1]].slice(0, 1 + (index % 3)) };
    });
    const together = await capture(decoder, rows, 4096, silent);
    expect(await capture(decoder, rows, 50, silent)).toEqual(together);
    for (const [index, alone] of rows.entries()) {
      expect(await capture(decoder, [alone], 4096, silent)).toEqual([together[index]]);
    }
  });

  it("scores the same, to the bit, along prefixes and alone, whatever the batch size", async () => {
    const start = Array.from({ length: 50 }, (_, at) => (at * 13) % 320);
    const prompts = Array.from({ length: 40 }, (_, index) => [
      ...start.slice(0, 12 + index),
      ...Array.from({ length: 1 + (index % 5) }, (__, at) => (index * 11 + at) % 320),
    ]);
    const tokenIds = [3, 9, 319];
    const together = await score(decoder, prompts, tokenIds, 4096, silent);
    expect(await score(decoder, prompts, tokenIds, 7, silent)).toEqual(together);
    for (const [index, prompt] of prompts.entries()) {
      expect(await score(decoder, [prompt], tokenIds, 4096, silent)).toEqual([together[index]]);
    }
  });
});
