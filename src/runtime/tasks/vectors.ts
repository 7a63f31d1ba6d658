import { encodeSafetensors } from "../../domain/safetensors-encode.ts";
import type { VectorsTask } from "../../domain/task.ts";
import { methodNamed } from "../../methods/index.ts";
import { separation, type Separation } from "../../methods/separation.ts";
import type { FittedVector, Pair, Rows } from "../../methods/types.ts";
import type { JsonObject } from "../../util/json.ts";
import { readableJson } from "../../util/readable-json.ts";
import { RuntimeFailure } from "../failures.ts";
import { readActivations, type SampleCounts, type Samples } from "./activation-files.ts";
import {
  datasetOf,
  neededTask,
  onlyTask,
  outputPath,
  type Executor,
  type Outputs,
  type TaskContext,
} from "./context.ts";

/** What stands beside a set's vectors; beside those that were made elsewhere, what is known of them. */
export interface VectorsMetadata extends JsonObject, Partial<SampleCounts> {
  readonly dataset: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  readonly n_layers: number;
  readonly hidden_dim: number;
  /** Fitted rows that are pairs; null for a dataset without. */
  readonly n_pairs: number | null;
  readonly layers: readonly LayerMetadata[];
}

/** Of one layer's vector; null is what cannot be measured. */
export interface LayerMetadata extends JsonObject {
  readonly layer: number;
  readonly norm: number | null;
  readonly baseline: number | null;
  readonly bias?: number;
  readonly train_acc: number | null;
  readonly val_acc: number | null;
  readonly train_effect_size: number | null;
  readonly val_effect_size: number | null;
}

/** Fits one vector a layer from one activation set, and measures it on the rows that were held out. */
export const runVectors: Executor<VectorsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const { train, val, metadata } = readActivations(neededTask(task, "activations", context.experiment), context);
  const { n_layers: layers, hidden_dim: hidden } = metadata;
  const method = methodNamed(params.method);
  const pairs = pairsOf(train, params.dataset, context);
  // A null of another set is another direction.
  const seed = [params.seed, params.dataset, params.variant, params.position].join("/");
  const vectors = new Float32Array(layers * hidden); // [layer, hidden]
  const perLayer = Array.from({ length: layers }, (_, layer) => {
    const [positives, negatives] = classesOf(train, layer, layers, hidden);
    const fitted = method.fit(positives, negatives, { pairs, seed: `${seed}/${layer}` });
    if ("failure" in fitted) {
      throw new RuntimeFailure(
        "vector-degenerate",
        `${params.method} gives no direction at layer ${layer} of ${params.dataset} ${params.position}: ${fitted.failure}`,
        "Look at the responses of this set: positives and negatives may be the same text.",
      );
    }
    vectors.set(fitted.vector, layer * hidden);
    context.progress({ done: layer + 1, total: layers, unit: "rows", doing: `layer ${layer}` });
    const held = separation(fitted, ...classesOf(val, layer, layers, hidden));
    return layerMetadata(layer, fitted, separation(fitted, positives, negatives), held);
  });
  const document: VectorsMetadata = {
    ...params,
    n_layers: layers,
    hidden_dim: hidden,
    n_pos: metadata.n_pos,
    n_neg: metadata.n_neg,
    n_val_pos: metadata.n_val_pos,
    n_val_neg: metadata.n_val_neg,
    n_filtered_pos: metadata.n_filtered_pos,
    n_filtered_neg: metadata.n_filtered_neg,
    n_empty_pos: metadata.n_empty_pos,
    n_empty_neg: metadata.n_empty_neg,
    n_pairs: pairs?.length ?? null,
    layers: perLayer,
  };
  const outputs: Outputs = new Map<string, Uint8Array | string>([
    [
      outputPath(task, "vectors.safetensors"),
      encodeSafetensors({ vectors: { shape: [layers, hidden], data: vectors } }),
    ],
    [outputPath(task, "metadata.json"), readableJson(document)],
  ]);
  return new Map([[task.id, outputs]]);
};

function layerMetadata(layer: number, fitted: FittedVector, train?: Separation, val?: Separation): LayerMetadata {
  return {
    layer,
    norm: fitted.norm,
    baseline: fitted.baseline,
    ...(fitted.bias === undefined ? {} : { bias: fitted.bias }),
    train_acc: train?.accuracy ?? null,
    val_acc: val?.accuracy ?? null,
    train_effect_size: train?.effectSize ?? null,
    val_effect_size: val?.effectSize ?? null,
  };
}

/** Residuals of one layer, by class. */
function classesOf({ data, ids, nPositive }: Samples, layer: number, layers: number, hidden: number): [Rows, Rows] {
  const of = (from: number, to: number): Rows => {
    const rows = new Float32Array((to - from) * hidden);
    for (let row = from; row < to; row++) {
      const start = (row * layers + layer) * hidden;
      rows.set(data.subarray(start, start + hidden), (row - from) * hidden);
    }
    return { data: rows, rows: to - from, columns: hidden };
  };
  return [of(0, nPositive), of(nPositive, ids.length)];
}

/**
 * Rows of the same scenario and rollout. A dataset comes in pairs when both files have as many rows: row i of one then is
 * row i of the other.
 */
function pairsOf({ ids, nPositive }: Samples, dataset: string, { experiment }: TaskContext): Pair[] | undefined {
  const { positive, negative } = datasetOf(experiment, dataset);
  if (positive.length !== negative.length) return undefined;
  const negatives = new Map(ids.slice(nPositive).map((id, row) => [id.join(), row]));
  return ids.slice(0, nPositive).flatMap((id, row): Pair[] => {
    const other = negatives.get(id.join());
    return other === undefined ? [] : [[row, other]];
  });
}
