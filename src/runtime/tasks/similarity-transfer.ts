import { heldOutQuestions } from "../../domain/held-out.ts";
import type { RefineTask, SimilarityTask, SteeringTask } from "../../domain/task.ts";
import { mean } from "../../math/statistics.ts";
import { groupBy } from "../../util/group-by.ts";
import { choose, differencesOn, splitOf, summarise } from "../effect.ts";
import type { TaskContext } from "./context.ts";
import { readBaseline, readSteered } from "./steering-inputs.ts";

/** How well vectors of one dataset work at each layer. */
export interface TransferCurve {
  /** `<set>/<trait>` */
  readonly dataset: string;
  /** Ascending; layers without a coherent evaluation are not there. */
  readonly points: readonly TransferPoint[];
}

/** What the selecting questions choose of a layer's positions, methods and coefficients, on the reporting ones. */
export interface TransferPoint {
  readonly layer: number;
  /** Trait score − baseline score. */
  readonly delta: number;
  readonly position: string;
  readonly method: string;
  readonly coefficient: number;
  readonly coherence: number;
}

/** Of the searches and finer grids that the task needs, a curve for each dataset, in the plan's order. */
export function transferCurves(task: SimilarityTask, context: TaskContext): TransferCurve[] {
  const needed = new Set(task.needs);
  const searches = context.experiment.tasks.filter(
    (one): one is SteeringTask | RefineTask => (one.kind === "steering" || one.kind === "refine") && needed.has(one.id),
  );
  return [...groupBy(searches, ({ params }) => params.dataset)].map(([dataset, all]) => ({
    dataset,
    points: pointsOf(all, task.params.minCoherence, context).toSorted((a, b) => a.layer - b.layer),
  }));
}

/** Of searches that asked the same questions. */
function pointsOf(
  searches: readonly (SteeringTask | RefineTask)[],
  minCoherence: number,
  context: TaskContext,
): TransferPoint[] {
  const [first] = searches;
  if (first === undefined) return [];
  const unsteered = readBaseline(first, context).responses;
  const split = splitOf(heldOutQuestions(unsteered.length, first.params.heldOut));
  const evaluations = searches.flatMap((search) => {
    const { position, method } = search.params;
    // Random directions stand in the same file, under names of their own.
    const own = readSteered(search, context).filter((one) => one.method === method);
    return own.map((one) => ({ ...one, position }));
  });
  return [...groupBy(evaluations, ({ layer }) => String(layer)).values()].flatMap((there): TransferPoint[] => {
    const best = choose(there, split, minCoherence);
    if (best === undefined) return [];
    const deltas = differencesOn(split.reporting, best.scores, unsteered);
    const { coherence_mean: coherence } = summarise(best.scores, split.reporting);
    if (deltas.length === 0 || coherence === null) return [];
    const { layer, position, method, coefficient } = best;
    return [{ layer, delta: mean(deltas), position, method, coefficient, coherence }];
  });
}
