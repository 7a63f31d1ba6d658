import { heldOutQuestions } from "../../domain/held-out.ts";
import type { ResultsParams } from "../../domain/task-params.ts";
import type { ResultsTask, SteeringTask } from "../../domain/task.ts";
import type { Interval } from "../../math/statistics.ts";
import { choose, effectOn, splitOf, summarise, type ScoredEvaluation, type Split, type Summary } from "../effect.ts";
import type { Scores } from "../judge/types.ts";
import { onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { aloneOf, pairsOf, readCombined, type Combined, type ContestantPair } from "./results-combinations.ts";
import { readSelection } from "./selection.ts";
import { allUpstream, readBaseline, readSteered } from "./steering-inputs.ts";

/** Every steering search's best, side by side. */
export interface Results {
  readonly format_version: 2;
  readonly experiment: string;
  readonly min_coherence: number;
  /** Share of the questions that chose nothing, and that all numbers are of. */
  readonly held_out: number;
  readonly confidence: number;
  /** Replies of the judge that a score is the mean of; 0: read from the first token's distribution. */
  readonly judge_samples: number;
  readonly rows: readonly ResultsRow[];
  readonly combinations: readonly CombinationRow[];
  /** The combinations, and the sources' best vectors alone, with each other. */
  readonly combination_pairs: readonly ContestantPair[];
}

export interface ResultsRow {
  readonly dataset: string;
  readonly trait: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  /** How many chose, and how many the numbers are of. */
  readonly questions: { readonly selecting: number; readonly reporting: number };
  /** Unsteered. */
  readonly baseline: Summary;
  /** Absent when no evaluation stayed coherent. */
  readonly best?: Found;
  /** The best at each least coherence that the spec asks for. */
  readonly at: readonly { readonly coherence: number; readonly best?: Found }[];
  /** Random unit directions at the best layer and coefficient; absent when none were tried. */
  readonly random?: RandomDirections;
}

/** One strategy of combining the best vectors. In `best` and `at`, the coefficient is the scale of all. */
export interface CombinationRow {
  readonly trait: string;
  readonly strategy: string;
  /** With their coefficients at the best scale. */
  readonly hooks: readonly { readonly layer: number; readonly coefficient: number }[];
  readonly best?: Found;
  readonly at: ResultsRow["at"];
  /** Its trait score less that of the trait's best single vector, question by question. */
  readonly beyond_best_single?: { readonly trait_delta: number; readonly interval: Interval | null };
}

/** A layer and coefficient, and what it does on the reporting questions. Δ is the trait score less the unsteered one. */
export interface Found extends Summary {
  readonly layer: number;
  readonly coefficient: number;
  readonly trait_delta: number | null;
  readonly interval: Interval | null;
  /** Δ on the questions that chose it: too high, by being the highest. */
  readonly selected_delta: number | null;
}

export interface RandomDirections {
  readonly directions: number;
  readonly trait_delta_mean: number | null;
  readonly trait_delta_max: number | null;
  readonly coherence_mean: number | null;
}

export const runResults: Executor<ResultsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { minCoherence, heldOut, confidence } = task.params;
  const { judge } = context.experiment;
  const singles = allUpstream(task, "steering", context).map((search) => readSingle(search, task, context));
  const combinations = allUpstream(task, "combination", context);
  const combined = combinations.map((combination) => readCombined(combination, task, context));
  const alone = [...new Set(combinations.flatMap((one) => allUpstream(one, "selection", context)))].map((selection) =>
    aloneOf(readSelection(selection, context), singles),
  );
  const results: Results = {
    format_version: 2,
    experiment: context.experiment.name,
    min_coherence: minCoherence,
    held_out: heldOut,
    confidence,
    judge_samples: judge?.provider === "openai" ? judge.samples : 0,
    rows: singles.map((single) => rowOf(single, task.params)),
    combinations: combined.map((one) => combinationRowOf(one, singles, task.params)),
    combination_pairs: pairsOf([...alone, ...combined], confidence),
  };
  return new Map([[task.id, new Map([[outputPath(task, "results.json"), `${JSON.stringify(results, null, 2)}\n`]])]]);
};

