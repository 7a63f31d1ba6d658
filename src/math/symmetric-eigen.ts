/** Eigenvalues from the largest to the smallest, and their unit vectors, each [n]. */
export interface Eigen {
  readonly values: number[];
  readonly vectors: Float64Array[];
}

const MAX_SWEEPS = 60;

/**
 * All eigenvalues and vectors of a symmetric matrix [n, n], row-major, by cyclic Jacobi rotations: slow for large
 * matrices, and as exact as fp64 is for small ones.
 *
 * Source: Golub & Van Loan, Matrix Computations, 4th ed., section 8.5.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n); // a row an eigenvector
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const negligible = (Number.EPSILON * frobenius(a)) / n;
  for (let sweep = 0, rotations = 1; rotations > 0; sweep++) {
    if (sweep === MAX_SWEEPS) throw new Error("Internal error: the eigenvalues of a symmetric matrix were not found");
    rotations = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (!(Math.abs(a[p * n + q]!) > negligible)) continue;
        rotate(a, v, n, p, q);
        rotations++;
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).toSorted((i, j) => a[j * n + j]! - a[i * n + i]! || i - j);
  return {
    values: order.map((i) => a[i * n + i]!),
    vectors: order.map((i) => v.slice(i * n, (i + 1) * n)),
  };
}

/** Makes a[p, q] zero. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  const tau = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  turn(a, p * n, q * n, 1, n, c, s); // rows
  turn(a, p, q, n, n, c, s); // columns
  a[p * n + q] = a[q * n + p] = 0;
  turn(v, p * n, q * n, 1, n, c, s);
}

function turn(data: Float64Array, p: number, q: number, stride: number, count: number, c: number, s: number): void {
  for (let i = 0; i < count * stride; i += stride) {
    const x = data[p + i]!;
    const y = data[q + i]!;
    data[p + i] = c * x - s * y;
    data[q + i] = s * x + c * y;
  }
}

function frobenius(a: Float64Array): number {
  return Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
}
