import type { SteeringTask } from "../../domain/task.ts";
import { doneTasks, readLines, type Made } from "./made.ts";

/** All evaluations of one vector set, over all questions: where the search and the finer grid went. */
export interface Curves {
  readonly dataset: string;
  readonly trait: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  /** By layer, then coefficient. */
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly layer: number;
  readonly coefficient: number;
  readonly trait: number | null;
  /** Less the unsteered trait score. */
  readonly delta: number | null;
  readonly coherence: number | null;
  readonly n: number;
}

/** A line of results.jsonl or refined.jsonl, as far as it is read here. */
interface ResultLine {
  readonly type?: string;
  readonly result?: { readonly trait_mean: number | null; readonly coherence_mean: number | null; readonly n: number };
  readonly config?: {
    readonly vectors: readonly { readonly layer: number; readonly method: string; readonly weight: number }[];
  };
}

/** Of every search that is done, in the plan's order. */
export function curvesOf(made: Made): Curves[] {
  const refined = doneTasks(made, "refine");
  return doneTasks(made, "steering").map((search) => {
    const finer = refined.filter(({ needs }) => needs.includes(search.id));
    const lines = [
      ...(readLines(made, search, "results.jsonl") as ResultLine[]),
      ...finer.flatMap((task) => readLines(made, task, "refined.jsonl") as ResultLine[]),
    ];
    const { dataset, trait, variant, position, method } = search.params;
    return { dataset, trait, variant, position, method, points: pointsOf(lines, search) };
  });
}

function pointsOf(lines: readonly ResultLine[], { params }: SteeringTask): CurvePoint[] {
  const unsteered = lines.find(({ type }) => type === "baseline")?.result?.trait_mean ?? null;
  const points = lines.flatMap(({ result, config }): CurvePoint[] => {
    const [vector] = config?.vectors ?? [];
    // Random directions stand in the same file, under names of their own.
    if (result === undefined || vector?.method !== params.method) return [];
    const { trait_mean: trait, coherence_mean: coherence, n } = result;
    const delta = trait === null || unsteered === null ? null : trait - unsteered;
    return [{ layer: vector.layer, coefficient: vector.weight, trait, delta, coherence, n }];
  });
  return points.toSorted((a, b) => a.layer - b.layer || a.coefficient - b.coefficient);
}

/** The layers of some points, ascending. */
export function layersOf(points: readonly CurvePoint[]): number[] {
  return [...new Set(points.map(({ layer }) => layer))];
}

/** Largest Δ of each layer among coherent evaluations of all these vector sets, ascending by layer. */
export function bestByLayer(
  curves: readonly Curves[],
  minCoherence: number,
): readonly { readonly layer: number; readonly delta: number }[] {
  const best = new Map<number, number>();
  for (const { layer, delta, coherence } of curves.flatMap(({ points }) => points)) {
    if (delta === null || coherence === null || coherence < minCoherence) continue;
    best.set(layer, Math.max(delta, best.get(layer) ?? -Infinity));
  }
  return [...best].map(([layer, delta]) => ({ layer, delta })).toSorted((a, b) => a.layer - b.layer);
}
