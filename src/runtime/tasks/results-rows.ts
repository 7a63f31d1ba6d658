import type { PromptedParams, ResultsParams, SteeringParams } from "../../domain/task-params.ts";
import {
  choose,
  effectOn,
  firstBelow,
  meanScores,
  summarise,
  type Scored,
  type ScoredEvaluation,
  type Split,
} from "../effect.ts";
import type { Scores } from "../judge/types.ts";
import type { Combined } from "./results-combinations.ts";
import type * as R from "./results-document.ts";

/** What answers are measured against. */
export interface Measured {
  readonly unsteered: readonly Scores[];
  readonly split: Split;
}

/** A vector set's search, with its finer grid. */
export interface Single extends Measured {
  readonly of: SteeringParams;
  readonly evaluations: readonly ScoredEvaluation[];
  readonly best: ScoredEvaluation | undefined;
  /** At the best of all evaluations. */
  readonly random: readonly Scored[];
}

export interface Prompting extends Measured {
  readonly of: PromptedParams;
  readonly prompts: readonly Scored[];
  readonly best: (Scored & { readonly system_prompt: string }) | undefined;
}

export function vectorRow(single: Single, prompted: readonly Prompting[], params: ResultsParams): R.ResultsRow {
  const { of, unsteered, split, evaluations, best, random } = single;
  const { dataset, trait, variant, position, method } = of;
  const prompt = prompted.find((one) => one.of.dataset === dataset)?.best;
  const beyond = difference(best, prompt, split, params);
  return {
    dataset,
    trait,
    variant,
    position,
    method,
    questions: { selecting: split.selecting.length, reporting: split.reporting.length },
    baseline: summarise(unsteered, split.reporting),
    ...bestOf(best, single, params),
    at: atEach(evaluations, single, params),
    ...(best === undefined ? {} : { drops: dropsAt(best.layer, single, params) }),
    ...(random.length === 0 ? {} : { random: describeRandom(random, single, params) }),
    ...(beyond === undefined ? {} : { beyond_prompting: beyond }),
  };
}

export function promptingRow(prompting: Prompting, params: ResultsParams): R.PromptingRow {
  const { of, prompts, best } = prompting;
  const reported = best && { system_prompt: best.system_prompt, ...report(best, prompting, params) };
  const { dataset, trait } = of;
  return { dataset, trait, prompts: prompts.length, ...(reported === undefined ? {} : { best: reported }) };
}

export function combinationRow(
  combined: Combined,
  singles: readonly Single[],
  params: ResultsParams,
): R.CombinationRow {
  const { trait, name: strategy, hooks, split, evaluations, best } = combined;
  const single = choose(
    singles.flatMap((one) => (one.of.trait === trait && one.best !== undefined ? one.best : [])),
    split,
    params.minCoherence,
  );
  const beyond = difference(best, single, split, params);
  return {
    trait,
    strategy,
    hooks: hooks.map(({ layer, coefficient }) => ({ layer, coefficient: coefficient * (best?.coefficient ?? 1) })),
    ...bestOf(best, combined, params),
    at: atEach(evaluations, combined, params),
    ...(beyond === undefined ? {} : { beyond_best_single: beyond }),
  };
}

/** Of two answers to the same questions; undefined without both. */
function difference(
  one: Scored | undefined,
  other: Scored | undefined,
  { reporting }: Split,
  { confidence }: ResultsParams,
): R.Difference | undefined {
  if (one === undefined || other === undefined) return undefined;
  const { delta, interval } = effectOn(reporting, one.scores, other.scores, confidence);
  return delta === undefined ? undefined : { trait_delta: delta, interval: interval ?? null };
}

function atEach(
  evaluations: readonly ScoredEvaluation[],
  measured: Measured,
  params: ResultsParams,
): R.ResultsRow["at"] {
  return params.coherence.map((coherence) => ({
    coherence,
    ...bestOf(choose(evaluations, measured.split, coherence), measured, params),
  }));
}

function bestOf(
  chosen: ScoredEvaluation | undefined,
  measured: Measured,
  params: ResultsParams,
): { readonly best?: R.Found } {
  if (chosen === undefined) return {};
  const { layer, coefficient } = chosen;
  return { best: { layer, coefficient, ...report(chosen, measured, params) } };
}

function report({ scores }: Scored, { unsteered, split }: Measured, { confidence }: ResultsParams): R.Reported {
  const { delta, interval } = effectOn(split.reporting, scores, unsteered, confidence);
  return {
    trait_delta: delta ?? null,
    interval: interval ?? null,
    selected_delta: effectOn(split.selecting, scores, unsteered, confidence).delta ?? null,
    ...summarise(scores, split.reporting),
  };
}

function dropsAt(layer: number, { evaluations, split }: Single, { coherence }: ResultsParams): R.CoherenceDrop[] {
  const there = evaluations.filter((one) => one.layer === layer);
  return coherence.map((least) => ({ coherence: least, coefficient: firstBelow(there, split.reporting, least) }));
}

function describeRandom(
  random: readonly Scored[],
  { unsteered, split: { reporting } }: Single,
  { confidence }: ResultsParams,
): R.RandomDirections {
  const effect = effectOn(reporting, meanScores(random), unsteered, confidence);
  const deltas = random.flatMap(({ scores }) => effectOn(reporting, scores, unsteered, confidence).delta ?? []);
  const { coherence_mean, n, missing } = summarise(
    random.flatMap(({ scores }) => reporting.flatMap((question) => scores[question] ?? [])),
  );
  return {
    directions: random.length,
    trait_delta_mean: effect.delta ?? null,
    interval: effect.interval ?? null,
    trait_delta_max: deltas.length === 0 ? null : Math.max(...deltas),
    coherence_mean,
    n,
    missing,
  };
}
