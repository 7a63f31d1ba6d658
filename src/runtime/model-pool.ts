import type { Model, Provider } from "../domain/engine.ts";
import type { Experiment } from "../domain/experiment.ts";
import { openModel } from "../engine/index.ts";
import type { Emit } from "./events.ts";
import { variantOf } from "./tasks/context.ts";

/** Loaded models, one per weights folder: two variants of the same weights share one. */
export class ModelPool {
  readonly #experiment: Experiment;
  readonly #emit: Emit;
  readonly #open = new Map<string, Promise<Model>>();
  readonly #providers = new Map<string, Provider>();

  constructor(experiment: Experiment, emit: Emit) {
    this.#experiment = experiment;
    this.#emit = emit;
  }

  /** The variant's model, loaded on first use. Rejects with EngineFailure. */
  get(variant: string): Promise<Model> {
    const { weightsDir } = variantOf(this.#experiment, variant);
    const known = this.#open.get(weightsDir);
    if (known !== undefined) return known;
    const onNotice = (message: string): void => this.#emit({ type: "notice", message });
    const opened = openModel({ weightsDir, ...this.#experiment.engine, onNotice });
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
