import * as report from "../../diagnostics/catalog/phases.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { parseCoefficient, parseLayerChoice } from "../../domain/combination.ts";
import type { CoefficientChoice, LayerChoice } from "../../domain/task-params.ts";
import { COMBINERS } from "../../methods/combiners.ts";
import type { CombinationsSpec, Located, Spec, StrategySpec } from "../lower/spec.ts";
import type { Cell } from "./cell.ts";
import type { Names } from "./names.ts";

/** One strategy for one trait. */
export interface Combination {
  readonly strategy: StrategySpec;
  readonly layer: LayerChoice;
  readonly coefficient: CoefficientChoice;
  readonly sources: readonly Located<string>[];
  /** A steered cell of the trait and the first source: whose questions are asked. */
  readonly cell: Cell;
}

/** Two variants of which one is looked at beside the other. */
export interface Pair {
  readonly from: Located<string>;
  readonly to: Located<string>;
}

/** Whose steering questions are prompts: by trait, the dataset that has them. */
export interface PromptSource {
  readonly trait: Located<string>;
  readonly dataset: Located<string>;
}

export interface Similarity {
  readonly captured: Located<string>;
  readonly replayed: readonly Located<string>[];
  readonly prompts: readonly PromptSource[];
}

export function bindCombinations(
  spec: Spec,
  steered: readonly Cell[],
  names: Names,
  sink: DiagnosticSink,
): readonly Combination[] {
  const { combinations } = spec;
  if (combinations === undefined) return [];
  if (spec.steering === undefined) sink.report(report.needsSteering(combinations.place, "combinations"));
  const sources = combinations.sources.filter((source) => names.source(source));
  reportRepeated(combinations, sink);
  const bound = combinations.strategies.flatMap((strategy) => bindStrategy(strategy, combinations, sink) ?? []);
  const cells = cellsToCombine(steered, sources, sink);
  return cells.flatMap((cell) => bound.map((choice) => ({ ...choice, sources, cell })));
}

function bindStrategy(strategy: StrategySpec, { sources, place }: CombinationsSpec, sink: DiagnosticSink) {
  const { name, vectors } = strategy;
  const layer = parseLayerChoice(strategy.layer.value);
  const coefficient = parseCoefficient(strategy.coefficient.value);
  if ("error" in layer) sink.report(report.badChoice(strategy.layer.place, layer.error));
  if ("error" in coefficient) sink.report(report.badChoice(strategy.coefficient.place, coefficient.error));
  if ("error" in layer || "error" in coefficient) return undefined;
  if (layer.kind === "best" && layer.source !== null) {
    const known = sources.map(({ value }) => value);
    if (!known.includes(layer.source)) {
      sink.report(report.bestOfAnother(strategy.layer.place, layer.source, known, sources[0]?.place ?? place));
    }
  }
  if (COMBINERS[vectors]?.isOneVector === true) {
    if (layer.kind === "own") sink.report(report.sumAtOwnLayers(strategy.layer.place, name.value));
    if (coefficient.kind === "share") sink.report(report.sumOfShares(strategy.coefficient.place, name.value));
  }
  return { strategy, layer, coefficient };
}

function reportRepeated({ strategies }: CombinationsSpec, sink: DiagnosticSink): void {
  const first = new Map<string, Place>();
  for (const { name } of strategies) {
    const before = first.get(name.value);
    if (before === undefined) first.set(name.value, name.place);
    else sink.report(report.strategyTwice(name.place, name.value, before));
  }
}

/** A cell of the first source for each trait; what of the other sources is not steered is reported. */
function cellsToCombine(steered: readonly Cell[], sources: readonly Located<string>[], sink: DiagnosticSink): Cell[] {
  const cells = new Map<string, Cell>();
  for (const cell of steered) {
    const key = JSON.stringify([cell.trait.value, cell.source.value]);
    if (!cells.has(key)) cells.set(key, cell);
  }
  const traits = new Map(steered.map(({ trait }) => [trait.value, trait]));
  return [...traits.values()].flatMap((trait) => {
    const found = sources.map((source) => {
      const cell = cells.get(JSON.stringify([trait.value, source.value]));
      if (cell === undefined) {
        sink.report(report.sourceNotSteered(source.place, source.value, trait.value, trait.place));
      }
      return cell;
    });
    return found[0] === undefined || found.includes(undefined) ? [] : [found[0]];
  });
}

export function bindCompared(spec: Spec, names: Names, sink: DiagnosticSink): Pair | undefined {
  const [from, to] = spec.weightAnalysis?.compare ?? [];
  if (from === undefined || to === undefined) return undefined;
  const known = [from, to].map((variant) => names.variant(variant));
  if (from.value === to.value) sink.report(report.comparedWithItself(to.place, to.value, from.place));
  return known.every(Boolean) && from.value !== to.value ? { from, to } : undefined;
}

export function bindSimilarity(
  spec: Spec,
  cells: readonly Cell[],
  names: Names,
  sink: DiagnosticSink,
): Similarity | undefined {
  const { similarity } = spec;
  if (similarity?.variant === undefined) return undefined;
  const captured = similarity.variant;
  const known = names.variant(captured);
  const replayed = similarity.replay.filter((variant) => {
    if (variant.value !== captured.value) return names.variant(variant);
    sink.report(report.comparedWithItself(variant.place, variant.value, captured.place));
    return false;
  });
  const inMatrix = [...new Map(cells.map(({ trait }) => [trait.value, trait])).values()];
  const traits = (similarity.traits ?? inMatrix).filter((trait) => names.trait(trait));
  const prompts = traits.flatMap((trait) => {
    const [first] = spec.traits?.get(trait.value)?.value?.values() ?? [];
    return first === undefined ? [] : [{ trait, dataset: first.ref }];
  });
  return known ? { captured, replayed, prompts } : undefined;
}
