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
  const { layers, hiddenSize } = decoder.shape;
  const captured = Array.from<Captured>({ length: rows.length });
  let [rowsDone, tokens] = [0, 0];
  const lengths = rows.map(({ ids }) => ids.length);
  for (const batch of decoder.batches(lengths, maxBatchTokens)) {
    const chosen = batch.map((index) => rows[index]!);
    const { poolMeans, poolNorms } = await decoder.forward({
      rows: chosen.map(({ ids }) => ids),
      pools: chosen.map(({ pools }) => pools),
      vectors: steering?.vectors ?? [],
      steering: batch.map((index) => steering?.rows[index] ?? []),
    });
    const poolCount = Math.max(...chosen.map(({ pools }) => pools.length));
    for (const [place, index] of batch.entries()) {
      const { length } = rows[index]!.pools;
      const [from, to] = [place * poolCount * layers, (place * poolCount + length) * layers];
      // Views, not copies: the pass's memory is theirs.
      const means = poolMeans.subarray(from * hiddenSize, to * hiddenSize);
      const norms = poolNorms.subarray(from, to);
      if (!norms.every(Number.isFinite)) throw notFinite(`The residual stream of row ${index}`);
      captured[index] = { means, norms };
      tokens += lengths[index]!;
    }
    rowsDone += batch.length;
    report({ rowsDone, rows: rows.length, tokens });
  }
  return captured;
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
