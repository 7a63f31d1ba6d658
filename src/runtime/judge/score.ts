/** Less mass than this on whole numbers 0–100 is not an answer. */
const MIN_MASS = 0.25;

/**
 * The expected score of a first-token distribution: Σ value·p / Σ p over the whole numbers 0–100, or null when they
 * hold less than a quarter of the mass. `probabilities` is [101], indexed by value.
 */
export function expectedScore(probabilities: Float32Array | null): number | null {
  if (probabilities === null) return null;
  let mass = 0;
  let sum = 0;
  for (const [value, p] of probabilities.entries()) {
    mass += p;
    sum += value * p;
  }
  return mass < MIN_MASS ? null : sum / mass;
}

/** The mean of the scores that are there, and how many are missing. Null when none is there. */
export function meanScore(scores: readonly (number | null)[]): { mean: number | null; n: number; missing: number } {
  const present = scores.filter((score) => score !== null);
  const mean = present.length === 0 ? null : present.reduce((sum, score) => sum + score, 0) / present.length;
  return { mean, n: present.length, missing: scores.length - present.length };
}
