import type { Captured, CaptureRow, Model } from "../../domain/engine.ts";
import { heldOutRows } from "../../domain/held-out.ts";
import { parsePosition, positionIndices, type Position } from "../../domain/position.ts";
import type { ActivationsTask } from "../../domain/task.ts";
import { mean } from "../../math/statistics.ts";
import { RuntimeFailure } from "../failures.ts";
import { activationFiles, type ActivationsMetadata, type SampleId, type Samples } from "./activation-files.ts";
import { captureInSteps } from "./capture-steps.ts";
import { datasetOf, neededTask, variantOf, type Executor, type Outputs } from "./context.ts";
import { readResponses, type Polarity, type StoredResponse } from "./responses-file.ts";
import { readVetting } from "./vetting.ts";

/**
 * Captures the residual stream of one response set at the positions of all the given tasks, in one forward pass a
 * response. A response with no token at a position has no sample there; such responses are counted in the metadata.
 */
export const runActivations: Executor<ActivationsTask> = async (tasks, context) => {
  const [first] = tasks;
  if (first === undefined) throw new Error("Internal error: no activations task");
  const { dataset, variant, heldOut } = first.params;
  const held = heldOutRows(datasetOf(context.experiment, dataset), heldOut);
  const positions = tasks.map((task) => readPosition(task.params.position));
  const vetting = readVetting(first, context);
  const kept = vetting && new Set(vetting.results.filter((one) => one.kept).map(keyOf));
  const samples = readResponses(neededTask(first, "responses", context.experiment), context)
    .filter(({ polarity, response }) => kept?.has(keyOf({ ...response, polarity })) ?? true)
    .map(({ polarity, response }) =>
      sampleOf(response, polarity, held[polarity][response.scenario] === true, positions),
    );
  const rows = samples.filter((sample) => sample.row.pools.length > 0);
  const model = await context.model(variant);
  const captured = await captureInSteps(
    model,
    rows.map((sample) => sample.row),
    `capturing ${tasks.map((task) => task.params.position).join(" ")}`,
    context,
  );
  const resultOf = new Map(rows.map((sample, index) => [sample, captured[index] as Captured]));
  const files = tasks.map((task, position): [string, Outputs] => {
    const present = samples.flatMap((sample): Pooled[] => {
      const pool = sample.poolOf[position];
      return pool === undefined ? [] : [{ ...sample, pool, captured: resultOf.get(sample) as Captured }];
    });
    const empty = samples.filter((sample) => sample.poolOf[position] === undefined);
    const train = present.filter((sample) => !sample.heldOut);
    const val = present.filter((sample) => sample.heldOut);
    requireSamples(task, train);
    if (empty.length > 0) context.notice(emptyWords(task, empty, samples.length));
    const metadata: ActivationsMetadata = {
      dataset,
      variant,
      model: variantOf(context.experiment, variant).model,
      position: task.params.position,
      component: task.params.component,
      n_layers: model.layers,
      hidden_dim: model.hiddenSize,
      n_pos: count(train, "positive"),
      n_neg: count(train, "negative"),
      val_split: heldOut,
      n_val_pos: count(val, "positive"),
      n_val_neg: count(val, "negative"),
      n_filtered_pos: vetting?.summary.positive.dropped ?? 0,
      n_filtered_neg: vetting?.summary.negative.dropped ?? 0,
      n_empty_pos: count(empty, "positive"),
      n_empty_neg: count(empty, "negative"),
      activation_norms: meanNorms(train, model.layers),
      rows: { train: train.map(({ id }) => id), val: val.map(({ id }) => id) },
    };
    return [task.id, activationFiles(task, { train: stack(train, model), val: stack(val, model) }, metadata)];
  });
  return new Map(files);
};

interface Sample {
  readonly polarity: Polarity;
  readonly id: SampleId;
  readonly heldOut: boolean;
  readonly row: CaptureRow;
  /** Index into row.pools for each position; undefined where the response has no token there. */
  readonly poolOf: readonly (number | undefined)[];
}

/** A sample at one position. */
interface Pooled extends Sample {
  readonly pool: number;
  readonly captured: Captured;
}

function sampleOf(
  response: StoredResponse,
  polarity: Polarity,
  heldOut: boolean,
  positions: readonly Position[],
): Sample {
  const { scenario, rollout, prompt_ids: prompt, response_ids: ids } = response;
  const pools: number[][] = [];
  const poolOf = positions.map((position) => {
    const indices = positionIndices(position, prompt.length, ids.length);
    return indices.length === 0 ? undefined : pools.push(indices) - 1;
  });
  return { polarity, id: [scenario, rollout], heldOut, row: { ids: [...prompt, ...ids], pools }, poolOf };
}

function count(samples: readonly Sample[], polarity: Polarity): number {
  return samples.filter((sample) => sample.polarity === polarity).length;
}

function stack(samples: readonly Pooled[], { layers, hiddenSize }: Pick<Model, "layers" | "hiddenSize">): Samples {
  const size = layers * hiddenSize;
  const data = new Float32Array(samples.length * size); // [row, layer, hidden]
  for (const [row, { captured, pool }] of samples.entries()) {
    data.set(captured.means.subarray(pool * size, (pool + 1) * size), row * size);
  }
  return { data, ids: samples.map(({ id }) => id), nPositive: count(samples, "positive") };
}

function meanNorms(samples: readonly Pooled[], layers: number): number[] {
  return Array.from({ length: layers }, (_, layer) =>
    mean(samples.map(({ captured, pool }) => captured.norms[pool * layers + layer] as number)),
  );
}

/** Which response it is. */
function keyOf({ polarity, scenario, rollout }: { polarity: Polarity; scenario: number; rollout: number }): string {
  return [polarity, scenario, rollout].join();
}

function emptyWords({ params }: ActivationsTask, empty: readonly Sample[], all: number): string {
  const { dataset, variant, position } = params;
  const split = `${count(empty, "positive")} positive, ${count(empty, "negative")} negative`;
  return `${dataset}, ${variant}: ${empty.length} of ${all} responses have no token at ${position} (${split}), and no row there.`;
}

function readPosition(text: string): Position {
  const position = parsePosition(text);
  if ("error" in position) throw new Error(`Internal error: position ${text} was not checked`);
  return position;
}

function requireSamples({ params }: ActivationsTask, train: readonly Sample[]): void {
  for (const polarity of ["positive", "negative"] as const) {
    if (count(train, polarity) > 0) continue;
    throw new RuntimeFailure(
      "vector-degenerate",
      `No ${polarity} response of ${params.dataset} that is not held out has a token at ${params.position}.`,
      "Look at the responses: the model may end at once. A wider position or more tokens may help.",
    );
  }
}
