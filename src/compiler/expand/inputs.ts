import type { DatasetRow } from "../../domain/experiment.ts";
import type { JsonValue } from "../../util/json.ts";
import type { Bound } from "../bind/bound.ts";
import { digestOf } from "../digest.ts";
import type { Files } from "../files/files.ts";

/** Stands for the digest of weights that are not on this machine; such a task cannot be applied. */
export const MISSING = "missing";

/** Digests of what tasks read besides other tasks, each computed once. */
export class Inputs {
  readonly #bound: Bound;
  readonly #files: Files;
  readonly #rows = new Map<string, string>();
  readonly #judged = new Map<string, Readonly<Record<string, string>>>();

  constructor(bound: Bound, files: Files) {
    this.#bound = bound;
    this.#files = files;
  }

  weights(variant: string): string {
    return this.#files.weights.get(variant)?.found?.digest ?? MISSING;
  }

  /** Short enough to be its own digest. */
  promptFormat(variant: string): string {
    const model = this.#files.models.get(variant);
    if (model === undefined) throw new Error(`Internal error: the model of ${variant} was not read`);
    return model.promptFormat;
  }

  rows(ref: string): string {
    return remember(this.#rows, ref, () => {
      const { positive, negative } = this.#dataset(ref);
      return digestOf({ positive: positive.map(rowJson), negative: negative.map(rowJson) });
    });
  }

  /** Of tasks that ask a dataset's questions of the application, and have the answers judged. */
  judged(ref: string, trait: string, application: string): Readonly<Record<string, string>> {
    return remember(this.#judged, JSON.stringify([ref, trait]), () => ({
      questions: digestOf(this.#dataset(ref).questions),
      weights: this.weights(application),
      prompt_format: this.promptFormat(application),
      ...this.judging(ref, trait),
    }));
  }

  /** What a judge goes by. */
  judging(ref: string, trait: string): Readonly<Record<string, string>> {
    const templates = this.#files.templates.get(trait);
    const { judgeVariant } = this.#bound;
    if (templates === undefined) throw new Error("Internal error: judged without templates");
    return {
      definition: digestOf(this.#dataset(ref).definition),
      judge_trait_template: digestOf(templates.trait.text),
      judge_coherence_template: digestOf(templates.coherence.text),
      ...(judgeVariant === undefined
        ? {}
        : {
            judge_weights: this.weights(judgeVariant.value),
            judge_prompt_format: this.promptFormat(judgeVariant.value),
          }),
    };
  }

  #dataset(ref: string) {
    const dataset = this.#files.datasets.get(ref);
    if (dataset === undefined) throw new Error(`Internal error: dataset ${ref} was not read`);
    return dataset;
  }
}

function rowJson({ prompt, systemPrompt }: DatasetRow): JsonValue {
  return systemPrompt === undefined ? { prompt } : { prompt, systemPrompt };
}

function remember<V>(known: Map<string, V>, key: string, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
