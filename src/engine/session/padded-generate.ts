import type { Generated, GenerateRow } from "../../domain/engine.ts";
import { longestFirst } from "./batches.ts";
import type { Prediction } from "./decoder.ts";
import { notFinite } from "./failures.ts";
import { KvCache } from "./kv-cache.ts";
import type { PaddedDecoder } from "./padded-decoder.ts";
import type { Report } from "./protocol.ts";
import { acceptToken, checkRows, startRow, type ActiveRow } from "./rows.ts";
import { sampleToken } from "./sampler.ts";

/**
 * Writes every row to its end. Rows enter the batch when there is room, leave it at their end, and the last row of the
 * cache moves into the gap, so the batch is always the cache's first rows. (An active row's place is its row in the cache.)
 */
export async function generatePadded(
  decoder: PaddedDecoder,
  rows: readonly GenerateRow[],
  vectors: readonly Float32Array[],
  maxBatchTokens: number,
  report: Report,
): Promise<Generated[]> {
  checkRows(rows, vectors, decoder.shape);
  const results = rows.map((): Generated => ({ ids: [], finish: "length" }));
  const waiting = longestFirst(rows.map(({ promptIds }) => promptIds.length)).filter(
    (index) => rows[index]!.maxNewTokens > 0,
  );
  const capacity = Math.max(0, ...rows.map(({ promptIds, maxNewTokens }) => promptIds.length + maxNewTokens));
  const slots = Math.max(1, Math.min(waiting.length, Math.floor(maxBatchTokens / capacity)));
  const memory = new KvCache(decoder.shape, slots, capacity);
  const active: ActiveRow[] = [];
  let tokens = 0;

  const run = async (first: number, inputs: readonly (readonly number[])[]): Promise<void> => {
    const chosen = active.slice(first);
    const prediction = await decoder.forward({
      rows: inputs,
      past: chosen.map(({ past }) => past),
      cache: { memory, first },
      vectors,
      steering: chosen.map(({ row }) => row.steering),
      predict: chosen.map((_, place) => place),
      logitRows: sampledRows(chosen),
    });
    for (const [place, one] of chosen.entries()) one.past += inputs[place]!.length;
    takeTokens(decoder, chosen, prediction);
    tokens += chosen.length;
  };

  while (waiting.length > 0 || active.length > 0) {
    const room = Math.min(waiting.length, slots - active.length);
    // A prefill of few rows wastes its fixed cost: wait until a quarter of the batch is free.
    if (room > 0 && (active.length === 0 || room === waiting.length || room * 4 >= slots)) {
      const entering = waiting.splice(0, room).map((index) => startRow(index, rows[index]!));
      const lengths = entering.map(({ row }) => row.promptIds.length);
      for (const batch of decoder.batches(lengths, maxBatchTokens)) {
        const first = active.length;
        active.push(...batch.map((place) => entering[place]!));
        await run(
          first,
          batch.map((place) => entering[place]!.row.promptIds),
        );
      }
    } else {
      await run(
        0,
        active.map(({ ids }) => [ids.at(-1)!]),
      );
    }
    removeFinished(active, memory, results);
    report({ rowsDone: rows.length - waiting.length - active.length, rows: rows.length, tokens });
  }
  return results;
}

function sampledRows(active: readonly ActiveRow[]): number[] {
  return active.flatMap(({ row }, place) => ("seed" in row.sampling ? [place] : []));
}

function takeTokens(decoder: PaddedDecoder, active: readonly ActiveRow[], prediction: Prediction): void {
  const { vocabSize } = decoder.shape;
  let sampled = 0;
  for (const [place, one] of active.entries()) {
    if (!Number.isFinite(prediction.logitSums[place])) {
      throw notFinite(`The prediction of token ${one.ids.length} of row ${one.index}`);
    }
    const { sampling } = one.row;
    let token = prediction.likeliest[place]!;
    if ("seed" in sampling) {
      const logits = prediction.logits.subarray(sampled * vocabSize, ++sampled * vocabSize);
      token = sampleToken(logits, sampling, one.random());
    }
    acceptToken(one, token, decoder.stopIds);
  }
}

function removeFinished(active: ActiveRow[], memory: KvCache, results: Generated[]): void {
  for (let place = active.length - 1; place >= 0; place--) {
    const { finish, index, ids } = active[place]!;
    if (finish === undefined) continue;
    results[index] = { ids, finish };
    const last = active.pop()!;
    if (place === active.length) continue;
    memory.move(active.length, place);
    active[place] = last;
  }
}
