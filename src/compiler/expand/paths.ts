import { positionDirectory, type Position } from "../../domain/position.ts";
import type { CheckpointName, WeightsStep } from "../../domain/task-params.ts";
import type { Cell } from "../bind/cell.ts";

/** Names of tasks and of their files, made from values only. Files lie as the study that this tool grew from has them. */

export const RESULTS_ID = "results";
export const RESULTS_OUTPUTS: readonly string[] = ["reports/results.json"];

export interface Names {
  readonly id: string;
  /** Relative to the experiment's folder. */
  readonly outputs: readonly string[];
}

export function responsesNames(cell: Cell): Names {
  const folder = joined("extraction", ...subject(cell), "responses");
  return { id: joined("responses", ...subject(cell)), outputs: files(folder, "/pos.json", "/neg.json") };
}

export function vettingNames(cell: Cell): Names {
  const folder = joined("extraction", ...subject(cell), "vetting");
  return { id: joined("vetting", ...subject(cell)), outputs: files(folder, "/response_scores.json") };
}

export function activationsNames(cell: Cell): Names {
  const position = directoryOf(cell);
  const folder = joined("extraction", ...subject(cell), "activations", position, "residual");
  return {
    id: joined("activations", ...subject(cell), position),
    outputs: files(folder, "/train_all_layers.safetensors", "/val_all_layers.safetensors", "/metadata.json"),
  };
}

export function vectorsNames(cell: Cell): Names {
  const position = directoryOf(cell);
  const folder = joined("extraction", ...subject(cell), "vectors", position, "residual", cell.method);
  return {
    id: joined("vectors", ...subject(cell), position, cell.method),
    outputs: files(folder, "/vectors.safetensors", "/metadata.json"),
  };
}

export function baselineNames(dataset: string, application: string): Names {
  return {
    id: joined("baseline", dataset, application),
    outputs: files(joined("steering", dataset, application), "/baseline.json"),
  };
}

export function promptedNames(dataset: string, application: string): Names {
  return {
    id: joined("prompted", dataset, application),
    outputs: files(joined("steering", dataset, application), "/prompted.json"),
  };
}

export function steeringNames(cell: Cell): Names {
  const id = joined("steering", ...subject(cell), directoryOf(cell), cell.method);
  return { id, outputs: files(id, "/results.jsonl", "/responses.jsonl", "/best.json") };
}

/** Finer grids lie beside the searches that they refine. */
export function refineNames(cell: Cell): Names {
  return {
    id: joined("refine", ...subject(cell), directoryOf(cell), cell.method),
    outputs: files(steeringNames(cell).id, "/refined.jsonl", "/refined_responses.jsonl"),
  };
}

export function selectionNames(trait: string, source: string): Names {
  return { id: `selection/${trait}/${source}`, outputs: [`steering/selection/${trait}/${source}.json`] };
}

export function combinationNames(trait: string, strategy: string): Names {
  return {
    id: `combination/${trait}/${strategy}`,
    outputs: files(`combinations/${trait}/${strategy}`, "/results.jsonl", "/responses.jsonl", "/best.json"),
  };
}

export function weightsNames(step: WeightsStep): Names {
  return { id: `weights/${step}`, outputs: [`weight_analysis/${step}.json`] };
}

/** The one prompt set that there is. */
const PROMPT_SET = "steering_questions";

export const PROMPTS: Names = { id: `prompts/${PROMPT_SET}`, outputs: [`inference/prompts/${PROMPT_SET}.json`] };

export function captureNames(variant: string, prompts: number, raw: boolean): Names {
  return { id: `capture/${variant}/${PROMPT_SET}`, outputs: inferenceFiles(variant, prompts, raw) };
}

export function replayNames(variant: string, prompts: number, raw: boolean): Names {
  return { id: `replay/${variant}/${PROMPT_SET}`, outputs: inferenceFiles(variant, prompts, raw) };
}

/** The responses, and the residual stream over each in a file of its own; for PyTorch, where all of it is kept. */
function inferenceFiles(variant: string, prompts: number, raw: boolean): string[] {
  const folder = `inference/${variant}`;
  const ending = raw ? "pt" : "safetensors";
  const residuals = Array.from({ length: prompts }, (_, index) => `/${index + 1}.${ending}`);
  return [`${folder}/responses/${PROMPT_SET}.json`, ...files(`${folder}/raw/residual/${PROMPT_SET}`, ...residuals)];
}

/** The study replays one variant; of several, each has a folder. */
export function similarityNames(replayed: string, isOneOfSeveral: boolean): Names {
  const folder = isOneOfSeveral ? `activation_similarity/${replayed}` : "activation_similarity";
  return { id: `similarity/${replayed}`, outputs: [`${folder}/results.json`] };
}

export function checkpointNames(name: CheckpointName): Names {
  return { id: `checkpoint/${name}`, outputs: [`reports/${name}.json`] };
}

function subject({ dataset, variant }: Cell): [string, string] {
  return [dataset.value, variant.value];
}

/** As one text: `a/b`, written out, would be kept as the tree of its parts, in three times the memory. */
function joined(...parts: readonly string[]): string {
  return parts.join("/");
}

/** A position is that of many cells. */
const directories = new WeakMap<Position, string>();

function directoryOf({ position }: Cell): string {
  const known = directories.get(position) ?? positionDirectory(position);
  directories.set(position, known);
  return known;
}

function files(folder: string, ...names: readonly string[]): string[] {
  return names.map((name) => folder + name);
}
