import { seededRandom } from "../util/random.ts";

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** [low, high] */
export type Interval = readonly [number, number];

const RESAMPLES = 10_000;

/**
 * A confidence interval of the mean by the percentile bootstrap: means of 10,000 samples drawn with replacement, seeded, so
 * that the same values give the same interval. Undefined for fewer than two values.
 *
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
 */
export function bootstrapInterval(values: readonly number[], confidence: number, seed: string): Interval | undefined {
  if (values.length < 2) return undefined;
  const random = seededRandom(seed);
  const means = new Float64Array(RESAMPLES);
  for (let sample = 0; sample < RESAMPLES; sample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] as number;
    means[sample] = sum / values.length;
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/** Of ascending values, linear between neighbours (type 7 of Hyndman & Fan 1996, numpy's default). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return low + (high - low) * (at - below);
}
