import { bootstrapInterval, mean, type Interval } from "../math/statistics.ts";
import { meanScore } from "./judge/score.ts";
import type { Scores } from "./judge/types.ts";
import { bestEvaluation } from "./search.ts";

/** The judged answers of one layer and coefficient, by question. */
export interface ScoredEvaluation {
  readonly layer: number;
  readonly coefficient: number;
  readonly scores: readonly Scores[];
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
  const deltas = questions.flatMap((index) => {
    const [after, before] = [steered[index]?.trait ?? null, unsteered[index]?.trait ?? null];
    return after === null || before === null ? [] : [after - before];
  });
  // The seed says only which resamples are drawn: the same everywhere, so that equal scores give equal intervals.
  return {
    delta: deltas.length === 0 ? undefined : mean(deltas),
    interval: bootstrapInterval(deltas, confidence, "effect"),
  };
}

/** The evaluation with the highest trait score among those that are coherent enough, both on the selecting questions. */
export function choose<E extends ScoredEvaluation>(
  evaluations: readonly E[],
  { selecting }: Split,
  minCoherence: number,
): E | undefined {
  const candidates = evaluations.map((evaluation) => {
    const { trait_mean: traitMean, coherence_mean: coherenceMean } = summarise(evaluation.scores, selecting);
    const { layer, coefficient } = evaluation;
    return { layer, coefficient, traitMean, coherenceMean, evaluation };
  });
  return bestEvaluation(candidates, minCoherence)?.evaluation;
}
