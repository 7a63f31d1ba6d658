import { vectorsMatchNothing } from "../../diagnostics/catalog/matrix.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Located, Spec } from "../lower/spec.ts";
import type { Bound } from "./bound.ts";
import type { Cell } from "./cell.ts";
import { bindFilter, matches } from "./filter.ts";
import { bindMatrix } from "./matrix.ts";
import { Names } from "./names.ts";
import { bindCombinations, bindCompared, bindSimilarity } from "./phases.ts";

export function bind(spec: Spec, sink: DiagnosticSink): Bound {
  const names = new Names(spec, sink);
  for (const { value: source } of spec.sources?.values() ?? []) if (source !== undefined) names.variant(source.variant);
  for (const { value: trait } of spec.traits?.values() ?? []) {
    for (const [source, { sourcePlace }] of trait ?? []) names.source({ value: source, place: sourcePlace });
  }
  const known = (name: Located<string> | undefined) => (name !== undefined && names.variant(name) ? name : undefined);
  const judge = spec.judge?.provider === "local" ? spec.judge.variant : undefined;
  const cells = spec.extraction === undefined ? [] : bindMatrix(spec.extraction, spec, names, sink);
  const steered = bindSteered(spec, cells, names, sink);
  return {
    spec,
    cells,
    steered,
    vetted: spec.extraction?.vetting === undefined ? [] : cells,
    application: known(spec.application),
    judgeVariant: known(judge),
    combinations: bindCombinations(spec, steered, names, sink),
    compared: bindCompared(spec, names, sink),
    similarity: bindSimilarity(spec, cells, names, sink),
  };
}

function bindSteered(spec: Spec, cells: readonly Cell[], names: Names, sink: DiagnosticSink): readonly Cell[] {
  if (spec.steering === undefined) return [];
  const { vectors } = spec.steering;
  if (vectors === "all") return cells;
  const filter = bindFilter(vectors, names, sink);
  if (filter === undefined) return [];
  const steered = cells.filter((cell) => matches(filter, cell));
  if (steered.length === 0 && cells.length > 0) sink.report(vectorsMatchNothing(vectors.place));
  return steered;
}
