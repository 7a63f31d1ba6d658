import { dot, norm } from "../math/vector.ts";
import { mean } from "../math/statistics.ts";
import type { FittedVector, Rows } from "./types.ts";

/** How far a vector tells two classes apart. */
export interface Separation {
  /** Share of the rows on their own side of the boundary, 0 to 1. */
  readonly accuracy: number;
  /**
   * Cohen's d of the projections on the vector: the difference of the class means in pooled standard deviations, negative
   * when the negatives project further. Undefined for a class of one row, and where nothing varies.
   */
  readonly effectSize: number | undefined;
}

/**
 * Measured on any rows, those of the fit or others: the boundary is the fit's own. A classifier decides as it was fitted, the
 * others by whether a projection is beyond `baseline`. Undefined where a class has no rows.
 *
 * Source of the effect size: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 2.5.
 */
export function separation(fitted: FittedVector, positives: Rows, negatives: Rows): Separation | undefined {
  if (positives.rows === 0 || negatives.rows === 0) return undefined;
  const above = rowsOf(positives).filter((row) => marginOf(row, fitted) > 0).length;
  const below = rowsOf(negatives).filter((row) => !(marginOf(row, fitted) > 0)).length;
  const project = (rows: Rows): number[] => rowsOf(rows).map((row) => dot(row, fitted.vector));
  return {
    accuracy: (above + below) / (positives.rows + negatives.rows),
    effectSize: cohensD(project(positives), project(negatives)),
  };
}

function rowsOf({ data, rows, columns }: Rows): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => data.subarray(row * columns, (row + 1) * columns));
}

/** Beyond zero on the positives' side. */
function marginOf(row: Float32Array, { vector, norm: length, baseline, bias }: FittedVector): number {
  const projection = dot(row, vector);
  return bias === undefined ? projection - baseline : (length * projection) / norm(row) + bias;
}

function cohensD(positives: readonly number[], negatives: readonly number[]): number | undefined {
  const freedom = positives.length + negatives.length - 2;
  const variance = (squaredDeviations(positives) + squaredDeviations(negatives)) / freedom;
  if (positives.length < 2 || negatives.length < 2 || !(variance > 0)) return undefined;
  return (mean(positives) - mean(negatives)) / Math.sqrt(variance);
}

function squaredDeviations(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}
