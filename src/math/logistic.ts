import { minimise } from "./lbfgs.ts";
import type { Matrix } from "./matrix.ts";

export interface LogisticFit {
  /** [columns] */
  readonly weights: Float64Array;
  readonly intercept: number;
  /** False when the gradient is still larger than scikit-learn's own tolerance (1e-4) at the end. */
  readonly converged: boolean;
}

const MAX_ITERATIONS = 1000;
/** Far below scikit-learn's 1e-4, so that the answer is the minimum itself and not a point on the way to it. */
const GRADIENT_TOLERANCE = 1e-9;
const CONVERGED = 1e-4;

/**
 * Binary logistic regression with an L2 penalty on the weights and none on the intercept: the minimum of
 * Σ log(1 + exp(−sᵢ(w·xᵢ + b))) + ‖w‖² / 2C, sᵢ = ±1. That is what scikit-learn's
 * `LogisticRegression(C=C, solver="lbfgs", max_iter=1000)` approaches; like scikit-learn we minimise it divided by the
 * number of rows.
 *
 * @param x [rows, columns], of both classes
 * @param isPositive [rows]
 * @param c inverse strength of the penalty, > 0
 */
export function fitLogistic(x: Matrix<Float64Array>, isPositive: readonly boolean[], c: number): LogisticFit {
  const { rows, columns } = x;
  const positives = isPositive.filter(Boolean).length;
  const parameters = new Float64Array(columns + 1); // [columns weights, intercept]
  // The minimum for w = 0: with classes of different sizes the search begins where it otherwise would have to go first.
  parameters[columns] = Math.log(positives / (rows - positives));
  const { x: fitted, gradientMax } = minimise(
    (at, gradient) => penalisedLoss(x, isPositive, c, at, gradient),
    parameters,
    { gradientTolerance: GRADIENT_TOLERANCE, maxIterations: MAX_ITERATIONS },
  );
  return {
    weights: fitted.slice(0, columns),
    intercept: fitted[columns]!,
    converged: gradientMax <= CONVERGED,
  };
}

function penalisedLoss(
  x: Matrix<Float64Array>,
  isPositive: readonly boolean[],
  c: number,
  parameters: Float64Array,
  gradient: Float64Array,
): number {
  const { data, rows, columns } = x;
  let loss = 0;
  gradient.fill(0);
  for (let row = 0; row < rows; row++) {
    const margin = isPositive[row] === true ? rowScore(x, row, parameters) : -rowScore(x, row, parameters);
    loss += softplus(-margin);
    const residual = (isPositive[row] === true ? -1 : 1) / (1 + Math.exp(margin));
    for (let column = 0; column < columns; column++) gradient[column]! += residual * data[row * columns + column]!;
    gradient[columns]! += residual;
  }
  let penalty = 0;
  for (let column = 0; column < columns; column++) {
    penalty += parameters[column]! ** 2;
    gradient[column] = (gradient[column]! + parameters[column]! / c) / rows;
  }
  gradient[columns]! /= rows;
  return (loss + penalty / (2 * c)) / rows;
}

/** w·x + b of one row. */
function rowScore({ data, columns }: Matrix<Float64Array>, row: number, parameters: Float64Array): number {
  let sum = parameters[columns]!;
  for (let column = 0; column < columns; column++) sum += parameters[column]! * data[row * columns + column]!;
  return sum;
}

/** log(1 + eᶻ) without overflow. */
function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}
