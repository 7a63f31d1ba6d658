import type { Dataset } from "../../domain/experiment.ts";
import type { Dtype } from "../../domain/engine.ts";
import { trialCount } from "../../domain/search-params.ts";
import type { AskingParams, JudgeParams } from "../../domain/task-params.ts";
import type { Task, TaskCost } from "../../domain/task.ts";
import type { Cell } from "../bind/cell.ts";
import type { JudgeSpec, SteeringSpec } from "../lower/spec.ts";
import { judgedCost, resultsCost } from "./cost.ts";
import { activationSet } from "./extraction.ts";
import type { Inputs } from "./inputs.ts";
import { named } from "./named.ts";
import { RESULTS_ID, RESULTS_OUTPUTS, baselineNames, steeringNames } from "./paths.ts";

export interface SteeringContext {
  readonly steering: SteeringSpec;
  readonly maxNewTokens: number;
  readonly layers: readonly number[];
  readonly refineLayers: readonly number[] | "best";
  readonly application: string;
  readonly dtype: Dtype;
  readonly judge: JudgeParams;
  readonly inputs: Inputs;
  /** Checkpoints that must hold before. */
  readonly after: readonly string[];
}

/** How a judge enters identities: not how fast it is asked, nor with which key. */
export function judgeParams(judge: JudgeSpec): JudgeParams {
  if (judge.provider === "local") return { provider: "local", variant: judge.variant.value };
  return { provider: "openai", model: judge.model, baseUrl: judge.baseUrl, samples: judge.samples };
}

/** What everything that asks the application has in common. */
export function asking(cell: Cell, context: SteeringContext): AskingParams {
  const { steering, application, maxNewTokens, dtype, judge } = context;
  const { dataset, trait } = cell;
  const { questions } = steering;
  return { dataset: dataset.value, trait: trait.value, application, questions, maxNewTokens, dtype, judge };
}

/** How many questions are asked. */
export function questionCount(dataset: Dataset, { steering: { questions } }: SteeringContext): number {
  return questions === "all" ? dataset.questions.length : Math.min(questions, dataset.questions.length);
}

/** What the cells of one trait and dataset have in common. */
export interface Asked {
  readonly dataset: Dataset;
  readonly params: AskingParams;
  readonly inputs: Readonly<Record<string, string>>;
  /** Of one cell's search. */
  readonly searchCost: TaskCost;
}

export function askedOf(cell: Cell, dataset: Dataset, context: SteeringContext): Asked {
  const { steering, layers, application, inputs } = context;
  const evaluations = trialCount(steering.search, layers.length) + steering.nullDirections;
  return {
    dataset,
    params: asking(cell, context),
    inputs: inputs.judged(dataset.ref, cell.trait.value, application),
    searchCost: judgedCost(questionCount(dataset, context) * evaluations, context),
  };
}

export function baselineTask(cell: Cell, { dataset, params, inputs }: Asked, context: SteeringContext): Task {
  return named(baselineNames(dataset.ref, context.application), cell.dataset.place, {
    kind: "baseline",
    phase: "steering",
    params,
    inputs,
    needs: [],
    after: context.after,
    cost: judgedCost(questionCount(dataset, context), context),
  });
}

/** `needs`: the vectors and the baseline. */
export function steeringTask(
  cell: Cell,
  { dataset, params, inputs, searchCost }: Asked,
  needs: readonly string[],
  { steering, layers, after }: SteeringContext,
): Task {
  const { search, nullDirections, nullSeed } = steering;
  const { variant, position, component } = activationSet(cell);
  const { application, trait, questions, maxNewTokens, dtype, judge } = params;
  return named(steeringNames(cell), cell.positionText.place, {
    kind: "steering",
    phase: "steering",
    params: {
      dataset: dataset.ref,
      variant,
      position,
      component,
      trait,
      application,
      questions,
      maxNewTokens,
      dtype,
      judge,
      method: cell.method,
      layers,
      search,
      heldOut: steering.report.heldOut.value,
      nullDirections,
      // Nothing is drawn without directions.
      nullSeed: nullDirections === 0 ? 0 : nullSeed,
    },
    inputs,
    needs,
    after,
    cost: searchCost,
  });
}

export function resultsTask(steered: readonly string[], { steering }: SteeringContext): Task {
  return named({ id: RESULTS_ID, outputs: RESULTS_OUTPUTS }, steering.place, {
    kind: "results",
    phase: "results",
    params: {
      minCoherence: steering.search.minCoherence,
      heldOut: steering.report.heldOut.value,
      confidence: steering.report.confidence,
      coherence: steering.report.coherence,
    },
    inputs: {},
    needs: steered,
    after: [],
    cost: resultsCost(steered.length),
  });
}
