import type { WeightsTask } from "../../domain/task.ts";
import {
  logitLensTokens,
  residualChanges,
  WRITERS,
  type LensToken,
  type LensTokens,
  type WeightPair,
} from "../../engine/index.ts";
import type { JsonObject } from "../../util/json.ts";
import { norm } from "../../math/vector.ts";
import type { TaskContext } from "./context.ts";
import { exact, nameOf, rounded, vectorSetsOf, watchOf } from "./weights-document.ts";

const DEFINITIONS = {
  delta_residual:
    "mean over the input dimension of ΔW_o plus the same of ΔW_down, Δ = to − from: what the layer's writers would add to the residual stream for an input of ones, divided by its length. Where a norm follows the writers (Gemma 2), their rows are multiplied by its weight",
  lens: "logits of `to` where the residual stream is the direction itself: d / rms(d), times the final norm's weight, times the output matrix, and through the model's softcap if it has one. The final norm is RMSNorm with the direction's own root mean square and without its epsilon, so a direction's length changes nothing: only the order and the relations of the values mean something",
  toward: "the tokens of the largest values, largest first; the lower id first where values are equal",
  away: "the tokens of the smallest values, smallest first",
  vectors: "of every vector set, the layer's own vector",
};

/** The tokens that every layer's change, and every vector, points to. Rejects with EngineFailure. */
export async function lensDocument(task: WeightsTask, pair: WeightPair, context: TaskContext): Promise<JsonObject> {
  const sets = vectorSetsOf(task, pair, context);
  const { topK } = task.params;
  const watch = watchOf(pair.layers * WRITERS.length + 1, context);
  const residuals = await residualChanges(pair, watch);
  const vectors = sets.flatMap((set) => set.vectors.map((vector) => Float64Array.from(vector)));
  const found = await logitLensTokens(pair, [...residuals, ...vectors], topK, watch);
  return {
    definitions: DEFINITIONS,
    top_k: topK,
    layers: residuals.map((residual, layer) => ({
      layer,
      delta_residual: { norm: exact(norm(residual)), ...tokensOf(found[layer]) },
      vectors: sets.map((set, index) => ({ ...nameOf(set), ...tokensOf(found[(index + 1) * pair.layers + layer]) })),
    })),
  };
}

/** A layer that did not change points nowhere. */
function tokensOf(tokens: LensTokens | undefined): JsonObject {
  const rows = (ranked: readonly LensToken[]) =>
    ranked.map(({ id, text, value }) => ({ id, text, value: rounded(value) }));
  return { toward: rows(tokens?.toward ?? []), away: rows(tokens?.away ?? []) };
}
