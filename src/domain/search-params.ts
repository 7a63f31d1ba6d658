import type { JsonValue } from "../util/json.ts";

type JsonObjectLike = Readonly<Record<string, JsonValue>>;

/** How coefficients are searched for. */
export type SearchParams = AdaptiveParams | BracketParams;

export interface AdaptiveParams extends JsonObjectLike {
  readonly algorithm: "adaptive";
  readonly evaluations: number;
  readonly start: number;
  readonly up: number;
  readonly down: number;
  readonly momentum: number;
  readonly minCoherence: number;
}

export interface BracketParams extends JsonObjectLike {
  readonly algorithm: "bracket";
  readonly steps: number;
  /** Coefficients tried at a layer in a step. */
  readonly points: number;
  /** The middle of the first step's coefficients, in units of the residual's mean norm. */
  readonly start: number;
  /** Factor between neighbours of the first step, and beyond what was tried. */
  readonly spread: number;
  /** Share of the layers that goes on after a step. */
  readonly keep: number;
  readonly minCoherence: number;
}

/** Where the search of a layer begins; `residualNorm` is the mean over the application's own tokens (vectors have unit norm). */
export function firstCoefficient(params: SearchParams, residualNorm: number): number {
  return params.start * residualNorm;
}

/** How many of `layers` layers are tried in a step, counted from 0. */
export function layersInStep(params: SearchParams, layers: number, step: number): number {
  // A share that is no binary fraction: without the sliver, 4 · 0.3 ** 0 … may round up to one more.
  return params.algorithm === "adaptive" ? layers : Math.max(1, Math.ceil(layers * params.keep ** step - 1e-9));
}

/** How many coefficients are tried at a layer in a step. */
export function pointsInStep(params: SearchParams): number {
  return params.algorithm === "adaptive" ? 1 : params.points;
}

export function stepsOf(params: SearchParams): number {
  return params.algorithm === "adaptive" ? params.evaluations : params.steps;
}

/** How many layers and coefficients are tried in all. */
export function trialCount(params: SearchParams, layers: number): number {
  let count = 0;
  for (let step = 0; step < stepsOf(params); step++) count += layersInStep(params, layers, step) * pointsInStep(params);
  return count;
}
