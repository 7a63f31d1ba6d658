import type { Vector } from "./vector.ts";

/**
 * Cosine of the angle between each row of `a` and the same row of `b`, both [rows, columns]: [rows]. NaN where a row is zero.
 * Exactly 1 for equal rows: the root of x² is x, while √x·√x need not be.
 */
export function rowCosines(a: Vector, b: Vector, columns: number): Float64Array {
  const cosines = new Float64Array(a.length / columns);
  for (let row = 0; row < cosines.length; row++) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let index = row * columns; index < (row + 1) * columns; index++) {
      const [x, y] = [a[index]!, b[index]!];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    cosines[row] = Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
  }
  return cosines;
}
