import { bootstrapInterval, mean, type Interval } from "../math/statistics.ts";
import { meanScore } from "./judge/score.ts";
import type { Scores } from "./judge/types.ts";

/** Judged answers, by question. */
export interface Scored {
  readonly scores: readonly Scores[];
}

/** Those of one layer and coefficient. */
export interface ScoredEvaluation extends Scored {
  readonly layer: number;
  readonly coefficient: number;
}

/** Which questions choose and which report: the same when nothing is held out. */
export interface Split {
  readonly selecting: readonly number[];
  readonly reporting: readonly number[];
}

export function splitOf(heldOut: readonly boolean[]): Split {
  const all = [...heldOut.keys()];
  if (!heldOut.includes(true)) return { selecting: all, reporting: all };
  return { selecting: all.filter((index) => !heldOut[index]), reporting: all.filter((index) => heldOut[index]) };
}

export interface Summary {
  readonly trait_mean: number | null;
  readonly coherence_mean: number | null;
  /** Answers with a trait score. */
  readonly n: number;
  readonly missing: { readonly trait: number; readonly coherence: number };
}

/** Means over some of the questions; missing scores are counted and are in no mean. */
export function summarise(scores: readonly Scores[], questions: Iterable<number> = scores.keys()): Summary {
  const chosen = [...questions].flatMap((index) => scores[index] ?? []);
  const trait = meanScore(chosen.map((score) => score.trait));
  const coherence = meanScore(chosen.map((score) => score.coherence));
  return {
    trait_mean: trait.mean,
    coherence_mean: coherence.mean,
    n: trait.n,
    missing: { trait: trait.missing, coherence: coherence.missing },
  };
}

/** The change of the trait score from the unsteered answer of the same question. */
export interface Effect {
  /** Undefined when no question has both scores. */
  readonly delta: number | undefined;
  readonly interval: Interval | undefined;
}

export function effectOn(
  questions: readonly number[],
  steered: readonly Scores[],
  unsteered: readonly Scores[],
  confidence: number,
): Effect {
  const deltas = differencesOn(questions, steered, unsteered);
  // The seed says only which resamples are drawn: the same everywhere, so that equal scores give equal intervals.
  return {
    delta: deltas.length === 0 ? undefined : mean(deltas),
    interval: bootstrapInterval(deltas, confidence, "effect"),
  };
}

/** Trait scores less those before, of the questions that have both. */
export function differencesOn(
  questions: readonly number[],
  after: readonly Scores[],
  before: readonly Scores[],
): number[] {
  return questions.flatMap((index) => {
    const [one, other] = [after[index]?.trait ?? null, before[index]?.trait ?? null];
    return one === null || other === null ? [] : [one - other];
  });
}

/** The mean of several answers to each question. */
export function meanScores(all: readonly Scored[]): Scores[] {
  return (all[0]?.scores ?? []).map((_, question) => {
    const { trait_mean: trait, coherence_mean: coherence } = summarise(
      all.flatMap(({ scores }) => scores[question] ?? []),
    );
    return { trait, coherence };
  });
}

/** The smallest coefficient whose answers are less coherent than that; null when none is. */
export function firstBelow(
  evaluations: readonly ScoredEvaluation[],
  questions: readonly number[],
  coherence: number,
): number | null {
  const below = evaluations.filter(({ scores }) => {
    const { coherence_mean: found } = summarise(scores, questions);
    return found !== null && found < coherence;
  });
  return below.length === 0 ? null : Math.min(...below.map(({ coefficient }) => coefficient));
}

/** What has the highest trait score among those that are coherent enough, both on the selecting questions; the earlier of equals. */
export function choose<E extends Scored>(
  evaluations: readonly E[],
  { selecting }: Split,
  minCoherence: number,
): E | undefined {
  let best: { readonly evaluation: E; readonly traitMean: number } | undefined;
  for (const evaluation of evaluations) {
    const { trait_mean: traitMean, coherence_mean: coherenceMean } = summarise(evaluation.scores, selecting);
    if (traitMean === null || coherenceMean === null || coherenceMean < minCoherence) continue;
    if (best === undefined || traitMean > best.traitMean) best = { evaluation, traitMean };
  }
  return best?.evaluation;
}
