import { fitLogistic } from "../math/logistic.ts";
import { rowNorms, type Matrix } from "../math/matrix.ts";
import { normalise } from "../math/vector.ts";
import { classMeans, midpointProjection } from "./class-means.ts";
import type { Method, Rows } from "./types.ts";

/** Inverse strength of the penalty: scikit-learn's default. */
const C = 1;

/**
 * The normal of a linear classifier: logistic regression (L2, C = 1, intercept free) on rows divided by their own norm,
 * so that a row counts by its direction and not by its length. v = w / ‖w‖; `norm` is ‖w‖ and `bias` the intercept, so a
 * residual h is positive with probability σ(norm · v·h/‖h‖ + bias).
 */
export const probe: Method = {
  name: "probe",
  version: "1",
  isSeeded: false,
  fit(positives, negatives) {
    const means = classMeans(positives, negatives);
    if ("failure" in means) return means;
    const x = unitRows(positives, negatives);
    if (x === undefined) return { failure: "a residual is zero and has no direction" };
    const boundary = positives.data.length;
    const unitMeans = classMeans(
      { ...positives, data: x.data.subarray(0, boundary) },
      { ...negatives, data: x.data.subarray(boundary) },
    );
    // Equal mean directions make w = 0 the minimum; what a fit would return is rounding.
    if ("failure" in unitMeans) return { failure: "the residuals of the two classes point the same way" };
    const isPositive = Array.from({ length: x.rows }, (_, row) => row < positives.rows);
    const { weights, intercept, converged } = fitLogistic(x, isPositive, C);
    if (!converged) return { failure: "the classifier did not converge" };
    const unit = normalise(weights);
    if (unit === undefined) throw new Error("Internal error: classes of different mean directions have no boundary");
    return {
      vector: unit.direction,
      norm: unit.norm,
      baseline: midpointProjection(means, unit.direction),
      bias: intercept,
    };
  },
};

/** Both classes, positives first, every row divided by its norm, [rows, columns]; undefined when a row is zero. */
function unitRows(positives: Rows, negatives: Rows): Matrix<Float64Array> | undefined {
  const { columns } = positives;
  const rows = positives.rows + negatives.rows;
  const data = new Float64Array(rows * columns);
  data.set(positives.data);
  data.set(negatives.data, positives.data.length);
  const norms = rowNorms({ data, rows, columns });
  if (norms.includes(0)) return undefined;
  for (let i = 0; i < data.length; i++) data[i]! /= norms[Math.floor(i / columns)]!;
  return { data, rows, columns };
}
