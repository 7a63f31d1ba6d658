import { norm } from "./vector.ts";

/** Eigenvalues from the largest to the smallest, and their unit vectors, each [n]. */
export interface Eigen {
  readonly values: number[];
  readonly vectors: Float64Array[];
}

const MAX_SWEEPS = 60;

/**
 * All eigenvalues and vectors of a symmetric matrix [n, n], row-major, by cyclic Jacobi rotations: slower than others for
 * large matrices, and as exact as fp64 is.
 *
 * Source: Golub & Van Loan, Matrix Computations, 4th ed., section 8.5.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(n * n); // a row each
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const negligible = (Number.EPSILON * norm(a)) / n;
  for (let sweep = 0, rotations = 1; rotations > 0; sweep++) {
    if (sweep === MAX_SWEEPS) throw new Error("Internal error: the eigenvalues of a symmetric matrix were not found");
    rotations = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (!(Math.abs(a[p * n + q]!) > negligible)) continue;
        rotate(a, vectors, n, p, q);
        rotations++;
      }
    }
  }
  const valueOf = (i: number): number => a[i * n + i]!;
  const order = Array.from({ length: n }, (_, i) => i).toSorted((i, j) => valueOf(j) - valueOf(i) || i - j);
  return { values: order.map(valueOf), vectors: order.map((i) => vectors.slice(i * n, (i + 1) * n)) };
}

/** Makes a[p, q] zero. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const tau = (a[q * n + q]! - a[p * n + p]!) / (2 * a[p * n + q]!);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  turn(a, p * n, q * n, 1, n, c, s); // rows
  turn(a, p, q, n, n, c, s); // columns
  a[p * n + q] = a[q * n + p] = 0;
  turn(vectors, p * n, q * n, 1, n, c, s);
}

function turn(data: Float64Array, p: number, q: number, stride: number, count: number, c: number, s: number): void {
  for (let i = 0; i < count * stride; i += stride) {
    const x = data[p + i]!;
    const y = data[q + i]!;
    data[p + i] = c * x - s * y;
    data[q + i] = s * x + c * y;
  }
}
