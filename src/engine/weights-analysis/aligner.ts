import type { LayerAlignment } from "./alignment.ts";
import { WRITERS, writerOf, type TensorPair, type WeightPair, type Writer } from "./pair.ts";
import type { Watch } from "./read-changes.ts";
import { Threads } from "./threads.ts";

/** Aligns directions with the changes of one layer after another; close it at the end. */
export class WeightAligner {
  readonly #pair: WeightPair;
  readonly #threads: Threads;
  readonly #watch: Watch;

  constructor(pair: WeightPair, watch: Watch = {}) {
    this.#pair = pair;
    this.#watch = watch;
    this.#threads = new Threads(1, watch.signal);
  }

  /** Of unit vectors [directions, hidden]. Rejects with EngineFailure. */
  async layer(layer: number, directions: Float32Array): Promise<LayerAlignment> {
    const writers = Object.fromEntries(WRITERS.map((writer) => [writer, writerOf(this.#pair, layer, writer)]));
    const job = { writers: writers as Record<Writer, TensorPair>, directions };
    const aligned = await this.#threads.run("alignment", job);
    for (const { name } of Object.values(job.writers)) this.#watch.onTensor?.(name);
    return aligned;
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}
