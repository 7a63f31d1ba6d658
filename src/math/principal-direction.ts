import { seededRandom } from "../util/random.ts";
import type { Matrix } from "./matrix.ts";
import { subtractProjection } from "./orthonormal.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";
import { addCombination, dots } from "./vector-list.ts";
import { dot, norm } from "./vector.ts";

export interface PrincipalDirection {
  /** [columns], unit norm. Its sign means nothing. */
  readonly direction: Float64Array;
  /** ‖Xv‖, the largest singular value. */
  readonly value: number;
}

interface Tridiagonal {
  readonly diagonal: number[];
  readonly beside: number[];
}

/** ‖XᵀXv − σ²v‖ of the answer, as a share of σ². */
const TOLERANCE = 1e-12;
const FIRST_CHECK = 8;

/**
 * The unit vector v for which ‖Xv‖ is largest; undefined when X is zero. As exact as fp64 is, in a few dozen products with
 * X, and the same on every machine: the start is drawn with a seed of its own.
 *
 * Source: Lanczos' method on XᵀX with full reorthogonalisation, Golub & Van Loan, Matrix Computations, 4th ed., 10.1–10.3.
 */
export function principalDirection(x: Matrix<Float64Array>): PrincipalDirection | undefined {
  const basis: Float64Array[] = []; // orthonormal, each [columns]
  const tridiagonal: Tridiagonal = { diagonal: [], beside: [] };
  let next = unit(randomStart(x.columns));
  for (let check = FIRST_CHECK; ;) {
    basis.push(next);
    const image = squared(x, next);
    const scale = norm(image);
    tridiagonal.diagonal.push(dot(next, image));
    const left = subtractProjection(subtractProjection(image, basis), basis);
    const beside = norm(left);
    const isWhole = basis.length === x.columns || !(beside > TOLERANCE * scale);
    if (isWhole || basis.length >= check) {
      const { values, vectors } = symmetricEigen(dense(tridiagonal), basis.length);
      const [value, weights] = [values[0]!, vectors[0]!];
      if (isWhole || beside * Math.abs(weights.at(-1)!) <= TOLERANCE * value) {
        if (!(value > 0)) return undefined;
        const direction = new Float64Array(x.columns);
        addCombination(direction, weights, basis);
        return { direction: unit(direction), value: Math.sqrt(value) };
      }
      check = Math.ceil(basis.length * 1.5);
    }
    tridiagonal.beside.push(beside);
    next = left.map((entry) => entry / beside);
  }
}

function randomStart(columns: number): Float64Array {
  const random = seededRandom("principal direction");
  return Float64Array.from({ length: columns }, () => 2 * random() - 1);
}

function unit(vector: Float64Array): Float64Array {
  const length = norm(vector);
  return vector.map((value) => value / length);
}

/** XᵀXv, [columns]. */
function squared({ data, rows, columns }: Matrix<Float64Array>, v: Float64Array): Float64Array {
  const all = Array.from({ length: rows }, (_, row) => data.subarray(row * columns, (row + 1) * columns));
  const image = new Float64Array(columns);
  addCombination(image, dots(v, all), all);
  return image;
}

/** As a whole matrix, [n, n]. */
function dense({ diagonal, beside }: Tridiagonal): Float64Array {
  const n = diagonal.length;
  const matrix = new Float64Array(n * n);
  for (const [i, value] of diagonal.entries()) matrix[i * n + i] = value;
  for (const [i, value] of beside.entries()) matrix[i * n + i + 1] = matrix[(i + 1) * n + i] = value;
  return matrix;
}
