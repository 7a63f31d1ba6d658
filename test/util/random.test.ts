import { expect, test } from "vitest";
import { seededRandom } from "../../src/util/random.ts";

function take(seed: string, count: number): number[] {
  return Array.from({ length: count }, seededRandom(seed));
}

test("a seed gives the same numbers for ever", () => {
  // Computed with an independent sfc32. Saved results depend on these: a change here is a new version of whatever draws from it.
  expect(take("steerform", 3)).toEqual([0.40478721893264846, 0.7054078418309929, 0.19582807056466023]);
  expect(take("steerform", 100)).toEqual(take("steerform", 100));
  expect(take("", 1)).not.toEqual(take(" ", 1));
});

test("numbers are in [0, 1), even and independent", () => {
  const numbers = take("even", 100_000);
  const bins = new Int32Array(100);
  let product = 0;
  for (const [i, value] of numbers.entries()) {
    bins[Math.floor(value * 100)]! += 1;
    product += (value - 0.5) * ((numbers[i + 1] ?? 0.5) - 0.5);
  }
  expect(numbers.every((value) => value >= 0 && value < 1)).toBe(true);
  const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(chiSquare).toBeGreaterThan(50); // 99 degrees of freedom: far tails on both sides
  expect(chiSquare).toBeLessThan(170);
  expect(Math.abs(product / numbers.length)).toBeLessThan(0.002);
});
