import type { SearchParams } from "../domain/task-params.ts";

/** Where one layer's search stands. */
export interface SearchPoint {
  readonly coefficient: number;
  /** Smoothed factor from one coefficient to the next. */
  readonly velocity: number;
}

/** The first coefficient: a share of the residual's mean norm at that layer (vectors have unit norm). */
export function startPoint(params: SearchParams, residualNorm: number): SearchPoint {
  return { coefficient: params.start * residualNorm, velocity: 1 };
}

/**
 * The study's adaptive schedule: up while the answers stay coherent, down when they do not, each factor smoothed by
 * momentum. A coherence that is missing counts as incoherent.
 */
export function nextPoint(params: SearchParams, point: SearchPoint, coherence: number | null): SearchPoint {
  const factor = coherence !== null && coherence >= params.minCoherence ? params.up : params.down;
  const velocity = params.momentum * point.velocity + (1 - params.momentum) * factor;
  return { coefficient: point.coefficient * velocity, velocity };
}

/** One judged evaluation of a layer and a coefficient. */
export interface Evaluation {
  readonly layer: number;
  readonly coefficient: number;
  readonly traitMean: number | null;
  readonly coherenceMean: number | null;
}

/** The highest trait score among evaluations that stay coherent; the earlier one of equals. */
export function bestEvaluation<E extends Evaluation>(evaluations: readonly E[], minCoherence: number): E | undefined {
  let best: E | undefined;
  for (const evaluation of evaluations) {
    if (evaluation.traitMean === null || evaluation.coherenceMean === null) continue;
    if (evaluation.coherenceMean < minCoherence) continue;
    if (best === undefined || evaluation.traitMean > (best.traitMean as number)) best = evaluation;
  }
  return best;
}
