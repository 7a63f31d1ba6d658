import { layersInStep, type BracketParams } from "../../domain/search-params.ts";
import type { Start, Trial, Tried } from "./types.ts";

/**
 * Brackets the coefficient at which each layer's answers lose their coherence, several coefficients at a time, and goes on
 * with the layers that promise most. The first step is spread around the start; each later one lies between the largest
 * coherent coefficient and the next larger one that is not, or beyond what was tried if there is no such pair.
 */
export function nextBracket(params: BracketParams, starts: readonly Start[], tried: readonly Tried[]): Trial[] {
  let [step, before] = [0, 0];
  while (before < tried.length) before += layersInStep(params, starts.length, step++) * params.points;
  if (step >= params.steps) return [];
  const at = (layer: number): Tried[] =>
    tried.filter((one) => one.layer === layer).toSorted((a, b) => a.coefficient - b.coefficient);
  // The earlier of equals, so that layers without any promise go on in their order.
  const promising =
    step === 0 ? starts : starts.toSorted((a, b) => promise(at(b.layer), params) - promise(at(a.layer), params));
  return promising
    .slice(0, layersInStep(params, starts.length, step))
    .flatMap(({ layer, first }) =>
      coefficients(at(layer), first, params).map((coefficient) => ({ layer, coefficient })),
    );
}

/** `points` are a layer's, ascending. */
function coefficients(
  points: readonly Tried[],
  first: number,
  { points: count, spread, minCoherence }: BracketParams,
): number[] {
  const each = (of: (index: number) => number): number[] => Array.from({ length: count }, (_, index) => of(index));
  const [smallest, largest] = [points[0], points.at(-1)];
  if (smallest === undefined || largest === undefined)
    return each((index) => first * spread ** (index - (count - 1) / 2));
  const { low, high } = limitOf(points, minCoherence);
  if (low === undefined) return each((index) => smallest.coefficient / spread ** (index + 1));
  if (high === undefined) return each((index) => largest.coefficient * spread ** (index + 1));
  const ratio = high.coefficient / low.coefficient;
  return each((index) => low.coefficient * ratio ** ((index + 1) / (count + 1)));
}

/** The largest coherent point and the next one, which is not; a coherence that is missing counts as incoherent. */
function limitOf(points: readonly Tried[], minCoherence: number): { low: Tried | undefined; high: Tried | undefined } {
  const largest = points.findLastIndex(({ coherenceMean }) => coherenceMean !== null && coherenceMean >= minCoherence);
  return { low: points[largest], high: points[largest + 1] };
}

/**
 * The highest trait score that the layer seems able to reach: of its coherent points, or between the two around the limit,
 * where a straight line between them has the least coherence.
 */
function promise(points: readonly Tried[], { minCoherence }: BracketParams): number {
  const coherent = points.filter(({ coherenceMean }) => coherenceMean !== null && coherenceMean >= minCoherence);
  const reached = Math.max(-Infinity, ...coherent.flatMap(({ traitMean }) => traitMean ?? []));
  const { low, high } = limitOf(points, minCoherence);
  const between = low && high && interpolated(low, high, minCoherence);
  return Math.max(reached, between ?? -Infinity);
}

/** The trait score where coherence is the least that is asked for, on a straight line; undefined when a score is missing. */
function interpolated(low: Tried, high: Tried, minCoherence: number): number | undefined {
  if (low.traitMean === null || high.traitMean === null) return undefined;
  if (low.coherenceMean === null || high.coherenceMean === null) return undefined;
  const share = (low.coherenceMean - minCoherence) / (low.coherenceMean - high.coherenceMean);
  return low.traitMean + share * (high.traitMean - low.traitMean);
}
