import type { Dtype } from "../../domain/engine.ts";
import type {
  ActivationSet,
  ActivationsParams,
  JudgeParams,
  ResponsesParams,
  VettingThresholds,
} from "../../domain/task-params.ts";
import type { Dataset } from "../../domain/experiment.ts";
import type { Task, TaskCost } from "../../domain/task.ts";
import type { Cell } from "../bind/cell.ts";
import { methodNamed } from "../../methods/index.ts";
import { responseSet, type Budgets } from "../check/generation.ts";
import type { Files } from "../files/files.ts";
import { activationsCost, responsesCost, vectorsCost, vettingCost } from "./cost.ts";
import { datasetOf, sizeOf } from "./files.ts";
import type { Inputs } from "./inputs.ts";
import { named } from "./named.ts";
import { activationsNames, responsesNames, vectorsNames, vettingNames } from "./paths.ts";
import type { TaskSet } from "./task-set.ts";

const NONE: readonly string[] = [];
const NO_INPUTS: Readonly<Record<string, string>> = {};

/** What the tasks of all cells are made of. */
export interface ExtractionContext {
  readonly files: Files;
  readonly budgets: Budgets;
  readonly inputs: Inputs;
  readonly dtype: Dtype;
  /** Share of the scenarios that no vector is fitted on. */
  readonly heldOut: number;
  /** Of methods that draw. */
  readonly seed: number;
  /** Undefined: every response is taken. */
  readonly vetting: { readonly thresholds: VettingThresholds; readonly judge: JudgeParams } | undefined;
}

/** What the cells of one trait and source have in common. */
interface CellSet {
  readonly dataset: Dataset;
  /** Ids of the responses and, where they are vetted, of their vetting. */
  readonly responses: readonly string[];
  readonly activationsCost: TaskCost;
  readonly vectorsCost: TaskCost;
}

/** A cell, and the tasks that make its vectors: their ids. */
export interface Extracted {
  readonly cell: Cell;
  readonly set: CellSet;
  readonly activations: string;
  readonly vectors: string;
}

/**
 * Adds the tasks that make a cell's vectors. Each one's parameters are only what it is made of: responses know no
 * position, activations no method, and none of them the names that the spec gives to sources and traits. Cells come trait
 * by trait, source by source and position by position: what a cell shares with the one `before` is not made again.
 */
export function addExtraction(
  cell: Cell,
  before: Extracted | undefined,
  context: ExtractionContext,
  tasks: TaskSet,
): Extracted {
  const { place } = cell.generate;
  const sameSet = before?.cell.trait === cell.trait && before.cell.source === cell.source ? before : undefined;
  const samePosition = sameSet?.cell.positionText === cell.positionText ? sameSet : undefined;
  const set = sameSet?.set ?? addResponses(cell, context, tasks);
  const activations = samePosition?.activations ?? tasks.add(activationsTask(cell, set, context), place);
  const vectors = tasks.add(vectorsTask(cell, activations, set, context.seed), place);
  return { cell, set, activations, vectors };
}

function addResponses(cell: Cell, context: ExtractionContext, tasks: TaskSet): CellSet {
  const { files } = context;
  const { place, rollouts } = cell.generate;
  const dataset = datasetOf(files, cell.dataset.value);
  const size = sizeOf(files, cell.variant.value);
  const params = responsesParams(cell, context);
  const responses = tasks.add(responsesTask(cell, dataset, params, context), place);
  const vetting = vettingTask(cell, dataset, params, responses, context);
  return {
    dataset,
    responses: vetting === undefined ? [responses] : [responses, tasks.add(vetting, place)],
    activationsCost: activationsCost(dataset, rollouts.value, size),
    vectorsCost: vectorsCost(size),
  };
}

function responsesParams(cell: Cell, { budgets, dtype }: ExtractionContext): ResponsesParams {
  const { generate } = cell;
  const greedy = generate.temperature.value === 0;
  return {
    dataset: cell.dataset.value,
    variant: cell.variant.value,
    maxNewTokens: generate.maxNewTokens?.value ?? budgets.get(responseSet(cell)) ?? 1,
    rollouts: generate.rollouts.value,
    temperature: generate.temperature.value,
    // Greedy decoding draws nothing.
    topP: greedy ? 1 : generate.topP,
    seed: greedy ? 0 : generate.seed,
    dtype,
  };
}

function responsesTask(cell: Cell, dataset: Dataset, params: ResponsesParams, { inputs }: ExtractionContext): Task {
  return named(responsesNames(cell), cell.sourceDeclared, {
    kind: "responses",
    phase: "extraction",
    params,
    inputs: {
      rows: inputs.rows(params.dataset),
      weights: inputs.weights(params.variant),
      prompt_format: inputs.promptFormat(params.variant),
    },
    needs: NONE,
    after: NONE,
    cost: responsesCost(dataset, params),
  });
}

/** Undefined where every response is taken. */
function vettingTask(
  cell: Cell,
  dataset: Dataset,
  responses: ResponsesParams,
  responsesId: string,
  { inputs, vetting }: ExtractionContext,
): Task | undefined {
  if (vetting === undefined) return undefined;
  const { thresholds, judge } = vetting;
  const trait = cell.trait.value;
  return named(vettingNames(cell), cell.sourceDeclared, {
    kind: "vetting",
    phase: "extraction",
    params: { dataset: dataset.ref, variant: responses.variant, trait, judge, ...thresholds },
    inputs: inputs.judging(dataset.ref, trait),
    needs: [responsesId],
    after: NONE,
    cost: vettingCost(dataset, responses, judge),
  });
}

function activationsTask(cell: Cell, set: CellSet, { inputs, dtype, heldOut }: ExtractionContext): Task {
  const { variant, position, component } = activationSet(cell);
  const params: ActivationsParams = { dataset: set.dataset.ref, variant, position, component, dtype, heldOut };
  return named(activationsNames(cell), cell.positionText.place, {
    kind: "activations",
    phase: "extraction",
    params,
    inputs: { weights: inputs.weights(params.variant) },
    needs: set.responses,
    after: NONE,
    cost: set.activationsCost,
  });
}

function vectorsTask(cell: Cell, activations: string, set: CellSet, methodSeed: number): Task {
  const { variant, position, component } = activationSet(cell);
  const { method } = cell;
  const seed = methodNamed(method).isSeeded ? methodSeed : 0;
  return named(vectorsNames(cell), cell.positionText.place, {
    kind: "vectors",
    phase: "extraction",
    params: { dataset: set.dataset.ref, variant, position, component, method, seed },
    inputs: NO_INPUTS,
    needs: [activations],
    after: NONE,
    cost: set.vectorsCost,
  });
}

/** Not to be spread into parameters: of tens of thousands of objects, that takes three times the memory. */
export function activationSet(cell: Cell): ActivationSet {
  return {
    dataset: cell.dataset.value,
    variant: cell.variant.value,
    position: cell.positionText.value,
    component: "residual",
  };
}
