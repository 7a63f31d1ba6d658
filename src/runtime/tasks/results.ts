import { heldOutQuestions } from "../../domain/held-out.ts";
import type { ResultsParams } from "../../domain/task-params.ts";
import type { ResultsTask, SteeringTask, Task } from "../../domain/task.ts";
import type { Interval } from "../../math/statistics.ts";
import { choose, effectOn, splitOf, summarise, type ScoredEvaluation, type Split, type Summary } from "../effect.ts";
import type { Scores } from "../judge/types.ts";
import { parseBaseline, type StoredAnswer } from "./baseline.ts";
import { onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { readEvaluations, type SteeringBest } from "./steering-files.ts";

/** Every steering search's best, side by side. */
export interface Results {
  readonly format_version: 2;
  readonly experiment: string;
  readonly min_coherence: number;
  /** Share of the questions that chose nothing, and that all numbers are of. */
  readonly held_out: number;
  readonly confidence: number;
  readonly rows: readonly ResultsRow[];
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
  const needed = new Set(task.needs);
  const searches = context.experiment.tasks.filter(
    (other): other is SteeringTask => other.kind === "steering" && needed.has(other.id),
  );
  const results: Results = {
    format_version: 2,
    experiment: context.experiment.name,
    min_coherence: minCoherence,
    held_out: heldOut,
    confidence,
    rows: searches.map((search) => rowOf(search, task.params, context)),
  };
  return new Map([[task.id, new Map([[outputPath(task, "results.json"), `${JSON.stringify(results, null, 2)}\n`]])]]);
};

function rowOf(search: SteeringTask, params: ResultsParams, context: TaskContext): ResultsRow {
  const best = JSON.parse(textOf(search, "best.json", context)) as SteeringBest;
  const unsteered = unsteeredOf(search, context);
  const split = splitOf(heldOutQuestions(unsteered.length, params.heldOut));
  const evaluations = readEvaluations(textOf(search, "responses.jsonl", context));
  const searched = evaluations.filter(({ method }) => method === best.method);
  const random = evaluations.filter(({ method }) => method !== best.method);
  const found = (minCoherence: number) => {
    const chosen = choose(searched, split, minCoherence);
    return chosen === undefined ? {} : { best: describe(chosen, unsteered, split, params.confidence) };
  };
  const { dataset, trait, variant, position, method } = best;
  return {
    dataset,
    trait,
    variant,
    position,
    method,
    questions: { selecting: split.selecting.length, reporting: split.reporting.length },
    baseline: summarise(unsteered, split.reporting),
    ...found(params.minCoherence),
    at: params.coherence.map((coherence) => ({ coherence, ...found(coherence) })),
    ...(random.length === 0 ? {} : { random: describeRandom(random, unsteered, split, params.confidence) }),
  };
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

function unsteeredOf(search: SteeringTask, context: TaskContext): readonly StoredAnswer[] {
  const baseline = context.experiment.tasks.find((task) => task.kind === "baseline" && search.needs.includes(task.id));
  if (baseline === undefined) throw new Error(`Internal error: ${search.id} needs no baseline`);
  const path = outputPath(baseline, "baseline.json");
  return parseBaseline(path, context.readFile(path)).responses;
}

function textOf(task: Task, name: string, context: TaskContext): string {
  return Buffer.from(context.readFile(outputPath(task, name))).toString("utf8");
}
