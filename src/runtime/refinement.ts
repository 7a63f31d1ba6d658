/** What is known of one coefficient at a layer. */
export interface Point {
  readonly coefficient: number;
  /** Null when no answer has a score: it counts as incoherent. */
  readonly coherence: number | null;
}

/** Beyond what was tried, this far. */
const REACH = 1.5;

/**
 * Coefficients of a finer grid around the one at which answers lose their coherence: between the largest that is coherent
 * and the next larger one that is not. If all that were tried are coherent, beyond the largest; if none is, below the
 * smallest. Evenly spaced, strictly inside, ascending. None without a point.
 */
export function finerGrid(points: readonly Point[], minCoherence: number, count: number): number[] {
  const sorted = points.toSorted((a, b) => a.coefficient - b.coefficient);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const isCoherent = ({ coherence }: Point): boolean => coherence !== null && coherence >= minCoherence;
  const largest = sorted.findLastIndex(isCoherent);
  const low = largest === -1 ? first.coefficient / REACH : (sorted[largest] as Point).coefficient;
  const above = sorted.slice(largest + 1).find(({ coefficient }) => coefficient > low);
  const high = largest === -1 ? first.coefficient : (above?.coefficient ?? last.coefficient * REACH);
  return Array.from({ length: count }, (_, index) => low + ((high - low) * (index + 1)) / (count + 1));
}
