import { heldOutQuestions } from "../../domain/held-out.ts";
import type { SteeringParams } from "../../domain/task-params.ts";
import type { CombinationTask, ResultsTask } from "../../domain/task.ts";
import type { Interval } from "../../math/statistics.ts";
import { choose, effectOn, splitOf, type ScoredEvaluation, type Split } from "../effect.ts";
import type { Scores } from "../judge/types.ts";
import type { CombinationBest } from "./combination.ts";
import { outputPath, type TaskContext } from "./context.ts";
import type { Selection } from "./selection.ts";
import { readEvaluations } from "./steering-files.ts";
import { readBaseline } from "./steering-inputs.ts";

/** What a strategy found, or a source's best vector alone. */
export interface Contestant {
  readonly trait: string;
  /** The strategy, or `best(<source>)`. */
  readonly name: string;
  /** Undefined when nothing stayed coherent. */
  readonly best: ScoredEvaluation | undefined;
  readonly split: Split;
}

export interface Combined extends Contestant {
  readonly unsteered: readonly Scores[];
  readonly evaluations: readonly ScoredEvaluation[];
  /** At scale 1. */
  readonly hooks: CombinationBest["hooks"];
}

export function readCombined(combination: CombinationTask, task: ResultsTask, context: TaskContext): Combined {
  const { minCoherence, heldOut } = task.params;
  const { trait, strategy: name } = combination.params;
  const textOf = (file: string) => Buffer.from(context.readFile(outputPath(combination, file))).toString();
  const unsteered = readBaseline(combination, context).responses;
  const split = splitOf(heldOutQuestions(unsteered.length, heldOut));
  const evaluations = readEvaluations(textOf("responses.jsonl"));
  const best = choose(evaluations, split, minCoherence);
  const { hooks } = JSON.parse(textOf("best.json")) as CombinationBest;
  return { trait, name, best, split, unsteered, evaluations, hooks };
}

/** A search and all that it evaluated. */
interface Searched {
  readonly of: SteeringParams;
  readonly evaluations: readonly ScoredEvaluation[];
  readonly split: Split;
}

/** A source's best vector, which is one of the searches'. */
export function aloneOf({ trait, source, best }: Selection, singles: readonly Searched[]): Contestant {
  const found = singles.find(
    ({ of }) =>
      of.dataset === best?.dataset &&
      of.variant === best.variant &&
      of.position === best.position &&
      of.method === best.method,
  );
  return {
    trait,
    name: `best(${source})`,
    best: found?.evaluations.find(
      ({ layer, coefficient }) => layer === best?.layer && coefficient === best.coefficient,
    ),
    split: found?.split ?? { selecting: [], reporting: [] },
  };
}

/** Two contestants of one trait: the trait score of the first less that of the other, question by question. */
export interface ContestantPair {
  readonly trait: string;
  readonly one: string;
  readonly other: string;
  readonly trait_delta: number;
  readonly interval: Interval | null;
}

/** Each with each that comes after it; without those that found nothing, or share no question with a score. */
export function pairsOf(contestants: readonly Contestant[], confidence: number): ContestantPair[] {
  return contestants.flatMap(({ trait, name: one, best, split }, index) =>
    contestants.slice(index + 1).flatMap((other): ContestantPair[] => {
      if (other.trait !== trait || best === undefined || other.best === undefined) return [];
      const { delta, interval } = effectOn(split.reporting, best.scores, other.best.scores, confidence);
      return delta === undefined
        ? []
        : [{ trait, one, other: other.name, trait_delta: delta, interval: interval ?? null }];
    }),
  );
}
