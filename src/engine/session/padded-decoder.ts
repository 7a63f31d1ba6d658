import type { DecoderShape } from "../architectures/types.ts";
import { GQA } from "../attention/gqa.ts";
import { buildDecoderGraph } from "../graph/decoder-graph.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";
import { readCheckpoint } from "../weights/checkpoint.ts";
import { batchesByLength } from "./batches.ts";
import type { Decoder, Pass, Prediction } from "./decoder.ts";
import { runtimeFailure } from "./failures.ts";
import { poolFeeds, predictionFeeds, steeringFeeds } from "./feeds.ts";
import type { KvCache } from "./kv-cache.ts";
import { readPrediction } from "./prediction.ts";

/** Rows of one pass are padded to the longest. */
export interface PaddedPass extends Pass {
  /** Tokens already in the cache, none by default: the same for all rows when a row has several new ones. */
  readonly past?: readonly number[];
  /** Rows of the cache from `first` on; without a cache, nothing is kept. */
  readonly cache?: { readonly memory: KvCache; readonly first: number };
}

/** More tokens make a CPU no faster, and rows of like length need less padding. */
const ENOUGH_TOKENS = 512;

/** A checkpoint on a CPU. */
export class PaddedDecoder implements Decoder {
  readonly shape: DecoderShape;
  readonly stopIds: ReadonlySet<number>;
  readonly #session: OnnxSession;

  private constructor(shape: DecoderShape, stopIds: ReadonlySet<number>, session: OnnxSession) {
    this.shape = shape;
    this.stopIds = stopIds;
    this.#session = session;
  }

  /** Rejects with EngineFailure. */
  static async open(weightsDir: string, threads: number = 0): Promise<PaddedDecoder> {
    const checkpoint = readCheckpoint(weightsDir);
    const { bytes, externalRoot } = buildDecoderGraph(checkpoint, { kind: "gqa", type: "float32" });
    const session = await OnnxSession.open(bytes, externalRoot, "cpu", { threads }).catch((error: unknown) => {
      throw runtimeFailure("could not load the model", error);
    });
    return new PaddedDecoder(checkpoint.shape, new Set(checkpoint.stopIds), session);
  }

  batches(lengths: readonly number[], maxTokens: number): number[][] {
    return batchesByLength(lengths, Math.min(maxTokens, ENOUGH_TOKENS));
  }

  async forward(pass: PaddedPass): Promise<Prediction> {
    const { rows, cache } = pass;
    const past = pass.past ?? rows.map(() => 0);
    const fresh = past.every((length) => length === 0);
    const longest = Math.max(...rows.map((row) => row.length));
    const width = fresh && isLoneToken(longest) ? longest + 1 : longest;
    const count = rows.length;
    const ids = new Int32Array(count * width);
    for (const [row, tokens] of rows.entries()) ids.set(tokens, row * width);
    const lengths = rows.map((row, index) => past[index]! + row.length);
    const feeds: Record<string, Tensor> = {
      // A first prompt needs no past: the kernel would copy the empty cache.
      ...(cache === undefined || fresh ? this.#noPast(count) : cache.memory.feeds(cache.first, count)),
      ...this.#keepFeeds(pass, past, width),
      [GQA.ids]: { data: ids, shape: [count, width] },
      [GQA.lastIndex]: { data: Int32Array.from(lengths, (length) => length - 1), shape: [count] },
      // Several new tokens at once are the kernel's "first prompt": their total is the padded width.
      [GQA.totalLength]: {
        data: Int32Array.of(width > 1 ? past[0]! + width : Math.max(...lengths)),
        shape: [],
      },
      ...steeringFeeds(this.shape, pass, count),
      ...poolFeeds(
        pass.pools,
        rows.map((_, row) => row * width),
      ),
      ...predictionFeeds(
        pass,
        rows.map((row, index) => index * width + row.length - 1),
      ),
    };
    const results = await this.#session.run(feeds).catch((error: unknown) => {
      throw runtimeFailure("failed in a forward pass", error);
    });
    const widths = rows.map((row) => row.length);
    cache?.memory.append(cache.first, past, widths, width, results[GQA.kept]!.data as Float32Array);
    return readPrediction(results);
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
  #keepFeeds({ rows, cache }: PaddedPass, past: readonly number[], width: number): Record<string, Tensor> {
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
}

/**
 * The attention kernel works in blocks of 16, 32 or 64 new tokens, and a block of one token is rounded differently. Passes
 * avoid such blocks, so that a token's numbers are the same to the bit in whatever pass it is computed. (Decoding, always
 * one token, is consistent with itself.)
 */
export function isLoneToken(newTokens: number): boolean {
  return newTokens % 16 === 1;
}