/** A search with its finer grid, if there is one. */
interface Single {
  readonly search: SteeringTask;
  readonly unsteered: readonly Scores[];
  readonly split: Split;
  readonly evaluations: readonly ScoredEvaluation[];
  /** At the best of all evaluations. */
  readonly random: readonly ScoredEvaluation[];
  readonly best: ScoredEvaluation | undefined;
}

function readSingle(search: SteeringTask, task: ResultsTask, context: TaskContext): Single {
  const { minCoherence, heldOut } = task.params;
  const unsteered = readBaseline(search, context).responses;
  const split = splitOf(heldOutQuestions(unsteered.length, heldOut));
  const refined = allUpstream(task, "refine", context).filter(({ needs }) => needs.includes(search.id));
  const all = [search, ...refined].flatMap((one) => readSteered(one, context));
  const isOwn = ({ method }: { readonly method: string }): boolean => method === search.params.method;
  const evaluations = all.filter(isOwn);
  const best = choose(evaluations, split, minCoherence);
  const random = all.filter((one) => !isOwn(one) && one.layer === best?.layer && one.coefficient === best.coefficient);
  return { search, unsteered, split, evaluations, random, best };
}

function rowOf({ search, unsteered, split, evaluations, random, best }: Single, params: ResultsParams): ResultsRow {
  const { dataset, trait, variant, position, method } = search.params;
  return {
    dataset,
    trait,
    variant,
    position,
    method,
    questions: { selecting: split.selecting.length, reporting: split.reporting.length },
    baseline: summarise(unsteered, split.reporting),
    ...foundOf(best, unsteered, split, params.confidence),
    at: atEach(evaluations, unsteered, split, params),
    ...(random.length === 0 ? {} : { random: describeRandom(random, unsteered, split, params.confidence) }),
  };
}

function combinationRowOf(
  { trait, name: strategy, unsteered, split, evaluations, best, hooks }: Combined,
  singles: readonly Single[],
  params: ResultsParams,
): CombinationRow {
  const ofTrait = singles.filter(({ search }) => search.params.trait === trait);
  const single = choose(
    ofTrait.flatMap((one) => one.best ?? []),
    split,
    params.minCoherence,
  );
  const beyond = best && single && effectOn(split.reporting, best.scores, single.scores, params.confidence);
  return {
    trait,
    strategy,
    hooks: hooks.map(({ layer, coefficient }) => ({ layer, coefficient: coefficient * (best?.coefficient ?? 1) })),
    ...foundOf(best, unsteered, split, params.confidence),
    at: atEach(evaluations, unsteered, split, params),
    ...(beyond?.delta === undefined
      ? {}
      : { beyond_best_single: { trait_delta: beyond.delta, interval: beyond.interval ?? null } }),
  };
}

function atEach(
  evaluations: readonly ScoredEvaluation[],
  unsteered: readonly Scores[],
  split: Split,
  { coherence, confidence }: ResultsParams,
): ResultsRow["at"] {
  return coherence.map((least) => ({
    coherence: least,
    ...foundOf(choose(evaluations, split, least), unsteered, split, confidence),
  }));
}

function foundOf(
  chosen: ScoredEvaluation | undefined,
  unsteered: readonly Scores[],
  split: Split,
  confidence: number,
): { readonly best?: Found } {
  return chosen === undefined ? {} : { best: describe(chosen, unsteered, split, confidence) };
}

function describe(
  { layer, coefficient, scores }: ScoredEvaluation,
  unsteered: readonly Scores[],
  { selecting, reporting }: Split,
  confidence: number,
): Found {
  const { delta, interval } = effectOn(reporting, scores, unsteered, confidence);
  return {
    layer,
    coefficient,
    trait_delta: delta ?? null,
    interval: interval ?? null,
    selected_delta: effectOn(selecting, scores, unsteered, confidence).delta ?? null,
    ...summarise(scores, reporting),
  };
}

function describeRandom(
  random: readonly ScoredEvaluation[],
  unsteered: readonly Scores[],
  { reporting }: Split,
  confidence: number,
): RandomDirections {
  const deltas = random.flatMap(({ scores }) => effectOn(reporting, scores, unsteered, confidence).delta ?? []);
  const coherences = random.flatMap(({ scores }) => summarise(scores, reporting).coherence_mean ?? []);
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    directions: random.length,
    trait_delta_mean: mean(deltas),
    trait_delta_max: deltas.length === 0 ? null : Math.max(...deltas),
    coherence_mean: mean(coherences),
  };
}
