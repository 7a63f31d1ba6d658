import { dirname } from "node:path/posix";
import { decodeSafetensors } from "../../domain/safetensors.ts";
import type { VectorsTask } from "../../domain/task.ts";
import { outputPath } from "../tasks/context.ts";
import type { VectorsMetadata } from "../tasks/vectors.ts";
import type { ExportSource } from "./types.ts";

/** One direction a layer. */
export interface ExportedSet {
  readonly task: VectorsTask;
  readonly metadata: VectorsMetadata;
  /** [layer], each [hidden] and of norm 1 */
  readonly directions: readonly Float32Array[];
  /** Of a file that holds the whole set, without an extension: `extraction/<set>/…/<method>`. */
  readonly path: string;
}

/** The exported vector sets. Throws RuntimeFailure `artifact-damaged`. */
export function* vectorSets({ tasks, readFile }: ExportSource): Generator<ExportedSet> {
  for (const { task } of tasks) {
    if (task.kind !== "vectors") continue;
    const file = outputPath(task, "vectors.safetensors");
    const { data, shape } = decodeSafetensors(readFile(file), "vectors");
    const [layers = 0, hidden = 0] = shape;
    const directions = Array.from({ length: layers }, (_, layer) =>
      data.subarray(layer * hidden, (layer + 1) * hidden),
    );
    const metadata = JSON.parse(Buffer.from(readFile(outputPath(task, "metadata.json"))).toString()) as VectorsMetadata;
    yield { task, metadata, directions, path: dirname(file) };
  }
}

/** What a set is, as texts, for the metadata of a file that goes elsewhere. */
export function describeSet({ task, metadata }: ExportedSet, { experiment }: ExportSource): Record<string, string> {
  const { dataset, variant, position, component, method } = task.params;
  const model = experiment.variants.get(variant);
  return {
    experiment: experiment.name,
    dataset,
    model: model?.model ?? variant,
    position,
    component,
    method,
    layers: String(metadata.n_layers),
    hidden_size: String(metadata.hidden_dim),
  };
}
