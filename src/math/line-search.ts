/** f and its derivative along a search direction, at a step. */
export interface LinePoint {
  readonly step: number;
  readonly value: number;
  readonly slope: number;
}

const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;
const MAX_TRIES = 30;

/**
 * A step that satisfies the strong Wolfe conditions: f falls by at least 1e-4 of what the slope promises, and the slope
 * is at most 0.9 of the first one in size. Brackets, then zooms with cubic interpolation.
 *
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 3.5 and 3.6, equation 3.59.
 *
 * @param start the point at step 0; its slope must be negative
 * @returns undefined when no such step was found, which at the end of a minimisation means that f is flat to rounding
 */
export function wolfeStep<Point extends LinePoint>(
  start: Point,
  firstStep: number,
  evaluate: (step: number) => Point,
): Point | undefined {
  const tooHigh = (point: Point): boolean =>
    // A value that is not finite is beyond the edge of what can be computed: too far.
    !(point.value <= start.value + SUFFICIENT_DECREASE * point.step * start.slope);
  const flatEnough = (point: Point): boolean => Math.abs(point.slope) <= -CURVATURE * start.slope;

  /** Keeps a Wolfe step between `low` (the best point that decreases enough) and `high`. */
  const zoom = (from: Point, to: Point): Point | undefined => {
    let [low, high] = [from, to];
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const point = evaluate(cubicMinimiser(low, high));
      if (tooHigh(point) || point.value >= low.value) {
        high = point;
      } else {
        if (flatEnough(point)) return point;
        if (point.slope * (high.step - low.step) >= 0) high = low;
        low = point;
      }
      if (Math.abs(high.step - low.step) <= Number.EPSILON * Math.max(high.step, low.step)) return undefined;
    }
    return undefined;
  };

  let previous = start;
  let step = firstStep;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const point = evaluate(step);
    if (tooHigh(point) || (previous !== start && point.value >= previous.value)) return zoom(previous, point);
    if (flatEnough(point)) return point;
    if (point.slope >= 0) return zoom(point, previous);
    previous = point;
    step *= 2;
  }
  return undefined;
}

/** The minimiser of the cubic through two points and their slopes, kept off the ends so that the bracket shrinks. */
function cubicMinimiser(a: LinePoint, b: LinePoint): number {
  const width = b.step - a.step;
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sign(width) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  const fraction = 1 - (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  return a.step + width * (fraction > 0.1 && fraction < 0.9 ? fraction : 0.5);
}
