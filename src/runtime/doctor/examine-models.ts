import { existsSync } from "node:fs";
import type { Experiment, Variant } from "../../domain/experiment.ts";
import type { ModelMemory } from "../../domain/machine.ts";
import { BYTES_PER_ELEMENT, measureModel, type Placement } from "../../engine/index.ts";
import { failureOf } from "../failures.ts";
import { diskReader } from "../project-reader.ts";
import { modelsOf } from "../tasks/index.ts";
import { isOffline } from "../weights/hub-access.ts";

export interface ModelFacts {
  readonly variant: string;
  /** config/models/<model>.yaml */
  readonly model: string;
  readonly weights: WeightsFacts;
  /** Undefined where nothing says how large it is. */
  readonly memory: ModelMemory | undefined;
}

export type WeightsFacts =
  | { readonly status: "found"; readonly folder: string }
  /** A GGUF file: apply converts it first. */
  | { readonly status: "unconverted"; readonly file: string }
  /** On the hub: apply downloads them. */
  | { readonly status: "downloadable"; readonly repository: string; readonly bytes: number | undefined }
  | { readonly status: "missing" | "unusable"; readonly message: string; readonly hint: string };

/** Of the variants whose models the experiment runs. */
export function examineModels({ tasks, variants, engine }: Experiment, placement: Placement): ModelFacts[] {
  const run = new Set(tasks.flatMap(modelsOf));
  return [...variants.values()]
    .filter(({ name }) => run.has(name))
    .map((variant) => modelFacts(variant, placement, engine.maxBatchTokens));
}

function modelFacts(variant: Variant, placement: Placement, maxBatchTokens: number): ModelFacts {
  const { name, model, parameters } = variant;
  const weights = weightsFacts(variant);
  const facts = { variant: name, model, weights, memory: weightsOnly(parameters, placement) };
  if (weights.status !== "found") return facts;
  try {
    return { ...facts, memory: measureModel(weights.folder, placement, maxBatchTokens) };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { ...facts, weights: { status: "unusable", message: failure.message, hint: failure.hint } };
  }
}

function weightsFacts({ weightsDir, weightsLocation: location, parameters }: Variant): WeightsFacts {
  if (location === undefined) throw new Error("Internal error: a variant that is run has no weights");
  const read = diskReader().weights(location);
  if (read.status === "ok") {
    if (location.kind === "gguf" && !existsSync(weightsDir)) return { status: "unconverted", file: location.path };
    return { status: "found", folder: weightsDir };
  }
  if (location.kind === "hub" && !isOffline(process.env)) {
    // What is on the hub is half precision, as a rule.
    const bytes = parameters === undefined ? undefined : 2 * parameters;
    return { status: "downloadable", repository: location.repository, bytes };
  }
  return { status: "missing", message: read.message, hint: read.hint };
}

/** Before there is a config.json, nothing says what a pass needs. */
function weightsOnly(parameters: number | undefined, { type }: Placement): ModelMemory | undefined {
  if (parameters === undefined) return undefined;
  return { parameters, weightsBytes: parameters * BYTES_PER_ELEMENT[type], batchBytes: 0, bytesPerBatchToken: 0 };
}
