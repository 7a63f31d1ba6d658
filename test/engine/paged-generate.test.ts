import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GenerateRow } from "../../src/domain/engine.ts";
import { BlockPool } from "../../src/engine/session/block-pool.ts";
import type { PagedDecoder, PagedPass, Steps } from "../../src/engine/session/paged-decoder.ts";
import { generatePaged } from "../../src/engine/session/paged-generate.ts";
import { scorePaged } from "../../src/engine/session/paged-score.ts";

/**
 * The order of passes, their blocks and their bounds, without a GPU: a decoder that keeps tokens where a real one keeps
 * keys and values. Its next token depends on every token that it finds in the row's blocks, so a block that is shared,
 * freed or filled wrongly changes a text. What the kernels compute is for the tests of a device.
 */

const VOCABULARY = 97;
const STOP = 0;
const silent = (): void => {};

const nextToken = (tokens: readonly number[]): number =>
  tokens.reduce((hash, token) => (hash * 31 + token + 7) % 1_000_003, 1) % VOCABULARY;

interface TokenDecoder {
  readonly decoder: PagedDecoder;
  /** Tokens of each pass. */
  readonly passes: number[];
  /** Steps of each run that has some. */
  readonly runs: number[];
}

function tokenDecoder(blocks: number, blockTokens: number, steps = false): TokenDecoder {
  const pool = new BlockPool(blocks, blockTokens);
  const memory = new Int32Array(blocks * blockTokens).fill(-1);
  const passes: number[] = [];
  const runs: number[] = [];
  const forward = async (
    pass: PagedPass,
  ): Promise<{ likeliest: number[]; scores: Float32Array; logitSums: Float32Array }> => {
    const place = (row: number, at: number): number =>
      pass.blocks![row]![Math.floor(at / blockTokens)]! * blockTokens + (at % blockTokens);
    passes.push(pass.rows.reduce((sum, { length }) => sum + length, 0));
    // As the kernels do: all new tokens are stored before any is read.
    for (const [row, tokens] of pass.rows.entries()) {
      for (const [at, token] of tokens.entries()) memory[place(row, pass.past![row]! + at)] = token;
    }
    const seen = pass.rows.map(({ length }, row) =>
      Array.from({ length: pass.past![row]! + length }, (_, at) => memory[place(row, at)]!),
    );
    const likeliest = pass.predict!.map((row) => nextToken(seen[row]!));
    const scores = Float32Array.from(likeliest.flatMap((token) => pass.scoreTokens?.map((id) => token + id) ?? []));
    return { likeliest, scores, logitSums: new Float32Array(likeliest.length) };
  };
  const decode = async ({ count, ids, past, blocks: held }: Steps): Promise<object> => {
    runs.push(count);
    const tokens: number[] = [];
    let next = ids;
    for (let step = 0; step < count; step++) {
      const now = past.map((before) => before + step);
      const rows = next.map((id) => [id]);
      next = (await forward({ rows, past: now, blocks: held, predict: [...ids.keys()] })).likeliest;
      tokens.push(...next);
    }
    return { tokens: Int32Array.from(tokens), logitSums: new Float32Array(tokens.length) };
  };
  const shape = { vocabSize: VOCABULARY, maxPositions: 1000, layers: 2, hiddenSize: 4 };
  const decoder = { shape, pool, stopIds: new Set([STOP]), forward, decode, steps } as unknown as PagedDecoder;
  return { decoder, passes, runs };
}

function writtenAlone({ promptIds, maxNewTokens }: GenerateRow): number[] {
  const ids = [...promptIds];
  while (ids.length < promptIds.length + maxNewTokens) {
    const token = nextToken(ids);
    if (token === STOP) break;
    ids.push(token);
  }
  return ids.slice(promptIds.length);
}

const row = fc.record({
  promptIds: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 40 }),
  maxNewTokens: fc.nat(20),
});

function toRow({ promptIds, maxNewTokens }: { promptIds: number[]; maxNewTokens: number }): GenerateRow {
  return { promptIds, maxNewTokens, sampling: { temperature: 0 }, steering: [] };
}

