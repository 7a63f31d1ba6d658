import type { Dtype } from "../../domain/engine.ts";
import type { ActivationSet, ActivationsParams, ResponsesParams } from "../../domain/task-params.ts";
import type { Task } from "../../domain/task.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { Dataset } from "../../domain/experiment.ts";
import type { Cell } from "../bind/cell.ts";
import { responseSet, type Budgets } from "../check/generation.ts";
import { activationsCost, responsesCost, vectorsCost, type Size } from "./cost.ts";
import type { Inputs } from "./inputs.ts";
import { activationsNames, responsesNames, vectorsNames, type Names } from "./paths.ts";
import type { TaskSet } from "./task-set.ts";

/*
 * The tasks of cells are many, and are written out field by field: a literal that objects are spread into takes V8 twenty
 * times as long, and more than twice the memory.
 */

const NONE: readonly string[] = [];
const NO_INPUTS: Readonly<Record<string, string>> = {};

/** What a cell's tasks are made of. */
export interface CellContext {
  readonly dataset: Dataset;
  readonly size: Size;
  readonly budgets: Budgets;
  readonly inputs: Inputs;
  readonly dtype: Dtype;
}

/** A cell, and the ids of the tasks that make its vectors. */
export interface Extracted {
  readonly cell: Cell;
  readonly responses: string;
  readonly activations: string;
  readonly vectors: string;
}

/**
 * Adds the three tasks that make a cell's vectors. Each one's parameters are only what it is made of: responses know no
 * position, activations no method, and none of them the names that the spec gives to sources and traits. Cells come trait
 * by trait, source by source and position by position: what a cell shares with the one `before` is not made again.
 */
export function addExtraction(
  cell: Cell,
  before: Extracted | undefined,
  context: CellContext,
  tasks: TaskSet,
): Extracted {
  const { place } = cell.generate;
  const sameSet = before?.cell.trait === cell.trait && before.cell.source === cell.source ? before : undefined;
  const samePosition = sameSet?.cell.positionText === cell.positionText ? sameSet : undefined;
  const responses = sameSet?.responses ?? tasks.add(responsesTask(cell, context), place);
  const activations = samePosition?.activations ?? tasks.add(activationsTask(cell, responses, context), place);
  const vectors = tasks.add(vectorsTask(cell, activations, context), place);
  return { cell, responses, activations, vectors };
}

function responsesTask(cell: Cell, { dataset, budgets, inputs, dtype }: CellContext): Task {
  const { generate } = cell;
  const greedy = generate.temperature.value === 0;
  const params: ResponsesParams = {
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
  return {
    ...named(responsesNames(cell), cell.sourceDeclared),
    kind: "responses",
    phase: "extraction",
    params,
    inputs: {
      rows: inputs.rows(params.dataset),
      weights: inputs.weights(params.variant),
      prompt_format: inputs.promptFormat(params.variant),
    },
    needs: [],
    after: [],
    cost: responsesCost(dataset, params),
  };
}

function activationsTask(cell: Cell, responses: string, { dataset, size, inputs, dtype }: CellContext): Task {
  const { id, outputs, origin } = named(activationsNames(cell), cell.positionText.place);
  const params: ActivationsParams = { ...activationSet(cell), dtype };
  return {
    id,
    kind: "activations",
    phase: "extraction",
    params,
    inputs: { weights: inputs.weights(params.variant) },
    needs: [responses],
    after: NONE,
    outputs,
    cost: activationsCost(dataset, cell.generate.rollouts.value, size),
    origin,
  };
}

function vectorsTask(cell: Cell, activations: string, { size }: CellContext): Task {
  const { id, outputs, origin } = named(vectorsNames(cell), cell.positionText.place);
  return {
    id,
    kind: "vectors",
    phase: "extraction",
    params: { ...activationSet(cell), method: cell.method },
    inputs: NO_INPUTS,
    needs: [activations],
    after: NONE,
    outputs,
    cost: vectorsCost(size),
    origin,
  };
}

export function activationSet(cell: Cell): ActivationSet {
  return {
    dataset: cell.dataset.value,
    variant: cell.variant.value,
    position: cell.positionText.value,
    component: "residual",
  };
}

export function named({ id, outputs }: Names, place: Place): Names & { readonly origin: string } {
  return { id, outputs, origin: originOf(place) };
}

/** A place of the spec is the origin of many tasks. */
const origins = new WeakMap<Place, string>();

function originOf(place: Place): string {
  const known = origins.get(place);
  if (known !== undefined) return known;
  const { file, range } = place;
  const origin = `${file}:${range.start.line}:${range.start.column}`;
  origins.set(place, origin);
  return origin;
}
