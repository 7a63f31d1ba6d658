import type { Generated, GenerateRow } from "../../domain/engine.ts";
import { seededRandom } from "../../util/random.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { emptyPrompt, promptTooLong } from "./failures.ts";
import { checkSampling } from "./sampler.ts";

/** A row that is being written. */
export interface ActiveRow {
  readonly index: number;
  readonly row: GenerateRow;
  readonly ids: number[];
  readonly random: () => number;
  /** Tokens in the cache. */
  past: number;
  finish?: Generated["finish"];
}

export function startRow(index: number, row: GenerateRow): ActiveRow {
  const seed = "seed" in row.sampling ? row.sampling.seed : "";
  return { index, row, ids: [], random: seededRandom(seed), past: 0 };
}

export function acceptToken(one: ActiveRow, token: number, stopIds: ReadonlySet<number>): void {
  if (stopIds.has(token)) {
    one.finish = "eos";
    return;
  }
  one.ids.push(token);
  if (one.ids.length === one.row.maxNewTokens) one.finish = "length";
}

/** Throws EngineFailure; what the runtime should not have asked is an internal error. */
export function checkRows(rows: readonly GenerateRow[], vectors: readonly Float32Array[], shape: DecoderShape): void {
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
