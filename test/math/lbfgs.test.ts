import fc from "fast-check";
import { expect, test } from "vitest";
import { minimise } from "../../src/math/lbfgs.ts";
import { wolfeStep, type LinePoint } from "../../src/math/line-search.ts";

const strict = { gradientTolerance: 1e-9, maxIterations: 1000 };

/** Rosenbrock's banana in n dimensions: a curved valley whose lowest point is all ones. */
function rosenbrock(x: Float64Array, gradient: Float64Array): number {
  let value = 0;
  gradient.fill(0);
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [1 - x[i]!, x[i + 1]! - x[i]! ** 2];
    value += a * a + 100 * b * b;
    gradient[i]! += -2 * a - 400 * x[i]! * b;
    gradient[i + 1]! += 200 * b;
  }
  return value;
}

test("finds the end of Rosenbrock's valley", () => {
  const { x, iterations, gradientMax } = minimise(rosenbrock, Float64Array.of(-1.2, 1, -1.2, 1), strict);
  for (const value of x) expect(value).toBeCloseTo(1, 7);
  expect(gradientMax).toBeLessThan(1e-6);
  expect(iterations).toBeLessThan(150);
});

test("finds the centre of any bowl", () => {
  const bowl = fc.array(
    fc.record({
      centre: fc.double({ min: -10, max: 10, noNaN: true }),
      curvature: fc.double({ min: 0.01, max: 100, noNaN: true }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(bowl, (axes) => {
      const { x } = minimise(
        (at, gradient) => {
          let value = 0;
          for (const [i, { centre, curvature }] of axes.entries()) {
            value += 0.5 * curvature * (at[i]! - centre) ** 2;
            gradient[i] = curvature * (at[i]! - centre);
          }
          return value;
        },
        new Float64Array(axes.length),
        strict,
      );
      for (const [i, { centre }] of axes.entries()) expect(Math.abs(x[i]! - centre)).toBeLessThan(1e-4);
    }),
    { seed: 3, numRuns: 100 },
  );
});

test("stays where the gradient is zero, and stops when told to", () => {
  expect(minimise(rosenbrock, Float64Array.of(1, 1), strict).iterations).toBe(0);
  const short = minimise(rosenbrock, Float64Array.of(-1.2, 1), { gradientTolerance: 1e-9, maxIterations: 3 });
  expect(short.iterations).toBe(3);
  expect(short.gradientMax).toBeGreaterThan(1e-9);
});

test.each([1e-3, 0.1, 1, 30, 1e4])("a Wolfe step from a first step of %d", (firstStep) => {
  // Moré and Thuente (1994), function 5.1: −t / (t² + 2), lowest at √2.
  const line = (step: number): LinePoint => ({
    step,
    value: -step / (step * step + 2),
    slope: (step * step - 2) / (step * step + 2) ** 2,
  });
  const start = line(0);
  const found = wolfeStep(start, firstStep, line);
  expect(found).toBeDefined();
  expect(found!.value).toBeLessThanOrEqual(start.value + 1e-4 * found!.step * start.slope);
  expect(Math.abs(found!.slope)).toBeLessThanOrEqual(0.9 * Math.abs(start.slope));
});

test("a step into numbers that cannot be computed is too long", () => {
  const line = (step: number): LinePoint => ({
    step,
    value: step < 2 ? (step - 1) ** 2 : Number.NaN,
    slope: step < 2 ? 2 * (step - 1) : Number.NaN,
  });
  expect(wolfeStep(line(0), 64, line)?.step).toBeCloseTo(1, 0);
});

test("a line without a lowest point gives up", () => {
  expect(wolfeStep({ step: 0, value: 0, slope: -1 }, 1, (step) => ({ step, value: -step, slope: -1 }))).toBeUndefined();
});
