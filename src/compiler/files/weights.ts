import * as report from "../../diagnostics/catalog/files.ts";
import type { WeightsLocation } from "../../domain/weights.ts";
import type { Located } from "../lower/spec.ts";
import type { Model } from "./models.ts";
import type { Project } from "./project.ts";
import type { WeightsRead } from "../reader.ts";

/** Which missing weights are errors: none, those that cannot be downloaded, or all. */
export type WeightsDemand = "optional" | "obtainable" | "present";

export interface VariantWeights {
  readonly location: WeightsLocation;
  /** Undefined when they are not on this machine. */
  readonly found: Extract<WeightsRead, { readonly status: "ok" }> | undefined;
}

/**
 * The weights of the variants that the experiment runs, by variant. Those that are missing are a warning, or an error when
 * they are demanded; those that cannot be used are always an error.
 */
export function readWeights(
  models: ReadonlyMap<string, Model>,
  used: ReadonlySet<string>,
  demand: WeightsDemand,
  project: Project,
): Map<string, VariantWeights> {
  const weights = new Map<string, VariantWeights>();
  for (const [variant, model] of models) {
    const { namePlace, weightsLocation: location } = model;
    if (!used.has(variant) || location === undefined) continue;
    const read = project.reader.weights(location);
    weights.set(variant, { location, found: read.status === "ok" ? read : undefined });
    switch (read.status) {
      case "ok":
        compare("layers", model, model.layers, read.layers, project);
        compare("hidden_size", model, model.hiddenSize, read.hiddenSize, project);
        compare("context", model, model.context, read.context, project);
        compare("vocab_size", model, model.vocabSize, read.vocabSize, project);
        break;
      case "missing":
        // Whoever is about to download them need not be told.
        if (demand === "obtainable" && read.obtainable === true) break;
        project.sink.report(
          report.weightsMissing(namePlace, variant, messageOf(read, model), hintOf(read, model), demand !== "optional"),
        );
        break;
      case "damaged":
        project.sink.report(report.weightsDamaged(namePlace, variant, messageOf(read, model), read.hint));
        break;
      case "unsupported":
        project.sink.report(report.weightsUnsupported(namePlace, variant, messageOf(read, model), read.hint));
        break;
    }
  }
  return weights;
}

/** A message that names the folder as the model's file does: the same text on every machine. */
function messageOf({ message }: { readonly message: string }, { weightsLocation, weights }: Model): string {
  return weightsLocation === undefined || weightsLocation.kind === "hub"
    ? message
    : message.replaceAll(weightsLocation.path, weights);
}

/** With the size of a download, where the model's file says how many numbers it is. */
function hintOf({ hint, obtainable }: MissingWeights, { parameters }: Model): string {
  if (obtainable !== true || parameters === undefined) return hint;
  const bytes = BYTES_PER_PARAMETER * parameters.value;
  const size = bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
  return `${hint} It is about ${size}.`;
}

/** What is on the hub is bf16 or fp16, as a rule. */
const BYTES_PER_PARAMETER = 2;

type MissingWeights = Extract<WeightsRead, { readonly status: "missing" }>;

function compare(key: string, model: Model, said: Located<number> | undefined, found: number, project: Project): void {
  if (said !== undefined && said.value !== found) {
    project.sink.report(report.modelDisagrees(said.place, key, said.value, found, model.weights));
  }
}
