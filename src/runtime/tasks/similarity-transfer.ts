import type { RefineTask, SimilarityTask, SteeringTask } from "../../domain/task.ts";
import { outputPath, type TaskContext } from "./context.ts";

/** How well vectors of one dataset work at each layer. */
export interface TransferCurve {
  /** `<set>/<trait>` */
  readonly dataset: string;
  /** Ascending; layers without a coherent evaluation are not there. */
  readonly points: readonly TransferPoint[];
}

/** The best evaluation of a layer, among all positions, methods and coefficients. */
export interface TransferPoint {
  readonly layer: number;
  /** Trait score − baseline score. */
  readonly delta: number;
  readonly position: string;
  readonly method: string;
  readonly coefficient: number;
  readonly coherence: number;
}

/** A line of a search's results, or of its finer grid's, as far as it is read here. */
interface ResultLine {
  readonly type?: string;
  readonly result?: { readonly trait_mean: number | null; readonly coherence_mean: number | null };
  readonly config?: {
    readonly vectors: readonly { readonly layer: number; readonly method: string; readonly weight: number }[];
  };
}

/** Of the searches and finer grids that the task needs, a curve for each dataset, in the plan's order. */
export function transferCurves(task: SimilarityTask, context: TaskContext): TransferCurve[] {
  const needed = new Set(task.needs);
  const best = new Map<string, Map<number, TransferPoint>>();
  for (const search of context.experiment.tasks) {
    if ((search.kind !== "steering" && search.kind !== "refine") || !needed.has(search.id)) continue;
    const { dataset } = search.params;
    const layers = best.get(dataset) ?? new Map<number, TransferPoint>();
    best.set(dataset, layers);
    for (const point of coherentPoints(search, task.params.minCoherence, context)) {
      // The earlier of equals, as everywhere.
      const known = layers.get(point.layer);
      if (known === undefined || point.delta > known.delta) layers.set(point.layer, point);
    }
  }
  return [...best].map(([dataset, layers]) => ({
    dataset,
    points: [...layers.values()].toSorted((a, b) => a.layer - b.layer),
  }));
}

function coherentPoints(
  search: SteeringTask | RefineTask,
  minCoherence: number,
  context: TaskContext,
): TransferPoint[] {
  const { position, method } = search.params;
  const file = search.kind === "steering" ? "results.jsonl" : "refined.jsonl";
  const text = Buffer.from(context.readFile(outputPath(search, file))).toString();
  const lines = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as ResultLine]));
  const baseline = lines.find(({ type }) => type === "baseline")?.result?.trait_mean ?? null;
  return lines.flatMap(({ result, config }): TransferPoint[] => {
    const [vector] = config?.vectors ?? [];
    // Random directions stand in the same file, under names of their own.
    if (vector?.method !== method || baseline === null) return [];
    const { trait_mean: trait = null, coherence_mean: coherence = null } = result ?? {};
    if (trait === null || coherence === null || coherence < minCoherence) return [];
    return [{ layer: vector.layer, delta: trait - baseline, position, method, coefficient: vector.weight, coherence }];
  });
}
