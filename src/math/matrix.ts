import type { Vector } from "./vector.ts";

/** Row-major: `data` is [rows, columns]. */
export interface Matrix<Data extends Vector = Vector> {
  readonly data: Data;
  readonly rows: number;
  readonly columns: number;
}

/** Mean of the rows, [columns]; NaN without rows. */
export function rowMean({ data, rows, columns }: Matrix): Float64Array {
  const mean = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) mean[column]! += data[row * columns + column]!;
  }
  for (let column = 0; column < columns; column++) mean[column]! /= rows;
  return mean;
}

/** Euclidean length of every row, [rows]. */
export function rowNorms({ data, rows, columns }: Matrix): Float64Array {
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += data[row * columns + column]! ** 2;
    norms[row] = Math.sqrt(sum);
  }
  return norms;
}
