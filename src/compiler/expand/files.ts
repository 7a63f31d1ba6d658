import type { Dataset } from "../../domain/experiment.ts";
import type { Files } from "../files/files.ts";
import type { Size } from "./cost.ts";

/** A spec without errors names nothing that was not read. */

export function datasetOf(files: Files, ref: string): Dataset {
  const dataset = files.datasets.get(ref);
  if (dataset === undefined) throw new Error(`Internal error: dataset ${ref} was not read`);
  return dataset;
}

export function sizeOf(files: Files, variant: string): Size {
  const model = files.models.get(variant);
  if (model === undefined) throw new Error(`Internal error: the model of ${variant} was not read`);
  return { layers: model.layers.value, hiddenSize: model.hiddenSize.value };
}
