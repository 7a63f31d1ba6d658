import { addCombination, dots } from "./vector-list.ts";
import { norm } from "./vector.ts";

/** What is left of a row after projection has to be at least this much of it; less is rounding of fp32 products. */
const INDEPENDENT = 1e-5;

/**
 * Extends an orthonormal basis, in place, by the rows' directions. Rows that lie in the span of those before them, up to
 * the rounding of fp32, add nothing. Every vector is [n].
 *
 * Source: classical Gram–Schmidt, done twice: Giraud, Langou & Rozložník (2005), The loss of orthogonality in the
 * Gram–Schmidt orthogonalization process.
 */
export function extendBasis(basis: Float64Array[], rows: Iterable<Float64Array>): void {
  for (const row of rows) {
    if (basis.length >= row.length) return;
    const before = norm(row);
    const left = subtractProjection(subtractProjection(row, basis), basis);
    const after = norm(left);
    if (!(after > INDEPENDENT * before)) continue;
    basis.push(left.map((value) => value / after));
  }
}

/** What of the row is at right angles to an orthonormal basis, [n]. */
export function subtractProjection(row: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const left = row.slice();
  addCombination(
    left,
    dots(row, basis).map((along) => -along),
    basis,
  );
  return left;
}
