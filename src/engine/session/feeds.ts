import type { RowSteering } from "../../domain/engine.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { DENSE } from "../graph/dense-capture.ts";
import { IO } from "../graph/io.ts";
import type { Tensor } from "../onnx/runtime.ts";
import type { Pass } from "./decoder.ts";

/** What a pass feeds to the inputs that every core's graph has. */

export function integers(values: readonly number[]): Tensor {
  return { data: Int32Array.from(values), shape: [values.length] };
}

/**
 * `lastTokens`: for each row, which of the pass's tokens is its last. `least`: rows that a softmax needs to have; WebGPU's
 * refuses to have none.
 */
export function predictionFeeds(pass: Pass, lastTokens: readonly number[], least: 0 | 1 = 0): Record<string, Tensor> {
  // Never none: ONNX Runtime's TopK divides by the number of rows, and 0 of them ends the process (SIGFPE).
  const asked = pass.predict?.length ? pass.predict.map((row) => lastTokens[row]!) : [0];
  return {
    [IO.logitTokens]: integers(asked),
    [IO.logitRows]: integers(pass.logitRows ?? []),
    [IO.scoreRows]: integers(
      asked.map((_, index) => index).slice(0, pass.scoreTokens === undefined ? least : asked.length),
    ),
    [IO.scoreTokens]: integers(pass.scoreTokens ?? []),
  };
}

const NO_VECTORS: readonly Float32Array[] = [];
const stacks = new WeakMap<readonly Float32Array[], Float32Array>();

/** [vectors or 1, hidden]; made once for the steps of a generation, which share their vectors. */
function stack(vectors: readonly Float32Array[], hiddenSize: number): Float32Array {
  const known = stacks.get(vectors);
  if (known !== undefined && vectors !== NO_VECTORS) return known;
  const stacked = new Float32Array(Math.max(1, vectors.length) * hiddenSize);
  for (const [index, vector] of vectors.entries()) stacked.set(vector, index * hiddenSize);
  stacks.set(vectors, stacked);
  return stacked;
}

/** Entry 0 adds nothing; rows that add the same share an entry. */
export function steeringFeeds(shape: DecoderShape, pass: Pass, rowCount: number): Record<string, Tensor> {
  const { layers, hiddenSize } = shape;
  const entries: { readonly vector: number; readonly coefficient: number }[] = [{ vector: 0, coefficient: 0 }];
  const known = new Map<string, number>();
  const entryOf = ({ vector, coefficient }: RowSteering): number => {
    const key = `${vector} ${coefficient}`;
    const index = known.get(key) ?? entries.push({ vector, coefficient }) - 1;
    known.set(key, index);
    return index;
  };
  const rowEntries = new Int32Array(layers * rowCount);
  for (const [row, steered] of (pass.steering ?? []).entries()) {
    for (const one of steered) rowEntries[one.layer * rowCount + row] = entryOf(one);
  }
  const stacked = stack(pass.vectors ?? NO_VECTORS, hiddenSize);
  const coefficients = Float32Array.from(entries, ({ coefficient }) => coefficient);
  return {
    [IO.vectors]: { data: stacked, shape: [stacked.length / hiddenSize, hiddenSize] },
    [IO.entryVectors]: integers(entries.map(({ vector }) => vector)),
    [IO.entryCoefficients]: { data: coefficients, shape: [entries.length, 1] },
    [IO.rowEntries]: { data: rowEntries, shape: [layers, rowCount] },
  };
}

/**
 * Every row reads the tokens that any of its pools needs, padded to the row that needs most. `firstTokens`: for each row,
 * which of the pass's tokens is its first.
 */
export function poolFeeds(pools: Pass["pools"] = [], firstTokens: readonly number[]): Record<string, Tensor> {
  const read = pools.map((lists) => [...new Set(lists.flat())]);
  const width = Math.max(0, ...read.map((tokens) => tokens.length));
  const poolCount = Math.max(0, ...pools.map((lists) => lists.length));
  const tokens = new Int32Array(pools.length * width);
  const counts = new Float32Array(pools.length * poolCount * width);
  // A row with fewer pools than others has empty ones; what is read of them is nothing divided by 1.
  const sizes = new Float32Array(pools.length * poolCount).fill(1);
  for (const [row, lists] of pools.entries()) {
    const place = new Map(read[row]!.map((token, index) => [token, index]));
    for (let index = 0; index < width; index++) {
      // Padding reads a token of the row itself, zero times.
      tokens[row * width + index] = firstTokens[row]! + (read[row]![index] ?? read[row]![0]!);
    }
    for (const [pool, list] of lists.entries()) {
      sizes[row * poolCount + pool] = list.length;
      for (const token of list) counts[(row * poolCount + pool) * width + place.get(token)!]! += 1;
    }
  }
  return {
    [IO.poolTokens]: { data: tokens, shape: [pools.length, width] },
    [IO.poolCounts]: { data: counts, shape: [1, pools.length, poolCount, width] },
    [IO.poolSizes]: { data: sizes, shape: [1, pools.length, poolCount, 1] },
  };
}

/**
 * `starts`: each row's first token, and how many tokens there are. Every pool of every row over all tokens of the pass; rows with
 * fewer pools than others have empty ones.
 */
export function densePoolFeeds(pools: Pass["pools"] = [], starts: readonly number[]): Record<string, Tensor> {
  const poolCount = Math.max(0, ...pools.map((lists) => lists.length));
  const count = pools.length * poolCount;
  const tokens = starts.at(-1)!;
  const counts = new Float32Array(count * tokens);
  const sizes = new Float32Array(count).fill(1);
  for (const [row, lists] of pools.entries()) {
    for (const [pool, list] of lists.entries()) {
      const at = row * poolCount + pool;
      sizes[at] = list.length;
      for (const token of list) counts[at * tokens + starts[row]! + token]! += 1;
    }
  }
  return {
    [DENSE.capturing]: { data: Uint8Array.of(count > 0 ? 1 : 0), shape: [] },
    [DENSE.counts]: { data: counts, shape: [count, tokens] },
    [DENSE.sizes]: { data: sizes, shape: [1, count, 1] },
  };
}
