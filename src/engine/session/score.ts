import { batchesByLength } from "./batches.ts";
import type { Decoder } from "./decoder.ts";
import { emptyPrompt, notFinite, promptTooLong } from "./failures.ts";
import { KvCache } from "./kv-cache.ts";
import type { Report } from "./protocol.ts";

type Prompts = readonly (readonly number[])[];

function checkPrompts(prompts: Prompts, maxPositions: number): void {
  for (const [index, { length }] of prompts.entries()) {
    if (length === 0) throw emptyPrompt(index);
    if (length > maxPositions) throw promptTooLong(index, `${length} tokens`, maxPositions);
  }
}

export async function scoreInBatches(
  decoder: Decoder,
  prompts: Prompts,
  tokenIds: readonly number[],
  maxBatchTokens: number,
  report: Report,
): Promise<Float32Array[]> {
  checkPrompts(prompts, decoder.shape.maxPositions);
  const results = Array.from<Float32Array>({ length: prompts.length });
  const lengths = prompts.map(({ length }) => length);
  let [rowsDone, tokens] = [0, 0];
  for (const batch of batchesByLength(lengths, maxBatchTokens)) {
    const rows = batch.map((index) => prompts[index]!);
    const result = await decoder.forward({
      rows,
      past: rows.map(() => 0),
      predict: "all",
      scoreTokens: tokenIds,
    });
    for (const [place, index] of batch.entries()) {
      if (!Number.isFinite(result.logitSums[place])) throw notFinite(`The prediction after prompt ${index}`);
      results[index] = result.scores.slice(place * tokenIds.length, (place + 1) * tokenIds.length);
      tokens += lengths[index]!;
    }
    rowsDone += batch.length;
    report({ rowsDone, rows: prompts.length, tokens });
  }
  return results;
}

/**
 * Prompts in sorted order share as much of their beginning with the one before as with any other, so one row of cache,
 * cut back to what is shared, computes every distinct beginning once: a walk through the prefix tree.
 */
export async function scoreAlongPrefixes(
  decoder: Decoder,
  prompts: Prompts,
  tokenIds: readonly number[],
  maxBatchTokens: number,
  report: Report,
): Promise<Float32Array[]> {
  checkPrompts(prompts, decoder.shape.maxPositions);
  const results = Array.from<Float32Array>({ length: prompts.length });
  const order = Array.from(prompts.keys()).toSorted((a, b) => compareIds(prompts[a]!, prompts[b]!));
  const capacity = Math.max(0, ...prompts.map(({ length }) => length)) + 1;
  const memory = new KvCache(decoder.shape, 1, capacity);
  let cached: readonly number[] = [];
  let [rowsDone, tokens] = [0, 0];
  for (const index of order) {
    const ids = prompts[index]!;
    // A pass of a single token uses another kernel, which rounds differently: keep two.
    let past = Math.max(0, Math.min(sharedLength(cached, ids), ids.length - 2));
    for (; ids.length - past > maxBatchTokens; past += maxBatchTokens) {
      await decoder.forward({
        rows: [ids.slice(past, past + maxBatchTokens)],
        past: [past],
        cache: { memory, first: 0 },
      });
    }
    const result = await decoder.forward({
      rows: [ids.slice(past)],
      past: [past],
      cache: { memory, first: 0 },
      predict: "all",
      scoreTokens: tokenIds,
    });
    if (!Number.isFinite(result.logitSums[0])) throw notFinite(`The prediction after prompt ${index}`);
    results[index] = result.scores;
    cached = ids;
    tokens += ids.length;
    report({ rowsDone: ++rowsDone, rows: prompts.length, tokens });
  }
  return results;
}

function compareIds(a: readonly number[], b: readonly number[]): number {
  const shared = sharedLength(a, b);
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
