import type { Generated, GenerateRow } from "../../domain/engine.ts";
import { seededRandom } from "../../util/random.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { longestFirst } from "./batches.ts";
import type { Decoder, Prediction } from "./decoder.ts";
import { emptyPrompt, notFinite, promptTooLong } from "./failures.ts";
import { KvCache } from "./kv-cache.ts";
import type { Report } from "./protocol.ts";
import { checkSampling, sampleToken } from "./sampler.ts";

/** A row that is being written. Its place among the active rows is its row in the cache. */
interface ActiveRow {
  readonly index: number;
  readonly row: GenerateRow;
  readonly ids: number[];
  readonly random: () => number;
  /** Tokens in the cache. */
  past: number;
  finish?: Generated["finish"];
}

/**
 * Writes every row to its end. Rows enter the batch when there is room, leave it at their end, and the last row of the
 * cache moves into the gap, so the batch is always the cache's first rows.
 */
export async function generate(
  decoder: Decoder,
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
      predict: "all",
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
      const first = active.length;
      const entering = waiting.splice(0, room).map((index) => start(index, rows[index]!));
      active.push(...entering);
      await run(
        first,
        entering.map(({ row }) => row.promptIds),
      );
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

function start(index: number, row: GenerateRow): ActiveRow {
  const seed = "seed" in row.sampling ? row.sampling.seed : "";
  return { index, row, ids: [], random: seededRandom(seed), past: 0 };
}

function sampledRows(active: readonly ActiveRow[]): number[] {
  return active.flatMap(({ row }, place) => ("seed" in row.sampling ? [place] : []));
}

function takeTokens(decoder: Decoder, active: readonly ActiveRow[], prediction: Prediction): void {
  const { vocabSize } = decoder.shape;
  let sampled = 0;
  for (const [place, one] of active.entries()) {
    if (!Number.isFinite(prediction.logitSums[place])) {
      throw notFinite(`The prediction of token ${one.ids.length} of row ${one.index}`);
    }
    const { sampling, maxNewTokens } = one.row;
    let token = prediction.likeliest[place]!;
    if ("seed" in sampling) {
      const logits = prediction.logits.subarray(sampled * vocabSize, ++sampled * vocabSize);
      token = sampleToken(logits, sampling, one.random());
    }
    if (decoder.stopIds.has(token)) {
      one.finish = "eos";
    } else {
      one.ids.push(token);
      if (one.ids.length === maxNewTokens) one.finish = "length";
    }
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

function checkRows(rows: readonly GenerateRow[], vectors: readonly Float32Array[], shape: DecoderShape): void {
  for (const [index, { promptIds, maxNewTokens, sampling, steering }] of rows.entries()) {
    if (promptIds.length === 0) throw emptyPrompt(index);
    if (promptIds.length + maxNewTokens > shape.maxPositions) {
      const needed = `${promptIds.length} prompt tokens + ${maxNewTokens} new tokens = ${promptIds.length + maxNewTokens}`;
      throw promptTooLong(index, needed, shape.maxPositions);
    }
    checkSampling(sampling);
    const layers = new Set(steering.map(({ layer }) => layer));
    if (layers.size !== steering.length) throw new Error(`Internal error: row ${index} steers a layer twice`);
    for (const { layer, vector } of steering) {
      const known = Number.isInteger(layer) && layer >= 0 && layer < shape.layers;
      if (!known) throw new Error(`Internal error: row ${index} steers layer ${layer} of ${shape.layers}`);
      if (vectors[vector]?.length !== shape.hiddenSize) {
        throw new Error(
          `Internal error: row ${index} steers with vector ${vector}, which is not [${shape.hiddenSize}]`,
        );
      }
    }
  }
}
