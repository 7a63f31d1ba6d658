import * as report from "../../diagnostics/catalog/files.ts";
import type { Located } from "../lower/spec.ts";
import type { Model } from "./models.ts";
import type { Project } from "./project.ts";

/** Weights that are on this machine. */
export interface FoundWeights {
  /** Absolute. */
  readonly folder: string;
  readonly digest: string;
  readonly takesSystemPrompts: boolean;
}

/**
 * The weights of the variants that the experiment runs, by variant; none where they are not on this machine. That is a
 * warning, and an error when `required`; weights that cannot be used are always an error.
 */
export function readWeights(
  models: ReadonlyMap<string, Model>,
  used: ReadonlySet<string>,
  required: boolean,
  project: Project,
): Map<string, FoundWeights> {
  const found = new Map<string, FoundWeights>();
  for (const [variant, model] of models) {
    const { namePlace, weightsLocation } = model;
    if (!used.has(variant) || weightsLocation === undefined) continue;
    const read = project.reader.weights(weightsLocation);
    switch (read.status) {
      case "ok":
        found.set(variant, read);
        compare("layers", model, model.layers, read.layers, project);
        compare("hidden_size", model, model.hiddenSize, read.hiddenSize, project);
        compare("context", model, model.context, read.context, project);
        compare("vocab_size", model, model.vocabSize, read.vocabSize, project);
        break;
      case "missing":
        project.sink.report(report.weightsMissing(namePlace, variant, messageOf(read, model), read.hint, required));
        break;
      case "damaged":
        project.sink.report(report.weightsDamaged(namePlace, variant, messageOf(read, model), read.hint));
        break;
      case "unsupported":
        project.sink.report(report.weightsUnsupported(namePlace, variant, messageOf(read, model), read.hint));
        break;
    }
  }
  return found;
}

/** A message that names the folder as the model's file does: the same text on every machine. */
function messageOf({ message }: { readonly message: string }, { weightsLocation, weights }: Model): string {
  return weightsLocation?.kind === "folder" ? message.replaceAll(weightsLocation.path, weights) : message;
}

function compare(key: string, model: Model, said: Located<number> | undefined, found: number, project: Project): void {
  if (said !== undefined && said.value !== found) {
    project.sink.report(report.modelDisagrees(said.place, key, said.value, found, model.weights));
  }
}
