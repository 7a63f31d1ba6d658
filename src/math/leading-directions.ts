import { seededRandom } from "../util/random.ts";
import { extendBasis } from "./orthonormal.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";
import { addCombination, dots } from "./vector-list.ts";
import { norm } from "./vector.ts";

/** A matrix [rows, columns] that is only ever multiplied. */
export interface MatrixProducts {
  readonly rows: number;
  readonly columns: number;
  /** x [count, rows] → x · A, [count, columns] */
  fromLeft(x: Float32Array, count: number): Promise<Float32Array>;
  /** z [count, columns] → z · Aᵀ, [count, rows] */
  fromRight(z: Float32Array, count: number): Promise<Float32Array>;
}

export interface LeadingDirections {
  /** Left singular vectors, each [rows], of the largest singular values first. */
  readonly directions: readonly Float64Array[];
  readonly values: readonly number[];
  /** ‖A Aᵀ u − σ² u‖ / σ² of each: how far u is from a singular vector. */
  readonly residuals: readonly number[];
}

/** Up to so many rows, the basis is the whole space and the answer exact. */
const EXACT_ROWS = 128;
const OVERSAMPLING = 4;
/** Times that the random block is multiplied by A Aᵀ, all of its powers kept: 60 dimensions for eight directions. */
const POWERS = 4;
/** Below this share of the largest singular value, what fp32 products give is rounding. */
const NOISE = 1e-5;

/**
 * The first `count` left singular directions, or fewer where the rank is smaller, from a few products with blocks of
 * vectors: a random block is multiplied by A Aᵀ again and again, and the best directions are taken out of the span of all
 * the powers, which needs fewer of them than the last one alone. The sign of a direction means nothing: its largest entry
 * is positive.
 *
 * Sources: Halko, Martinsson & Tropp (2011), Finding structure with randomness, algorithms 4.3 and 5.1; with all powers:
 * Halko, Martinsson, Shkolnisky & Tygert (2011), An algorithm for the principal component analysis of large data sets.
 */
export async function leadingDirections(
  matrix: MatrixProducts,
  count: number,
  seed: string,
): Promise<LeadingDirections> {
  const { rows, columns } = matrix;
  const basis: Float64Array[] = []; // orthonormal, each [rows]
  const images: Float64Array[] = []; // of each: · A, [columns]
  const squares: Float64Array[] = []; // of each: · A Aᵀ, [rows]
  let candidates = rows <= EXACT_ROWS ? unitVectors(rows) : await randomBlock(matrix, count + OVERSAMPLING, seed);
  for (let power = 0; power <= POWERS; power++) {
    const known = basis.length;
    extendBasis(basis, candidates);
    const added = basis.slice(known);
    if (added.length === 0) break;
    const image = await matrix.fromLeft(packed(added, rows), added.length);
    const square = await matrix.fromRight(image, added.length);
    images.push(...rowsOf(image, columns));
    candidates = rowsOf(square, rows);
    squares.push(...candidates);
  }
  return projected(basis, images, squares, count);
}

/** The singular directions of A as far as the basis reaches: those of its image, [basis, columns]. */
function projected(
  basis: readonly Float64Array[],
  images: readonly Float64Array[],
  squares: readonly Float64Array[],
  count: number,
): LeadingDirections {
  const n = basis.length;
  const gram = new Float64Array(n * n);
  for (const [i, image] of images.entries()) {
    for (const [j, product] of dots(image, images.slice(0, i + 1)).entries()) {
      gram[i * n + j] = gram[j * n + i] = product;
    }
  }
  const { values, vectors } = symmetricEigen(gram, n);
  const floor = NOISE ** 2 * (values[0] ?? 0);
  const kept = values.slice(0, count).filter((value) => value > floor);
  const rows = basis[0]?.length ?? 0;
  const combine = (weights: Float64Array, of: readonly Float64Array[]): Float64Array => {
    const sum = new Float64Array(rows);
    addCombination(sum, weights, of);
    return sum;
  };
  const directions = kept.map((_, index) => combine(vectors[index]!, basis));
  const residuals = kept.map((value, index) => {
    const square = combine(vectors[index]!, squares);
    addCombination(square, [-value], [directions[index]!]);
    return norm(square) / value;
  });
  return { values: kept.map(Math.sqrt), directions: directions.map(facingUp), residuals };
}

/** Ω Aᵀ for a random Ω: [block, rows]. */
async function randomBlock(matrix: MatrixProducts, size: number, seed: string): Promise<Float64Array[]> {
  const { rows, columns } = matrix;
  const block = Math.min(size, rows, columns);
  const random = seededRandom(seed);
  const start = Float32Array.from({ length: block * columns }, () => 2 * random() - 1);
  return rowsOf(await matrix.fromRight(start, block), rows);
}

function unitVectors(n: number): Float64Array[] {
  return Array.from({ length: n }, (_, index) => {
    const unit = new Float64Array(n);
    unit[index] = 1;
    return unit;
  });
}

function facingUp(direction: Float64Array): Float64Array {
  let largest = 0;
  for (const value of direction) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? direction.map((value) => -value) : direction;
}

/** Rows of a row-major matrix as fp64. */
function rowsOf(data: Float32Array, width: number): Float64Array[] {
  return Array.from({ length: data.length / width }, (_, row) =>
    Float64Array.from(data.subarray(row * width, (row + 1) * width)),
  );
}

function packed(rows: readonly Float64Array[], width: number): Float32Array {
  const data = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) data.set(row, index * width);
  return data;
}
