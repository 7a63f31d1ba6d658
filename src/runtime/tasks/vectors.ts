import { decodeSafetensors, encodeSafetensors } from "../../domain/safetensors.ts";
import type { VectorsTask } from "../../domain/task.ts";
import { METHODS } from "../../methods/index.ts";
import { RuntimeFailure } from "../failures.ts";
import { onlyTask, outputPath, type Executor, type Outputs, type TaskContext } from "./context.ts";

/** Fits one vector a layer from one activation set. */
export const runVectors: Executor<VectorsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const method = METHODS[params.method as keyof typeof METHODS];
  const { data, nPositive, rows, layers, hidden } = readActivations(task, context);
  const vectors = new Float32Array(layers * hidden); // [layer, hidden]
  const perLayer: object[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const matrix = (from: number, to: number) => {
      const out = new Float32Array((to - from) * hidden);
      for (let row = from; row < to; row++) {
        const start = (row * layers + layer) * hidden;
        out.set(data.subarray(start, start + hidden), (row - from) * hidden);
      }
      return { data: out, rows: to - from, columns: hidden };
    };
    const fitted = method.fit(matrix(0, nPositive), matrix(nPositive, rows));
    if ("failure" in fitted) {
      throw new RuntimeFailure(
        "vector-degenerate",
        `${params.method} gives no direction at layer ${layer} of ${params.dataset} ${params.position}: ${fitted.failure}`,
        "Look at the responses of this set: positives and negatives may be the same text.",
      );
    }
    vectors.set(fitted.vector, layer * hidden);
    perLayer.push({
      layer,
      norm: fitted.norm,
      baseline: fitted.baseline,
      ...(fitted.bias === undefined ? {} : { bias: fitted.bias }),
      ...(fitted.trainAccuracy === undefined ? {} : { train_acc: fitted.trainAccuracy }),
    });
    context.progress({ done: layer + 1, total: layers, unit: "rows", doing: `layer ${layer}` });
  }
  const metadata = { ...params, n_layers: layers, hidden_dim: hidden, layers: perLayer };
  const outputs: Outputs = new Map<string, Uint8Array | string>([
    [
      outputPath(task, "vectors.safetensors"),
      encodeSafetensors({ vectors: { shape: [layers, hidden], data: vectors } }),
    ],
    [outputPath(task, "metadata.json"), `${JSON.stringify(metadata, null, 2)}\n`],
  ]);
  return new Map([[task.id, outputs]]);
};

interface Activations {
  /** [sample, layer, hidden], positives first */
  readonly data: Float32Array;
  readonly nPositive: number;
  readonly rows: number;
  readonly layers: number;
  readonly hidden: number;
}

function readActivations(task: VectorsTask, context: TaskContext): Activations {
  const [needed] = context.experiment.tasks.filter((upstream) => upstream.id === task.needs[0]);
  if (needed === undefined) throw new Error(`Internal error: ${task.id} needs no activations`);
  const { data, shape } = decodeSafetensors(
    context.readFile(outputPath(needed, "train_all_layers.safetensors")),
    "activations",
  );
  const metadata = JSON.parse(Buffer.from(context.readFile(outputPath(needed, "metadata.json"))).toString()) as {
    readonly n_pos: number;
  };
  const [rows = 0, layers = 0, hidden = 0] = shape;
  return { data, nPositive: metadata.n_pos, rows, layers, hidden };
}
