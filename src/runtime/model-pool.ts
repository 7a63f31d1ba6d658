import type { Model, Provider } from "../domain/engine.ts";
import type { Experiment } from "../domain/experiment.ts";
import { openModel } from "../engine/index.ts";
import { variantOf } from "./tasks/context.ts";

export interface PoolOptions {
  /** For people, of models. */
  readonly notice: (message: string) => void;
  /** Of a model on the CPU; one a physical core when left out. */
  readonly threads?: number | undefined;
}

/** Loaded models, one per weights folder: two variants of the same weights share one. */
export class ModelPool {
  readonly #experiment: Experiment;
  readonly #options: PoolOptions;
  readonly #open = new Map<string, Promise<Model>>();
  readonly #providers = new Map<string, Provider>();

  constructor(experiment: Experiment, options: PoolOptions) {
    this.#experiment = experiment;
    this.#options = options;
  }

  /** Whether the variant's model is loaded, or is being loaded. */
  has(variant: string): boolean {
    return this.#open.has(variantOf(this.#experiment, variant).weightsDir);
  }

  /** The variant's model, loaded on first use. Rejects with EngineFailure. */
  get(variant: string): Promise<Model> {
    const { weightsDir } = variantOf(this.#experiment, variant);
    const known = this.#open.get(weightsDir);
    if (known !== undefined) return known;
    const { notice: onNotice, threads } = this.#options;
    const opened = openModel({ weightsDir, ...this.#experiment.engine, onNotice, threads });
    this.#open.set(weightsDir, opened);
    return opened.then((model) => {
      this.#providers.set(weightsDir, model.provider);
      return model;
    });
  }

  /** What ran the variant's model; null before it was loaded. */
  provider(variant: string): Provider | null {
    return this.#providers.get(variantOf(this.#experiment, variant).weightsDir) ?? null;
  }

  /** Frees the memory of every model that no used variant has. */
  async closeUnused(isUsed: (variant: string) => boolean): Promise<void> {
    for (const [weightsDir, model] of this.#open) {
      if (this.#variantsOf(weightsDir).some(isUsed)) continue;
      this.#open.delete(weightsDir);
      await close(model);
    }
  }

  async close(): Promise<void> {
    await this.closeUnused(() => false);
  }

  #variantsOf(weightsDir: string): string[] {
    const variants = [...this.#experiment.variants.values()];
    return variants.filter((variant) => variant.weightsDir === weightsDir).map(({ name }) => name);
  }
}

/** A model that did not load has nothing to close; whoever asked for it has been told why. */
async function close(model: Promise<Model>): Promise<void> {
  const [outcome] = await Promise.allSettled([model]);
  if (outcome.status === "fulfilled") await outcome.value.close();
}
