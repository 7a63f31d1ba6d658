import { seededRandom } from "../util/random.ts";

/** Up to so many values, every assignment of signs is looked at. */
const EXACT = 20;
const DRAWS = 100_000;

/**
 * Two-sided p of the hypothesis that paired differences are as often so as the other way round: the share of sign
 * assignments whose sum is at least as far from 0 as that of the differences. Exact for up to 20 differences; beyond,
 * of 100,000 seeded draws, the differences themselves counted as one. 1 for none.
 *
 * Sources: Fisher, The Design of Experiments (1935), chapter 3; for draws, Phipson & Smyth (2010).
 */
export function signFlipP(differences: readonly number[]): number {
  const size = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  // Sums in another order differ by rounding.
  const extreme = Math.abs(differences.reduce((sum, difference) => sum + difference, 0)) - 1e-9 * size;
  return differences.length <= EXACT ? exactP(differences, extreme) : drawnP(differences, extreme);
}

function exactP(differences: readonly number[], extreme: number): number {
  const count = 2 ** differences.length;
  let sum = differences.reduce((all, difference) => all + difference, 0);
  let hits = 0;
  // In the order of a Gray code, from one assignment to the next one sign changes.
  const signs = new Int8Array(differences.length).fill(1);
  for (let step = 1; ; step++) {
    if (Math.abs(sum) >= extreme) hits++;
    if (step === count) return hits / count;
    const flipped = 31 - Math.clz32(step & -step);
    const sign = (signs[flipped] = -(signs[flipped] as number));
    sum += 2 * sign * (differences[flipped] as number);
  }
}

function drawnP(differences: readonly number[], extreme: number): number {
  const random = seededRandom("sign flips");
  let hits = 1;
  for (let draw = 0; draw < DRAWS; draw++) {
    const sum = differences.reduce((all, difference) => all + (random() < 0.5 ? difference : -difference), 0);
    if (Math.abs(sum) >= extreme) hits++;
  }
  return hits / (DRAWS + 1);
}
