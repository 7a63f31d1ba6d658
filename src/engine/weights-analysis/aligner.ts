import type { LayerAlignment } from "./alignment.ts";
import { WRITERS, writerOf, type TensorPair, type WeightPair, type Writer } from "./pair.ts";
import { Threads } from "./threads.ts";

/** Aligns directions with the changes of one layer after another; close it at the end. */
export class WeightAligner {
  readonly #pair: WeightPair;
  readonly #threads: Threads;

  constructor(pair: WeightPair, signal?: AbortSignal) {
    this.#pair = pair;
    this.#threads = new Threads(1, signal);
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
