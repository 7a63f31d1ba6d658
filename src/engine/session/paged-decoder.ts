import type { FloatType, Provider } from "../../domain/engine.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { PAGED, type PagedCache } from "../attention/paged.ts";
import { buildDecoderGraph } from "../graph/decoder-graph.ts";
import { DRAWS } from "../graph/draws.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { raggedBatches } from "./batches.ts";
import { BlockPool } from "./block-pool.ts";
import type { Decoder, Pass, Prediction } from "./decoder.ts";
import { runtimeFailure } from "./failures.ts";
import { densePoolFeeds, integers, poolFeeds, predictionFeeds, steeringFeeds } from "./feeds.ts";
import { groupedFeeds, groupOrderFeeds, pagedFeeds } from "./paged-feeds.ts";
import { readPrediction } from "./prediction.ts";

/** Rows of one pass lie one after the other, without padding. */
export interface PagedPass extends Pass {
  /** Tokens already in the cache, none by default. */
  readonly past?: readonly number[];
  /** The blocks of each row; without them, the row's keys and values are forgotten after the pass. */
  readonly blocks?: readonly (readonly number[])[];
  /** Which of the predictions are drawn from, at which temperature, by which number in [0, 1). */
  readonly draws?: readonly { readonly row: number; readonly temperature: number; readonly uniform: number }[];
}

export interface PagedPrediction extends Prediction {
  /** [draws] */
  readonly drawn: Int32Array;
}

const NO_DRAW = { row: 0, temperature: 1, uniform: 0 };

/** A checkpoint on a GPU. */
export class PagedDecoder implements Decoder {
  readonly shape: DecoderShape;
  readonly stopIds: ReadonlySet<number>;
  readonly pool: BlockPool;
  readonly #session: OnnxSession;
  readonly #cuda: boolean;
  readonly #groupOrder: (tokens: number) => Record<string, Tensor>;

  private constructor({ shape, stopIds }: Checkpoint, pool: BlockPool, session: OnnxSession, cuda: boolean) {
    this.shape = shape;
    this.stopIds = new Set(stopIds);
    this.pool = pool;
    this.#session = session;
    this.#cuda = cuda;
    this.#groupOrder = keepLast((tokens) => groupOrderFeeds(shape, tokens));
  }

  /** Rejects with EngineFailure. */
  static async open(
    checkpoint: Checkpoint,
    provider: Exclude<Provider, "cpu">,
    type: FloatType,
    cache: PagedCache,
  ): Promise<PagedDecoder> {
    const cuda = provider === "cuda";
    const { bytes, externalRoot } = buildDecoderGraph(checkpoint, { kind: "paged", type, cache, cuda });
    const session = await OnnxSession.open(bytes, externalRoot, provider).catch((error: unknown) => {
      throw runtimeFailure("could not load the model", error);
    });
    const pool = new BlockPool(cache.blocks, cache.blockTokens);
    const decoder = new PagedDecoder(checkpoint, pool, session, cuda);
    try {
      // On WebGPU, memory that the weights or the cache did not get is missed by the first pass only.
      await decoder.forward({ rows: [[0]] });
    } catch (error) {
      await decoder.close();
      throw error;
    }
    return decoder;
  }

  batches(lengths: readonly number[], maxTokens: number): number[][] {
    return raggedBatches(lengths, maxTokens, this.pool);
  }

  async forward(pass: PagedPass): Promise<PagedPrediction> {
    if (pass.blocks !== undefined) return this.#run(pass, pass.blocks);
    const taken = pass.rows.map((ids) => this.pool.take([], ids.length, ""));
    const blocks = taken.map((row) => {
      if (row === undefined) throw new Error("Internal error: a batch is larger than the cache");
      return row.blocks;
    });
    try {
      return await this.#run(pass, blocks);
    } finally {
      for (const row of taken) this.pool.release(row!);
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #run(pass: PagedPass, blocks: readonly (readonly number[])[]): Promise<PagedPrediction> {
    const { rows } = pass;
    // WebGPU's softmax refuses to have no rows.
    const least = this.#cuda ? 0 : 1;
    const draws = pass.draws?.length ? pass.draws : Array.from({ length: least }, () => NO_DRAW);
    const past = pass.past ?? rows.map(() => 0);
    const starts = [0];
    for (const { length } of rows) starts.push(starts.at(-1)! + length);
    const tokens = starts.at(-1)!;
    const ids = new Int32Array(tokens);
    for (const [row, tokenIds] of rows.entries()) ids.set(tokenIds, starts[row]);
    const paged = { starts, past, blocks, blockTokens: this.pool.blockTokens };
    const steered = pass.steering?.some((entries) => entries.length > 0) ?? false;
    const feeds: Record<string, Tensor> = {
      [PAGED.ids]: { data: ids, shape: [tokens] },
      ...(this.#cuda ? groupedFeeds(this.shape, paged, this.#groupOrder) : pagedFeeds(paged)),
      [PAGED.tokenRows]: steered ? { data: rowsOfTokens(starts), shape: [tokens] } : integers([0]),
      ...steeringFeeds(this.shape, pass, steered ? rows.length : 1),
      ...(this.#cuda ? densePoolFeeds(pass.pools, starts) : poolFeeds(pass.pools, starts)),
      ...predictionFeeds(
        pass,
        rows.map((_, row) => starts[row + 1]! - 1),
        least,
      ),
      [DRAWS.rows]: integers(draws.map(({ row }) => row)),
      [DRAWS.temperatures]: column(draws.map(({ temperature }) => temperature)),
      [DRAWS.uniforms]: column(draws.map(({ uniform }) => uniform)),
    };
    const results = await this.#session.run(feeds).catch((error: unknown) => {
      throw runtimeFailure("failed in a forward pass", error);
    });
    return { ...readPrediction(results), drawn: results[DRAWS.drawn]!.data as Int32Array };
  }
}

function rowsOfTokens(starts: readonly number[]): Int32Array {
  const rows = new Int32Array(starts.at(-1)!);
  for (let row = 0; row + 1 < starts.length; row++) rows.fill(row, starts[row], starts[row + 1]);
  return rows;
}

function column(values: readonly number[]): Tensor {
  return { data: Float32Array.from(values), shape: [values.length, 1] };
}

/** Remembers the last answer. */
function keepLast<T>(work: (key: number) => T): (key: number) => T {
  let last: { readonly key: number; readonly value: T } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: work(key) };
    return last.value;
  };
}
