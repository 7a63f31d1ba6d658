import { holmAdjusted } from "../math/holm.ts";
import { signFlipP } from "../math/sign-flips.ts";
import type { Interval } from "../math/statistics.ts";
import { groupBy } from "../util/group-by.ts";
import { differencesOn, effectOn, type Scored } from "./effect.ts";

/** The best of one position. */
export interface AtPosition extends Scored {
  readonly trait: string;
  readonly dataset: string;
  readonly variant: string;
  readonly method: string;
  readonly position: string;
  /** Indices of the questions. */
  readonly reporting: readonly number[];
}

/** Two positions that differ in nothing else, each at its own best layer and coefficient, question by question. */
export interface PositionComparison {
  readonly trait: string;
  readonly dataset: string;
  readonly variant: string;
  readonly method: string;
  readonly position: string;
  readonly beside: string;
  /** Mean trait score of `position` less that of `beside`. */
  readonly trait_delta: number;
  readonly interval: Interval | null;
  /** Questions with both scores. */
  readonly n: number;
  /** Of sign flips, two-sided. */
  readonly p: number;
  /** For all comparisons of the trait (Holm). */
  readonly p_adjusted: number;
}

/** Every two positions of one dataset, variant and method, on the reporting questions. */
export function comparePositions(bests: readonly AtPosition[], confidence: number): PositionComparison[] {
  return [...groupBy(bests, ({ trait }) => trait).values()].flatMap((ofTrait) => {
    const groups = groupBy(ofTrait, ({ dataset, variant, method }) => JSON.stringify([dataset, variant, method]));
    const pairs = [...groups.values()].flatMap((group) =>
      group.flatMap((beside, index) => group.slice(index + 1).flatMap((one) => compare(one, beside, confidence) ?? [])),
    );
    const adjusted = holmAdjusted(pairs.map(({ p }) => p));
    return pairs.map((pair, index) => ({ ...pair, p_adjusted: adjusted[index] as number }));
  });
}

function compare(
  one: AtPosition,
  beside: AtPosition,
  confidence: number,
): Omit<PositionComparison, "p_adjusted"> | undefined {
  const { trait, dataset, variant, method, position, reporting: questions } = one;
  const { delta, interval } = effectOn(questions, one.scores, beside.scores, confidence);
  if (delta === undefined) return undefined;
  const differences = differencesOn(questions, one.scores, beside.scores);
  return {
    trait,
    dataset,
    variant,
    method,
    position,
    beside: beside.position,
    trait_delta: delta,
    interval: interval ?? null,
    n: differences.length,
    p: signFlipP(differences),
  };
}
