import type { FloatType, Provider } from "../../domain/engine.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { PAGED, type PagedCache } from "../attention/paged.ts";
import { buildDecoderGraph } from "../graph/decoder-graph.ts";
import { DRAWS } from "../graph/draws.ts";
import { STEPS } from "../graph/steps.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { raggedBatches } from "./batches.ts";
import { BlockPool } from "./block-pool.ts";
import type { Decoder, Pass, Prediction } from "./decoder.ts";
import { runtimeFailure } from "./failures.ts";
import { densePoolFeeds, integers, poolFeeds, predictionFeeds, steeringFeeds } from "./feeds.ts";
import { groupOrderFeeds, noStepFeeds, pagedFeeds, stepFeeds } from "./paged-feeds.ts";
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

/** Rows that have their beginning in the cache and are given tokens in steps, each step's the next one's input. */
export interface Steps {
  readonly count: number;
  /** Of each row: what the first step reads. */
  readonly ids: readonly number[];
  readonly past: readonly number[];
  readonly blocks: readonly (readonly number[])[];
  readonly vectors: readonly Float32Array[];
  readonly steering: NonNullable<Pass["steering"]>;
  /** Rows that are drawn, with a number in [0, 1) for each step; the others are given the likeliest token. */
  readonly draws: readonly {
    readonly row: number;
    readonly temperature: number;
    readonly uniforms: readonly number[];
  }[];
}

export interface StepsDone {
  /** [steps, rows] */
  readonly tokens: Int32Array;
  /** [steps, rows]: finite if and only if all logits are. */
  readonly logitSums: Float32Array;
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

  /** Whether it decodes in steps. */
  get steps(): boolean {
    return this.#cuda;
  }

  async decode({ count, ids, past, blocks, vectors, steering, draws }: Steps): Promise<StepsDone> {
    const rows = ids.length;
    const starts = Array.from({ length: rows + 1 }, (_, row) => row);
    const uniforms = new Float32Array(count * draws.length);
    for (const [at, one] of draws.entries()) {
      for (const [step, uniform] of one.uniforms.entries()) uniforms[step * draws.length + at] = uniform;
    }
    const paged = { starts, past, blocks, blockTokens: this.pool.blockTokens };
    const results = await this.#forward({
      [PAGED.ids]: integers(ids),
      ...stepFeeds(this.shape, paged, count, this.#groupOrder),
      ...this.#steering({ rows: ids.map((id) => [id]), vectors, steering }, starts),
      ...densePoolFeeds([], [0, 0]),
      ...predictionFeeds({ rows: [] }, []),
      ...drawFeeds(draws.map((one) => ({ ...one, uniform: 0 }))),
      [STEPS.uniforms]: { data: uniforms, shape: [count, draws.length, 1] },
    });
    return {
      tokens: results[STEPS.tokens]!.data as Int32Array,
      logitSums: results[STEPS.logitSums]!.data as Float32Array,
    };
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
    const results = await this.#forward({
      [PAGED.ids]: { data: ids, shape: [tokens] },
      ...pagedFeeds({ starts, past, blocks, blockTokens: this.pool.blockTokens }),
      ...(this.#cuda ? noStepFeeds(this.#groupOrder) : {}),
      ...this.#steering(pass, starts),
      ...(this.#cuda ? densePoolFeeds(pass.pools, starts) : poolFeeds(pass.pools, starts)),
      ...predictionFeeds(
        pass,
        rows.map((_, row) => starts[row + 1]! - 1),
        least,
      ),
      ...drawFeeds(draws),
    });
    return { ...readPrediction(results), drawn: results[DRAWS.drawn]!.data as Int32Array };
  }

  #steering(pass: Pass, starts: readonly number[]): Record<string, Tensor> {
    const steered = pass.steering?.some((entries) => entries.length > 0) ?? false;
    const rows = rowsOfTokens(starts);
    return {
      [PAGED.tokenRows]: steered ? { data: rows, shape: [rows.length] } : integers([0]),
      ...steeringFeeds(this.shape, pass, steered ? pass.rows.length : 1),
    };
  }

  async #forward(feeds: Record<string, Tensor>): Promise<Readonly<Record<string, Tensor>>> {
    return this.#session.run(feeds).catch((error: unknown) => {
      throw runtimeFailure("failed in a forward pass", error);
    });
  }
}

function rowsOfTokens(starts: readonly number[]): Int32Array {
  const rows = new Int32Array(starts.at(-1)!);
  for (let row = 0; row + 1 < starts.length; row++) rows.fill(row, starts[row], starts[row + 1]);
  return rows;
}

function drawFeeds(draws: NonNullable<PagedPass["draws"]>): Record<string, Tensor> {
  return {
    [DRAWS.rows]: integers(draws.map(({ row }) => row)),
    [DRAWS.temperatures]: column(draws.map(({ temperature }) => temperature)),
    [DRAWS.uniforms]: column(draws.map(({ uniform }) => uniform)),
  };
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
