import type { Captured, CaptureRow, RowSteering } from "../../domain/engine.ts";
import type { Decoder } from "./decoder.ts";
import { emptyPrompt, notFinite, promptTooLong } from "./failures.ts";
import type { Report } from "./protocol.ts";

/** Steering during a capture: not part of the contract, but what tests of the place of steering need. */
export interface CaptureSteering {
  readonly vectors: readonly Float32Array[];
  readonly rows: readonly (readonly RowSteering[])[];
}

/** Mean residual streams and norms per pool and layer; results in the rows' order. Throws EngineFailure. */
export async function capture(
  decoder: Decoder,
  rows: readonly CaptureRow[],
  maxBatchTokens: number,
  report: Report,
  steering?: CaptureSteering,
): Promise<Captured[]> {
  checkRows(rows, decoder.shape.maxPositions);
  const captured = Array.from<Captured>({ length: rows.length });
  let [rowsDone, tokens] = [0, 0];
  const lengths = rows.map(({ ids }) => ids.length);
  for (const batch of decoder.batches(lengths, maxBatchTokens)) {
    const chosen = batch.map((index) => rows[index]!);
    const { poolSums, poolNorms } = await decoder.forward({
      rows: chosen.map(({ ids }) => ids),
      pools: chosen.map(({ pools }) => pools),
      vectors: steering?.vectors ?? [],
      steering: batch.map((index) => steering?.rows[index] ?? []),
    });
    const poolCount = Math.max(...chosen.map(({ pools }) => pools.length));
    for (const [place, index] of batch.entries()) {
      const row = unpack(decoder, { poolSums, poolNorms, place, rows: batch.length, poolCount }, rows[index]!);
      if (!row.norms.every(Number.isFinite)) throw notFinite(`The residual stream of row ${index}`);
      captured[index] = row;
      tokens += lengths[index]!;
    }
    rowsDone += batch.length;
    report({ rowsDone, rows: rows.length, tokens });
  }
  return captured;
}

interface PooledBatch {
  /** [layers, rows, pools, hidden] */
  readonly poolSums: Float32Array;
  /** [layers, rows, pools] */
  readonly poolNorms: Float32Array;
  readonly place: number;
  readonly rows: number;
  readonly poolCount: number;
}

function unpack(decoder: Decoder, batch: PooledBatch, { pools }: CaptureRow): Captured {
  const { layers, hiddenSize } = decoder.shape;
  const means = new Float32Array(pools.length * layers * hiddenSize);
  const norms = new Float32Array(pools.length * layers);
  for (let layer = 0; layer < layers; layer++) {
    for (let pool = 0; pool < pools.length; pool++) {
      const from = (layer * batch.rows + batch.place) * batch.poolCount + pool;
      const to = pool * layers + layer;
      const { length } = pools[pool]!;
      for (let index = 0; index < hiddenSize; index++) {
        means[to * hiddenSize + index] = batch.poolSums[from * hiddenSize + index]! / length;
      }
      norms[to] = batch.poolNorms[from]! / length;
    }
  }
  return { means, norms };
}

function checkRows(rows: readonly CaptureRow[], maxPositions: number): void {
  for (const [index, { ids, pools }] of rows.entries()) {
    if (ids.length === 0) throw emptyPrompt(index);
    if (ids.length > maxPositions) throw promptTooLong(index, `${ids.length} tokens`, maxPositions);
    for (const pool of pools) {
      if (pool.length === 0) throw new Error(`Internal error: row ${index} has an empty pool`);
      const outside = pool.find((token) => !(Number.isInteger(token) && token >= 0 && token < ids.length));
      if (outside !== undefined)
        throw new Error(`Internal error: row ${index} of ${ids.length} has no token ${outside}`);
    }
  }
}
