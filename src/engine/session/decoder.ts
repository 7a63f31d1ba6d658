import { EngineFailure, type RowSteering } from "../../domain/engine.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { GQA } from "../attention/gqa.ts";
import { buildDecoderGraph, IO } from "../decoder-graph.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";
import { readCheckpoint } from "../weights/checkpoint.ts";
import type { KvCache } from "./kv-cache.ts";

/** One forward pass over a padded batch. What is left out costs nothing. */
export interface Forward {
  /** New token ids of each row; rows of one pass are padded to the longest. */
  readonly rows: readonly (readonly number[])[];
  /** Tokens already in the cache: the same for all rows when a row has several new ones. */
  readonly past: readonly number[];
  /** Rows of the cache from `first` on; without a cache, nothing is kept. */
  readonly cache?: { readonly memory: KvCache; readonly first: number };
  readonly vectors?: readonly Float32Array[];
  readonly steering?: readonly (readonly RowSteering[])[];
  /** Rows whose last token's prediction is wanted. */
  readonly predict?: "all";
  /** Indices of rows whose logits are returned. */
  readonly logitRows?: readonly number[];
  /** Token ids whose probability is returned for every row. */
  readonly scoreTokens?: readonly number[];
  /** For each row, lists of the token indices to average. */
  readonly pools?: readonly (readonly (readonly number[])[])[];
}

export interface Prediction {
  /** [rows] */
  readonly likeliest: readonly number[];
  /** [rows]: finite if and only if all logits of the row are. */
  readonly logitSums: Float32Array;
  /** [logitRows, vocab] */
  readonly logits: Float32Array;
  /** [rows, scoreTokens] */
  readonly scores: Float32Array;
  /** [layers, rows, pools, hidden] */
  readonly poolMeans: Float32Array;
  /** [layers, rows, pools] */
  readonly poolNorms: Float32Array;
}

/** A loaded checkpoint and its session. */
export class Decoder {
  readonly shape: DecoderShape;
  readonly stopIds: ReadonlySet<number>;
  readonly #session: OnnxSession;

  private constructor(shape: DecoderShape, stopIds: ReadonlySet<number>, session: OnnxSession) {
    this.shape = shape;
    this.stopIds = stopIds;
    this.#session = session;
  }

  /** Throws EngineFailure. */
  static async open(weightsDir: string): Promise<Decoder> {
    const checkpoint = readCheckpoint(weightsDir);
    const { bytes, externalRoot } = buildDecoderGraph(checkpoint);
    const session = await refused(() => OnnxSession.open(bytes, externalRoot), "could not load the model");
    return new Decoder(checkpoint.shape, new Set(checkpoint.stopIds), session);
  }

  async forward(pass: Forward): Promise<Prediction> {
    const { rows, past, cache } = pass;
    const fresh = past.every((length) => length === 0);
    const longest = Math.max(...rows.map((row) => row.length));
    const width = fresh && isLoneToken(longest) ? longest + 1 : longest;
    const count = rows.length;
    const ids = new BigInt64Array(count * width);
    for (const [row, tokens] of rows.entries()) {
      for (const [index, token] of tokens.entries()) ids[row * width + index] = BigInt(token);
    }
    const lengths = rows.map((row, index) => past[index]! + row.length);
    const lastTokens = rows.map((row, index) => index * width + row.length - 1);
    // Never none: ONNX Runtime's TopK divides by the number of rows, and 0 of them ends the process (SIGFPE).
    const asked = pass.predict === undefined ? [0] : lastTokens;
    const feeds: Record<string, Tensor> = {
      // A first prompt needs no past: the kernel would copy the empty cache.
      ...(cache === undefined || fresh ? this.#noPast(count) : cache.memory.feeds(cache.first, count)),
      ...this.#keepFeeds(pass, width),
      [GQA.ids]: { data: ids, shape: [count, width] },
      [GQA.lastIndex]: { data: Int32Array.from(lengths, (length) => length - 1), shape: [count] },
      // Several new tokens at once are the kernel's "first prompt": their total is the padded width.
      [GQA.totalLength]: {
        data: Int32Array.of(width > 1 ? past[0]! + width : Math.max(...lengths)),
        shape: [],
      },
      ...this.#steeringFeeds(pass, count),
      ...poolFeeds(pass.pools, width),
      [IO.logitTokens]: integers(asked),
      [IO.logitRows]: integers(pass.logitRows ?? []),
      [IO.scoreRows]: integers(pass.scoreTokens === undefined ? [] : lastTokens.map((_, index) => index)),
      [IO.scoreTokens]: integers(pass.scoreTokens ?? []),
    };
    const results = await refused(() => this.#session.run(feeds), "failed in a forward pass");
    const floats = (name: string): Float32Array => results[name]!.data as Float32Array;
    const widths = rows.map((row) => row.length);
    cache?.memory.append(cache.first, past, widths, width, floats(GQA.kept));
    return {
      likeliest: Array.from(results[IO.likeliest]!.data as BigInt64Array, Number),
      logitSums: floats(IO.logitSums),
      logits: floats(IO.logits),
      scores: floats(IO.scores),
      poolMeans: floats(IO.poolMeans),
      poolNorms: floats(IO.poolNorms),
    };
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  #noPast(count: number): Record<string, Tensor> {
    const empty: Tensor = { data: new Float32Array(0), shape: [count, this.shape.kvHeads, 0, this.shape.headDim] };
    const feeds: Record<string, Tensor> = {};
    for (let layer = 0; layer < this.shape.layers; layer++) {
      feeds[GQA.pastKey(layer)] = empty;
      feeds[GQA.pastValue(layer)] = empty;
    }
    return feeds;
  }

  /** Positions of the new tokens, when a cache is to keep them; padding repeats the row's last. */
  #keepFeeds({ rows, past, cache }: Forward, width: number): Record<string, Tensor> {
    const { kvHeads } = this.shape;
    if (cache === undefined) {
      return { [GQA.keepPositions]: { data: new BigInt64Array(0), shape: [rows.length, kvHeads, 0, 1] } };
    }
    const positions = new BigInt64Array(rows.length * kvHeads * width);
    let at = 0;
    for (const [row, { length }] of rows.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        for (let token = 0; token < width; token++) positions[at++] = BigInt(past[row]! + Math.min(token, length - 1));
      }
    }
    return { [GQA.keepPositions]: { data: positions, shape: [rows.length, kvHeads, width, 1] } };
  }

