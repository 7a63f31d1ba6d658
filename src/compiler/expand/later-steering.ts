import type { Dataset } from "../../domain/experiment.ts";
import { trialCount } from "../../domain/search-params.ts";
import type { Task } from "../../domain/task.ts";
import { groupBy } from "../../util/group-by.ts";
import type { Cell } from "../bind/cell.ts";
import type { Combination } from "../bind/phases.ts";
import { judgedCost, resultsCost } from "./cost.ts";
import { activationSet } from "./extraction.ts";
import { named } from "./named.ts";
import { asking, questionCount, type Asked, type SteeringContext } from "./steering.ts";
import { baselineNames, combinationNames, refineNames, selectionNames, steeringNames } from "./paths.ts";

/** A finer grid of coefficients; undefined when the spec asks for none. `needs`: the vectors, the baseline and the search. */
export function refineTask(
  cell: Cell,
  { dataset, params, inputs }: Asked,
  needs: readonly string[],
  context: SteeringContext,
): Task | undefined {
  const { steering, refineLayers } = context;
  if (steering.refine === undefined) return undefined;
  const { points } = steering.refine;
  const { nullDirections, nullSeed } = steering;
  const { minCoherence } = steering.search;
  const layers = refineLayers === "best" ? 1 : refineLayers.length;
  const { variant, position, component } = activationSet(cell);
  const { application, trait, questions, maxNewTokens, dtype, judge } = params;
  return named(refineNames(cell), cell.positionText.place, {
    kind: "refine",
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
      layers: refineLayers,
      points,
      minCoherence,
      heldOut: steering.report.heldOut.value,
      nullDirections,
      nullSeed: nullDirections === 0 ? 0 : nullSeed,
    },
    inputs,
    needs,
    after: context.after,
    cost: judgedCost(questionCount(dataset, context) * (layers * points + nullDirections), context),
  });
}

/**
 * The best vector of each trait and combined source: a result that other tasks refer to, so that what depends on it is
 * known before it is.
 */
export function selectionTasks(
  steered: readonly Cell[],
  combinations: readonly Combination[],
  context: SteeringContext,
): Task[] {
  const { steering } = context;
  const combined = new Set(combinations.flatMap(({ sources }) => sources.map(({ value }) => value)));
  const cellsOf = steered.filter(({ source }) => combined.has(source.value));
  const groups = groupBy(cellsOf, ({ trait, source }) => JSON.stringify([trait.value, source.value]));
  return [...groups.values()].map((cells): Task => {
    const { trait, source } = cells[0] as Cell;
    const searched = cells.map((cell) => steeringNames(cell).id);
    const refined = steering.refine === undefined ? [] : cells.map((cell) => refineNames(cell).id);
    return named(selectionNames(trait.value, source.value), source.place, {
      kind: "selection",
      phase: "steering",
      params: {
        trait: trait.value,
        source: source.value,
        minCoherence: steering.search.minCoherence,
        heldOut: steering.report.heldOut.value,
      },
      inputs: {},
      needs: [...new Set([...searched, ...refined])],
      after: context.after,
      cost: resultsCost(1),
    });
  });
}

export function combinationTask(
  { cell, strategy, layer, coefficient, sources }: Combination,
  dataset: Dataset,
  context: SteeringContext,
): Task {
  const { application, inputs, steering } = context;
  const trait = cell.trait.value;
  const isSearched = coefficient.kind !== "fixed";
  const points = isSearched ? (steering.refine?.points ?? 0) : 0;
  const coefficients = isSearched ? trialCount(steering.search, 1) + points : 1;
  return named(combinationNames(trait, strategy.name.value), strategy.name.place, {
    kind: "combination",
    phase: "combinations",
    params: {
      ...asking(cell, context),
      strategy: strategy.name.value,
      vectors: strategy.vectors,
      layer,
      coefficient,
      sources: sources.map(({ value }) => value),
      search: steering.search,
      points,
      heldOut: steering.report.heldOut.value,
    },
    inputs: inputs.judged(dataset.ref, cell.trait.value, application),
    needs: [
      baselineNames(dataset.ref, application).id,
      ...sources.map((source) => selectionNames(trait, source.value).id),
    ],
    after: context.after,
    cost: judgedCost(questionCount(dataset, context) * coefficients, context),
  });
}
