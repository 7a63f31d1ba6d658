import type { CaptureRow } from "../../domain/engine.ts";
import { parsePosition, positionIndices, type Position } from "../../domain/position.ts";
import { encodeSafetensors } from "../../domain/safetensors.ts";
import type { ActivationsTask } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import { outputPath, variantOf, type Executor, type Outputs } from "./context.ts";
import { captureInSteps } from "./capture-steps.ts";
import { parseResponses, type StoredResponse } from "./responses-file.ts";

/**
 * Captures the residual stream of one response set at the positions of all the given tasks, in one forward pass a
 * response. A response with no token at a position has no sample there; such responses are counted in the metadata.
 */
export const runActivations: Executor<ActivationsTask> = async (tasks, context) => {
  const [first] = tasks;
  if (first === undefined) throw new Error("Internal error: no activations task");
  const { dataset, variant } = first.params;
  const folder = `extraction/${dataset}/${variant}/responses`;
  const read = (name: string): StoredResponse[] =>
    parseResponses(`${folder}/${name}`, context.readFile(`${folder}/${name}`));
  const positive = read("pos.json");
  const responses = [...positive, ...read("neg.json")];
  const positions = tasks.map((task) => readPosition(task.params.position));
  const samples = responses.map((response, index) => sampleOf(response, index < positive.length, positions));
  const rows = samples.filter((sample) => sample.row.pools.length > 0);
  const model = await context.model(variant);
  const captured = await captureInSteps(
    model,
    rows.map((sample) => sample.row),
    `capturing ${tasks.map((task) => task.params.position).join(" ")}`,
    context,
  );
  const resultOf = new Map(rows.map((sample, index) => [sample, captured[index]]));
  const size = model.layers * model.hiddenSize;
  const files = tasks.map((task, position): [string, Outputs] => {
    const present = samples.filter((sample) => sample.poolOf[position] !== undefined);
    const nPositive = present.filter((sample) => sample.positive).length;
    const counts = { n_pos: nPositive, n_neg: present.length - nPositive };
    requireSamples(task, counts);
    const data = new Float32Array(present.length * size); // [sample, layer, hidden], positives first
    const norms = new Float64Array(model.layers);
    for (const [index, sample] of present.entries()) {
      const pool = sample.poolOf[position] as number;
      const result = resultOf.get(sample);
      if (result === undefined) throw new Error("Internal error: a sample was not captured");
      data.set(result.means.subarray(pool * size, (pool + 1) * size), index * size);
      for (let layer = 0; layer < model.layers; layer++) {
        norms[layer]! += result.norms[pool * model.layers + layer]! / present.length;
      }
    }
    const shape = [present.length, model.layers, model.hiddenSize];
    const metadata = {
      dataset,
      variant,
      model: variantOf(context.experiment, variant).model,
      position: task.params.position,
      component: task.params.component,
      n_layers: model.layers,
      hidden_dim: model.hiddenSize,
      ...counts,
      n_empty: responses.length - present.length,
      activation_norms: [...norms],
    };
    return [
      task.id,
      new Map<string, Uint8Array | string>([
        [outputPath(task, "train_all_layers.safetensors"), encodeSafetensors({ activations: { shape, data } })],
        [outputPath(task, "metadata.json"), `${JSON.stringify(metadata, null, 2)}\n`],
      ]),
    ];
  });
  return new Map(files);
};

interface Sample {
  readonly positive: boolean;
  readonly row: CaptureRow;
  /** Index into row.pools for each position; undefined where the response has no token there. */
  readonly poolOf: readonly (number | undefined)[];
}

function sampleOf(response: StoredResponse, positive: boolean, positions: readonly Position[]): Sample {
  const pools: number[][] = [];
  const poolOf = positions.map((position) => {
    const indices = positionIndices(position, response.prompt_ids.length, response.response_ids.length);
    return indices.length === 0 ? undefined : pools.push(indices) - 1;
  });
  return { positive, row: { ids: [...response.prompt_ids, ...response.response_ids], pools }, poolOf };
}

function readPosition(text: string): Position {
  const position = parsePosition(text);
  if ("error" in position) throw new Error(`Internal error: position ${text} was not checked`);
  return position;
}

function requireSamples(task: ActivationsTask, counts: { readonly n_pos: number; readonly n_neg: number }): void {
  if (counts.n_pos > 0 && counts.n_neg > 0) return;
  throw new RuntimeFailure(
    "vector-degenerate",
    `No ${counts.n_pos === 0 ? "positive" : "negative"} response of ${task.params.dataset} has a token at ${task.params.position}.`,
    "Look at the responses: the model may end at once. A wider position or more tokens may help.",
  );
}
