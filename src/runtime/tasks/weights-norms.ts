import type { WeightsTask } from "../../domain/task.ts";
import { weightNorms, type WeightNorm, type WeightPair } from "../../engine/index.ts";
import { groupBy } from "../../util/group-by.ts";
import type { JsonObject } from "../../util/json.ts";
import type { TaskContext } from "./context.ts";
import { exact, watchOf } from "./weights-document.ts";

const MATRICES: ReadonlySet<string> = new Set([
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
]);

const DEFINITIONS = {
  change: "‖θ_to − θ_from‖, the Frobenius norm of the change, summed in fp64",
  relative: "‖θ_to − θ_from‖ / ‖θ_from‖; null where θ_from is zero",
  cosine: "⟨θ_from, θ_to⟩ / (‖θ_from‖ ‖θ_to‖), the weights as one long vector; null where either is zero",
  sum_of_changes: "Σ change over q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj and down_proj of the layer",
  layers: "arrays by layer, counted from 0",
};

/** How much every weight changed. Rejects with EngineFailure. */
export async function normsDocument(_: WeightsTask, pair: WeightPair, context: TaskContext): Promise<JsonObject> {
  const norms = await weightNorms(pair, watchOf(pair.tensors.length, context));
  const inLayers = groupBy(
    norms.filter(({ layer }) => layer !== undefined),
    ({ component }) => component,
  );
  const sums = Array.from({ length: pair.layers }, (_unused, layer) =>
    norms
      .filter((norm) => norm.layer === layer && MATRICES.has(norm.component))
      .reduce((sum, { change }) => sum + change, 0),
  );
  return {
    definitions: DEFINITIONS,
    layers: {
      layer: sums.map((_unused, layer) => layer),
      sum_of_changes: sums.map(exact),
      ...Object.fromEntries([...inLayers].map(([component, byLayer]) => [component, columnsOf(byLayer)])),
    },
    outside_layers: Object.fromEntries(
      norms.filter(({ layer }) => layer === undefined).map((norm) => [norm.component, rowOf(norm)]),
    ),
  };
}

/** A component's norms, which come in the order of the layers. */
function columnsOf(norms: readonly WeightNorm[]): JsonObject {
  const rows = norms.map(rowOf);
  return {
    change: rows.map(({ change }) => change),
    relative: rows.map(({ relative }) => relative),
    cosine: rows.map(({ cosine }) => cosine),
  };
}

function rowOf({ change, relative, cosine }: WeightNorm) {
  return {
    change: exact(change),
    relative: relative === null ? null : exact(relative),
    cosine: cosine === null ? null : exact(cosine),
  };
}
