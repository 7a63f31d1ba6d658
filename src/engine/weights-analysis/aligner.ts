import { availableParallelism } from "node:os";
import type { LayerAlignment } from "./alignment.ts";
import { WRITERS, writerOf, type TensorPair, type WeightPair, type Writer } from "./pair.ts";
import { Threads } from "./threads.ts";

/** Each holds Δ of one matrix, 235 MB of an 8B model's. */
const MAX_THREADS = 4;

/** Aligns directions with the changes of layers, as many at once as it has threads; close it at the end. */
export class WeightAligner {
  readonly threads: number;
  readonly #pair: WeightPair;
  readonly #threads: Threads;

  constructor(pair: WeightPair, signal?: AbortSignal) {
    this.#pair = pair;
    const cores = availableParallelism();
    this.threads = Math.min(MAX_THREADS, cores, pair.layers);
    this.#threads = new Threads(this.threads, signal, Math.floor(cores / this.threads));
  }

  /** Of unit vectors [directions, hidden]. Rejects with EngineFailure. */
  async layer(layer: number, directions: Float32Array): Promise<LayerAlignment> {
    const writers = Object.fromEntries(WRITERS.map((writer) => [writer, writerOf(this.#pair, layer, writer)]));
    return this.#threads.run("alignment", { writers: writers as Record<Writer, TensorPair>, directions });
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}
