import { rowMean, type Matrix } from "../math/matrix.ts";
import { dot, norm } from "../math/vector.ts";
import type { MethodFailure } from "./types.ts";

export interface ClassMeans {
  /** [columns] */
  readonly positive: Float64Array;
  /** [columns] */
  readonly negative: Float64Array;
  /** positive − negative, [columns] */
  readonly difference: Float64Array;
}

/** Relative rounding of one fp32 number: a smaller difference of means is made of nothing else. */
const FP32_ROUNDING = 2 ** -23;

/** Means of both classes in fp64, or why they hold no direction. */
export function classMeans(positives: Matrix, negatives: Matrix): ClassMeans | MethodFailure {
  for (const { data, rows, columns } of [positives, negatives]) {
    if (data.length !== rows * columns || columns !== positives.columns) {
      throw new Error(
        `Internal error: ${data.length} numbers are not [${rows}, ${columns}], or the classes differ in width`,
      );
    }
  }
  if (positives.rows === 0) return { failure: "there are no positive rows" };
  if (negatives.rows === 0) return { failure: "there are no negative rows" };
  const positive = rowMean(positives);
  const negative = rowMean(negatives);
  const difference = positive.map((value, column) => value - negative[column]!);
  const length = norm(difference);
  if (!Number.isFinite(length)) return { failure: "a residual is not a finite number" };
  if (length <= FP32_ROUNDING * Math.max(norm(positive), norm(negative))) {
    return { failure: "the two classes have the same mean" };
  }
  return { positive, negative, difference };
}

/**
 * The direction or its opposite, [columns]: the one from the negatives' mean to the positives'. Undefined when the means do
 * not differ along it by more than rounding.
 */
export function towardsPositives(
  direction: Float64Array,
  { positive, negative, difference }: ClassMeans,
): Float64Array | undefined {
  const along = dot(direction, difference);
  if (!(Math.abs(along) > FP32_ROUNDING * Math.max(norm(positive), norm(negative)))) return undefined;
  return along > 0 ? direction : direction.map((value) => -value);
}

/** ((μ₊ + μ₋) / 2) · v, v [columns]. */
export function midpointProjection({ positive, negative }: ClassMeans, vector: Float32Array): number {
  let sum = 0;
  for (let column = 0; column < vector.length; column++) {
    sum += ((positive[column]! + negative[column]!) / 2) * vector[column]!;
  }
  return sum;
}
