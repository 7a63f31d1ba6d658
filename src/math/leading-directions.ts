import { seededRandom } from "../util/random.ts";
import { extendBasis } from "./orthonormal.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";
import { addCombination, dots } from "./vector-list.ts";
import { dot } from "./vector.ts";

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

const OVERSAMPLING = 8;
/** Times that the random block is multiplied by A Aᵀ, its powers all kept: up to 128 dimensions for eight directions. */
const POWERS = 7;
/** Below this share of the largest singular value, what fp32 products give is rounding. */
const NOISE = 1e-5;

/**
 * The first `count` left singular directions, or fewer where the rank is smaller, from a few products with blocks of
 * vectors: a random block is multiplied by A Aᵀ again and again, and the best directions are taken out of the span of all
 * the powers, not of the last one alone. Up to 128 rows that span is the whole space, and the answer is exact. The sign of
 * a direction means nothing: its largest entry is positive.
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
  const block = Math.min(count + OVERSAMPLING, rows, columns);
  const random = seededRandom(seed);
  const start = Float32Array.from({ length: block * columns }, () => 2 * random() - 1);
  const basis: Float64Array[] = []; // orthonormal, each [rows]
  const images: Float64Array[] = []; // of each: · A, [columns]
  let next = await matrix.fromRight(start, block);
  for (let power = 0; power <= POWERS; power++) {
    const known = basis.length;
    extendBasis(basis, rowsOf(next, rows));
    const added = basis.slice(known);
    if (added.length === 0) break;
    const image = await matrix.fromLeft(packed(added, rows), added.length);
    images.push(...rowsOf(image, columns));
    if (power < POWERS) next = await matrix.fromRight(image, added.length);
  }
  return withResiduals(matrix, projected(basis, images, count));
}

/** The singular directions of A as far as the basis reaches: those of its image, [basis, columns]. */
function projected(
  basis: readonly Float64Array[],
  images: readonly Float64Array[],
  count: number,
): Pick<LeadingDirections, "directions" | "values"> {
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
  return {
    values: kept.map(Math.sqrt),
    directions: kept.map((_, index) => {
      const direction = new Float64Array(basis[0]?.length ?? 0);
      addCombination(direction, vectors[index]!, basis);
      return facingUp(direction);
    }),
  };
}

async function withResiduals(
  matrix: MatrixProducts,
  found: Pick<LeadingDirections, "directions" | "values">,
): Promise<LeadingDirections> {
  const { directions, values } = found;
  if (directions.length === 0) return { ...found, residuals: [] };
  const image = await matrix.fromLeft(packed(directions, matrix.rows), directions.length);
  const back = rowsOf(await matrix.fromRight(image, directions.length), matrix.rows);
  const residuals = directions.map((direction, index) => {
    const square = values[index]! ** 2;
    const rest = back[index]!.map((value, i) => value - square * direction[i]!);
    return Math.sqrt(dot(rest, rest)) / square;
  });
  return { ...found, residuals };
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
