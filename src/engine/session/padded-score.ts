import { notFinite } from "./failures.ts";
import { KvCache } from "./kv-cache.ts";
import { isLoneToken, type PaddedDecoder } from "./padded-decoder.ts";
import { checkPrompts, sharedLength, sortedOrder, type Prompts } from "./prompts.ts";
import type { Report } from "./protocol.ts";

/** The share of tokens above which walking along prefixes, one prompt a pass, is slower than full batches (measured). */
const WORTH_A_WALK = 0.8;

/**
 * Probability of each of `tokenIds` as the next token after each prompt. Prompts that begin alike (a judge's do) are
 * computed along their common prefixes, others in batches; the results are the same to the bit.
 */
export async function scorePadded(
  decoder: PaddedDecoder,
  prompts: Prompts,
  tokenIds: readonly number[],
  maxBatchTokens: number,
  report: Report,
): Promise<Float32Array[]> {
  checkPrompts(prompts, tokenIds, decoder.shape);
  const order = sortedOrder(prompts);
  let [distinct, total] = [0, 0];
  for (const [place, index] of order.entries()) {
    const { length } = prompts[index]!;
    distinct += length - (place === 0 ? 0 : sharedLength(prompts[order[place - 1]!]!, prompts[index]!));
    total += length;
  }
  return distinct < WORTH_A_WALK * total
    ? scoreAlongPrefixes(decoder, prompts, order, tokenIds, maxBatchTokens, report)
    : scoreInBatches(decoder, prompts, tokenIds, maxBatchTokens, report);
}

async function scoreInBatches(
  decoder: PaddedDecoder,
  prompts: Prompts,
  tokenIds: readonly number[],
  maxBatchTokens: number,
  report: Report,
): Promise<Float32Array[]> {
  const results = Array.from<Float32Array>({ length: prompts.length });
  const lengths = prompts.map(({ length }) => length);
  let [rowsDone, tokens] = [0, 0];
  for (const batch of decoder.batches(lengths, maxBatchTokens)) {
    const rows = batch.map((index) => prompts[index]!);
    const result = await decoder.forward({
      rows,
      predict: rows.map((_, place) => place),
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
async function scoreAlongPrefixes(
  decoder: PaddedDecoder,
  prompts: Prompts,
  order: readonly number[],
  tokenIds: readonly number[],
  maxBatchTokens: number,
  report: Report,
): Promise<Float32Array[]> {
  const results = Array.from<Float32Array>({ length: prompts.length });
  const capacity = Math.max(0, ...prompts.map(({ length }) => length));
  const memory = new KvCache(decoder.shape, 1, capacity);
  const chunk = Math.max(16, maxBatchTokens - (maxBatchTokens % 16));
  let cached: readonly number[] = [];
  let [rowsDone, tokens] = [0, 0];
  for (const index of order) {
    const ids = prompts[index]!;
    let past = Math.min(sharedLength(cached, ids), ids.length - 1);
    if (past > 0 && isLoneToken(ids.length - past)) past -= 1;
    while (ids.length - past > chunk) {
      const count = isLoneToken(ids.length - past) ? chunk - 2 : chunk;
      await decoder.forward({ rows: [ids.slice(past, past + count)], past: [past], cache: { memory, first: 0 } });
      past += count;
    }
    const result = await decoder.forward({
      rows: [ids.slice(past)],
      past: [past],
      cache: { memory, first: 0 },
      predict: [0],
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
