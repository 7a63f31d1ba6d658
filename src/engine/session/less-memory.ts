import { EngineFailure } from "../../domain/engine.ts";
import type { Decoder } from "./decoder.ts";
import { isOutOfMemory } from "./failures.ts";

/** Passes below this are no use: what does not fit then are the weights. */
const LEAST_TOKENS = 256;

/**
 * Holds a decoder, and opens it anew for passes half as large, with half the cache, whenever the device's memory runs out
 * in the middle of work. The work is begun again; how it is cut into passes does not change its result.
 */
export class ElasticDecoder {
  readonly #open: (maxBatchTokens: number) => Promise<Decoder>;
  readonly #notice: (message: string) => void;
  #decoder: Decoder;
  /** Not after memory was too little for another one. */
  #isOpen = true;
  #maxBatchTokens: number;

  private constructor(
    open: (maxBatchTokens: number) => Promise<Decoder>,
    notice: (message: string) => void,
    decoder: Decoder,
    maxBatchTokens: number,
  ) {
    this.#open = open;
    this.#notice = notice;
    this.#decoder = decoder;
    this.#maxBatchTokens = maxBatchTokens;
  }

  static async open(
    open: (maxBatchTokens: number) => Promise<Decoder>,
    maxBatchTokens: number,
    notice: (message: string) => void,
  ): Promise<ElasticDecoder> {
    return new ElasticDecoder(open, notice, await open(maxBatchTokens), maxBatchTokens);
  }

  get decoder(): Decoder {
    return this.#decoder;
  }

  async perform<T>(work: (decoder: Decoder, maxBatchTokens: number) => Promise<T>): Promise<T> {
    while (true) {
      try {
        if (!this.#isOpen) this.#decoder = await this.#open(this.#maxBatchTokens);
        this.#isOpen = true;
        return await work(this.#decoder, this.#maxBatchTokens);
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        await this.#shrink(error);
      }
    }
  }

  async close(): Promise<void> {
    if (this.#isOpen) await this.#decoder.close();
  }

  async #shrink(failure: EngineFailure): Promise<void> {
    const tokens = Math.floor(this.#maxBatchTokens / 2);
    if (tokens < LEAST_TOKENS) throw failure;
    this.#notice(
      `The device's memory ran out. Going on with passes of ${tokens} tokens, which does not change results. ` +
        `Set engine.max_batch_tokens to ${tokens} to begin with them.`,
    );
    await this.close();
    this.#isOpen = false;
    this.#maxBatchTokens = tokens;
  }
}
