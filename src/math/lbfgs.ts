import { wolfeStep, type LinePoint } from "./line-search.ts";
import { dot } from "./vector.ts";

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Largest absolute entry of the gradient at x. */
  readonly gradientMax: number;
  readonly iterations: number;
}

interface Evaluation {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  /** 1 / s·y */
  readonly rho: number;
}

const MEMORY = 10;

/**
 * Minimises a smooth function with limited-memory BFGS. Stops when no entry of the gradient is larger than
 * `gradientTolerance`, when the line search finds f flat to rounding, or after `maxIterations`: look at `gradientMax`.
 *
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 7.4 (two-loop recursion) and 7.5.
 *
 * @param objective writes the gradient at x, both [n], into its second argument and returns f(x)
 */
export function minimise(
  objective: (x: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  { gradientTolerance, maxIterations }: { readonly gradientTolerance: number; readonly maxIterations: number },
): Minimum {
  const evaluate = (x: Float64Array): Evaluation => {
    const gradient = new Float64Array(x.length);
    const value = objective(x, gradient);
    return { x, value, gradient };
  };
  let now: Evaluation = evaluate(start.slice());
  const pairs: Pair[] = [];
  let iterations = 0;
  while (iterations < maxIterations && maxAbs(now.gradient) > gradientTolerance) {
    let direction = descentDirection(now.gradient, pairs);
    if (!(dot(direction, now.gradient) < 0)) {
      // Rounding has spoilt the curvature pairs: begin again from the gradient.
      pairs.length = 0;
      direction = descentDirection(now.gradient, pairs);
    }
    const from: Evaluation & LinePoint = { ...now, step: 0, slope: dot(direction, now.gradient) };
    const next = wolfeStep(from, 1, (step) => {
      const there = evaluate(from.x.map((xi, i) => xi + step * direction[i]!));
      return { ...there, step, slope: dot(direction, there.gradient) };
    });
    if (next === undefined) break;
    const s = next.x.map((xi, i) => xi - from.x[i]!);
    const y = next.gradient.map((gi, i) => gi - from.gradient[i]!);
    pairs.push({ s, y, rho: 1 / dot(s, y) });
    if (pairs.length > MEMORY) pairs.shift();
    now = next;
    iterations += 1;
  }
  return { x: now.x, value: now.value, gradientMax: maxAbs(now.gradient), iterations };
}

/** −H·gradient, H the inverse Hessian that the pairs remember; without pairs a step of length ≤ 1 down the gradient. */
function descentDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((g) => -g);
  const last = pairs.at(-1);
  if (last === undefined) {
    const length = Math.sqrt(dot(gradient, gradient));
    return direction.map((d) => d / Math.max(1, length));
  }
  const alphas = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!;
    alphas[i] = rho * dot(s, direction);
    addScaled(direction, -alphas[i]!, y);
  }
  const scale = 1 / (last.rho * dot(last.y, last.y)); // equation 7.20
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  for (const [i, { s, y, rho }] of pairs.entries()) addScaled(direction, alphas[i]! - rho * dot(y, direction), s);
  return direction;
}

function addScaled(target: Float64Array, factor: number, term: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * term[i]!;
}

function maxAbs(a: Float64Array): number {
  let max = 0;
  for (const value of a) max = Math.max(max, Math.abs(value));
  return max;
}