  #steeringFeeds({ vectors = [], steering }: Forward, count: number): Record<string, Tensor> {
    const { layers, hiddenSize } = this.shape;
    const which = new BigInt64Array(layers * count);
    const coefficients = new Float32Array(layers * count);
    for (const [row, entries] of (steering ?? []).entries()) {
      for (const { layer, vector, coefficient } of entries) {
        which[layer * count + row] = BigInt(vector);
        coefficients[layer * count + row] = coefficient;
      }
    }
    const stacked = new Float32Array(Math.max(1, vectors.length) * hiddenSize);
    for (const [index, vector] of vectors.entries()) stacked.set(vector, index * hiddenSize);
    return {
      [IO.vectors]: { data: stacked, shape: [stacked.length / hiddenSize, hiddenSize] },
      [IO.steerVector]: { data: which, shape: [layers, count] },
      [IO.steerCoefficient]: { data: coefficients, shape: [layers, count, 1] },
    };
  }
}

/**
 * The attention kernel works in blocks of 16, 32 or 64 new tokens, and a block of one token is rounded differently. Passes
 * avoid such blocks, so that a token's numbers are the same to the bit in whatever pass it is computed. (Decoding, always
 * one token, is consistent with itself.)
 */
export function isLoneToken(newTokens: number): boolean {
  return newTokens % 16 === 1;
}

/** Every row reads the tokens that any of its pools needs, padded to the row that needs most. */
function poolFeeds(pools: Forward["pools"] = [], width: number): Record<string, Tensor> {
  const read = pools.map((lists) => [...new Set(lists.flat())]);
  const readWidth = Math.max(0, ...read.map((tokens) => tokens.length));
  const poolCount = Math.max(0, ...pools.map((lists) => lists.length));
  const tokens = new BigInt64Array(pools.length * readWidth);
  const weights = new Float32Array(pools.length * poolCount * readWidth);
  for (const [row, lists] of pools.entries()) {
    const place = new Map(read[row]!.map((token, index) => [token, index]));
    for (let index = 0; index < readWidth; index++) {
      // Padding reads a token of the row itself, with weight 0.
      tokens[row * readWidth + index] = BigInt(row * width + (read[row]![index] ?? read[row]![0]!));
    }
    for (const [pool, list] of lists.entries()) {
      for (const token of list) weights[(row * poolCount + pool) * readWidth + place.get(token)!]! += 1 / list.length;
    }
  }
  return {
    [IO.poolTokens]: { data: tokens, shape: [pools.length, readWidth] },
    [IO.poolWeights]: { data: weights, shape: [1, pools.length, poolCount, readWidth] },
  };
}

function integers(values: readonly number[]): Tensor {
  return { data: BigInt64Array.from(values, BigInt), shape: [values.length] };
}

async function refused<T>(work: () => Promise<T>, what: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = "If memory ran out, lower engine.maxBatchTokens.";
    throw new EngineFailure("runtime", `ONNX Runtime ${what}: ${reason}`, hint);
  }
}
