import { positionDirectory } from "../../domain/position.ts";
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
  const folder = `${extractionFolder(cell)}/responses`;
  return { id: `responses/${subject(cell)}`, outputs: files(folder, "pos.json", "neg.json") };
}

export function activationsNames(cell: Cell): Names {
  const position = positionDirectory(cell.position);
  const folder = `${extractionFolder(cell)}/activations/${position}/residual`;
  return {
    id: `activations/${subject(cell)}/${position}`,
    outputs: files(folder, "train_all_layers.safetensors", "metadata.json"),
  };
}

export function vectorsNames(cell: Cell): Names {
  const position = positionDirectory(cell.position);
  const folder = `${extractionFolder(cell)}/vectors/${position}/residual/${cell.method}`;
  return {
    id: `vectors/${subject(cell)}/${position}/${cell.method}`,
    outputs: files(folder, "vectors.safetensors", "metadata.json"),
  };
}

export function baselineNames(dataset: string, application: string): Names {
  return {
    id: `baseline/${dataset}/${application}`,
    outputs: files(`steering/${dataset}/${application}`, "baseline.json"),
  };
}

export function steeringNames(cell: Cell): Names {
  const name = `${subject(cell)}/${positionDirectory(cell.position)}/${cell.method}`;
  return {
    id: `steering/${name}`,
    outputs: files(`steering/${name}`, "results.jsonl", "responses.jsonl", "best.json"),
  };
}

function subject({ dataset, variant }: Cell): string {
  return `${dataset.value}/${variant.value}`;
}

function extractionFolder(cell: Cell): string {
  return `extraction/${subject(cell)}`;
}

function files(folder: string, ...names: readonly string[]): string[] {
  return names.map((name) => `${folder}/${name}`);
}
