import { decodeSafetensors } from "../../domain/safetensors.ts";
import { encodeSafetensors } from "../../domain/safetensors-encode.ts";
import type { ActivationsTask } from "../../domain/task.ts";
import { readableJson } from "../../util/readable-json.ts";
import { outputPath, type Outputs, type TaskContext } from "./context.ts";

/** Which response a row of residuals is of. */
export type SampleId = readonly [scenario: number, rollout: number];

/** Residuals at one position, positives first. */
export interface Samples {
  /** [row, layer, hidden] */
  readonly data: Float32Array;
  /** [row] */
  readonly ids: readonly SampleId[];
  readonly nPositive: number;
}

/** What became of the positive and the negative responses. */
export interface SampleCounts {
  /** Rows that vectors are fitted on. */
  readonly n_pos: number;
  readonly n_neg: number;
  /** Rows that are held out. */
  readonly n_val_pos: number;
  readonly n_val_neg: number;
  /** Responses that vetting dropped. */
  readonly n_filtered_pos: number;
  readonly n_filtered_neg: number;
  /** Of the others, those without a token at the position. */
  readonly n_empty_pos: number;
  readonly n_empty_neg: number;
}

/** What stands beside the tensors. The names are those of the study that this tool grew from. */
export interface ActivationsMetadata extends SampleCounts {
  readonly dataset: string;
  readonly variant: string;
  readonly model: string;
  readonly position: string;
  readonly component: string;
  readonly n_layers: number;
  readonly hidden_dim: number;
  readonly val_split: number;
  /** Mean L2 norm of the residual over the tokens of the fitted rows, [layer]. */
  readonly activation_norms: readonly number[];
  /** Of the rows of each file, in their order. */
  readonly rows: { readonly train: readonly SampleId[]; readonly val: readonly SampleId[] };
}

const TENSOR = "activations";
const METADATA = "metadata.json";
const fileOf = (part: "train" | "val"): string => `${part}_all_layers.safetensors`;

export function activationFiles(
  task: ActivationsTask,
  parts: { readonly train: Samples; readonly val: Samples },
  metadata: ActivationsMetadata,
): Outputs {
  const { n_layers: layers, hidden_dim: hidden } = metadata;
  const tensors = (["train", "val"] as const).map((part): [string, Uint8Array] => {
    const { data, ids } = parts[part];
    return [
      outputPath(task, fileOf(part)),
      encodeSafetensors({ [TENSOR]: { shape: [ids.length, layers, hidden], data } }),
    ];
  });
  return new Map<string, Uint8Array | string>([
    ...tensors,
    [outputPath(task, METADATA), readableJson({ ...metadata })],
  ]);
}

export function readActivations(
  task: ActivationsTask,
  context: TaskContext,
): { readonly train: Samples; readonly val: Samples; readonly metadata: ActivationsMetadata } {
  const metadata = JSON.parse(
    Buffer.from(context.readFile(outputPath(task, METADATA))).toString(),
  ) as ActivationsMetadata;
  const read = (part: "train" | "val", nPositive: number): Samples => ({
    data: decodeSafetensors(context.readFile(outputPath(task, fileOf(part))), TENSOR).data,
    ids: metadata.rows[part],
    nPositive,
  });
  return { train: read("train", metadata.n_pos), val: read("val", metadata.n_val_pos), metadata };
}