describe("continuous batching", () => {
  it.each([false, true])(
    "writes every row as if it were alone, in passes within the bound (in steps: %s)",
    async (steps) => {
      const sizes = fc.record({ blocks: fc.integer({ min: 8, max: 40 }), maxTokens: fc.integer({ min: 1, max: 70 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(row, { maxLength: 25 }), sizes, async (drawn, { blocks, maxTokens }) => {
          const rows = drawn.map(toRow);
          const { decoder, passes } = tokenDecoder(blocks, 8, steps);
          const written = await generatePaged(decoder, rows, [], maxTokens, silent);
          expect(written.map(({ ids }) => ids)).toEqual(rows.map(writtenAlone));
          // Rows that are being written get their token even where there are more of them than the bound.
          expect(Math.max(0, ...passes)).toBeLessThanOrEqual(Math.max(maxTokens, rows.length + 1));
          expect(decoder.pool.freeBlocks).toBe(blocks);
        }),
      );
    },
  );

  it("gives rows several tokens a run, no more than any of them still wants", async () => {
    const rows = [9, 15].map((maxNewTokens, index) => toRow({ promptIds: [index + 2], maxNewTokens }));
    const { decoder, runs } = tokenDecoder(100, 8, true);
    const written = await generatePaged(decoder, rows, [], 1000, silent);
    expect(written.map(({ ids, finish }) => [ids.length, finish])).toEqual([
      [9, "length"],
      [15, "length"],
    ]);
    // The first token comes with the prompt.
    expect(runs).toEqual([8, 6]);
  });

  it("draws a row's numbers in the order of its tokens, however many steps a run has", async () => {
    const drawn = toRow({ promptIds: [3], maxNewTokens: 12 });
    const sampling = { temperature: 1, topP: 1, seed: "s" };
    const used = async (steps: boolean): Promise<number[]> => {
      const { decoder } = tokenDecoder(100, 8, steps);
      const uniforms: number[] = [];
      const one = decoder as unknown as {
        forward: (pass: PagedPass) => Promise<object>;
        decode: (asked: Steps) => Promise<object>;
      };
      const { forward, decode } = one;
      one.forward = async (pass) => {
        uniforms.push(...(pass.draws ?? []).map(({ uniform }) => uniform));
        return { ...(await forward(pass)), drawn: Int32Array.of(5) };
      };
      one.decode = (asked) => {
        uniforms.push(...asked.draws[0]!.uniforms);
        return decode(asked);
      };
      await generatePaged(decoder, [{ ...drawn, sampling }], [], 1000, silent);
      return uniforms;
    };
    const [single, several] = [await used(false), await used(true)];
    expect(single).toHaveLength(12);
    expect(several).toEqual(single);
  });

  it("computes the common beginning of rollouts once", async () => {
    const promptIds = Array.from({ length: 33 }, (_, index) => 1 + (index % 50));
    const rows = Array.from({ length: 10 }, () => toRow({ promptIds, maxNewTokens: 1 }));
    const { decoder, passes } = tokenDecoder(100, 8);
    await generatePaged(decoder, rows, [], 1000, silent);
    expect(passes).toEqual([33 + 9]);
  });

  it("does not share between rows that are steered differently", async () => {
    const promptIds = Array.from({ length: 33 }, () => 5);
    const rows = [1, 2].map((coefficient) => ({
      ...toRow({ promptIds, maxNewTokens: 1 }),
      steering: [{ layer: 0, vector: 0, coefficient }],
    }));
    const { decoder, passes } = tokenDecoder(100, 8);
    await generatePaged(decoder, rows, [new Float32Array(4)], 1000, silent);
    expect(passes).toEqual([66]);
  });

  it("says how much cache a row needs that does not fit", async () => {
    const { decoder } = tokenDecoder(4, 8);
    const rows = [toRow({ promptIds: Array.from({ length: 30 }, () => 5), maxNewTokens: 9 })];
    await expect(generatePaged(decoder, rows, [], 1000, silent)).rejects.toMatchObject({
      kind: "prompt-too-long",
      message: "Row 0 needs 39 tokens of cache, but the device has memory for 32.",
    });
  });
});

describe("scoring", () => {
  it("scores every prompt as if it were alone, each common beginning computed once", async () => {
    const prompts = fc.array(row, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(prompts, fc.integer({ min: 1, max: 90 }), async (drawn, maxTokens) => {
        const texts = drawn.map(({ promptIds }) => promptIds);
        const { decoder, passes } = tokenDecoder(30, 8);
        const scores = await scorePaged(decoder, texts, [1, 2], maxTokens, silent);
        expect(scores.map((one) => [...one])).toEqual(texts.map((text) => [1, 2].map((id) => nextToken(text) + id)));
        expect(Math.max(...passes)).toBeLessThanOrEqual(maxTokens);
      }),
    );
    const judged = [1, 2, 3].map((answer) => [...Array.from({ length: 64 }, () => 9), answer]);
    const { decoder, passes } = tokenDecoder(100, 8);
    await scorePaged(decoder, judged, [1], 1000, silent);
    expect(passes).toEqual([64 + 3]);
  });
});
