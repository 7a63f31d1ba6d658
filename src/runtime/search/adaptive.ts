import type { AdaptiveParams } from "../../domain/search-params.ts";
import type { Start, Trial, Tried } from "./types.ts";

/** Where one layer's search stands. */
interface Point {
  readonly coefficient: number;
  /** Smoothed factor from one coefficient to the next. */
  readonly velocity: number;
}

/**
 * The study's adaptive schedule, all layers in lock-step: up while the answers stay coherent, down when they do not, each
 * factor smoothed by momentum. A coherence that is missing counts as incoherent.
 */
export function nextAdaptive(params: AdaptiveParams, starts: readonly Start[], tried: readonly Tried[]): Trial[] {
  if (tried.length >= params.evaluations * starts.length) return [];
  return starts.map(({ layer, first }) => {
    let point: Point = { coefficient: first, velocity: 1 };
    for (const one of tried) if (one.layer === layer) point = nextPoint(params, point, one.coherenceMean);
    return { layer, coefficient: point.coefficient };
  });
}

function nextPoint(params: AdaptiveParams, point: Point, coherence: number | null): Point {
  const factor = coherence !== null && coherence >= params.minCoherence ? params.up : params.down;
  const velocity = params.momentum * point.velocity + (1 - params.momentum) * factor;
  return { coefficient: point.coefficient * velocity, velocity };
}
