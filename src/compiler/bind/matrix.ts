import * as report from "../../diagnostics/catalog/matrix.ts";
import { noDatasetForSource } from "../../diagnostics/catalog/names.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { formatPosition, type Position } from "../../domain/position.ts";
import type { ExtractionSpec, IncludeSpec, Located, Spec } from "../lower/spec.ts";
import type { Cell, CellNames } from "./cell.ts";
import { bindFilter, matches } from "./filter.ts";
import type { Names } from "./names.ts";
import { bindPosition } from "./position.ts";

/** Every cell of trait × include row × position × method, less what is excluded, in the spec's order. */
export function bindMatrix(
  extraction: ExtractionSpec,
  spec: Spec,
  names: Names,
  sink: DiagnosticSink,
): readonly Cell[] {
  const methods = unique(extraction.methods, sink)
    .filter((method) => names.method(method))
    .map(({ value }) => value);
  const traits = unique(extraction.traits, sink).filter((trait) => names.trait(trait));
  const rows = extraction.include.map((row) => bindRow(row, names, sink)).filter((row) => row !== undefined);
  const cells = traits.flatMap((trait) => rows.flatMap((row) => namesOf(trait, row, methods)));
  reportRepeated(rows, sink);
  const kept = exclude(cells, extraction, names, sink);
  if (kept.length === 0 && cells.length > 0) {
    const [row] = extraction.exclude;
    if (row !== undefined) sink.report(report.nothingLeft(row.place));
  }
  return kept.map((cell) => resolve(cell, spec, sink)).filter((cell) => cell !== undefined);
}

interface BoundRow {
  readonly source: Located<string>;
  readonly positions: readonly { readonly position: Position; readonly text: Located<string> }[];
}

function bindRow(row: IncludeSpec, names: Names, sink: DiagnosticSink): BoundRow | undefined {
  const positions = row.positions.flatMap((text) => {
    const position = bindPosition(text, sink);
    return position === undefined ? [] : { position, text: { value: formatPosition(position), place: text.place } };
  });
  return names.source(row.source) ? { source: row.source, positions } : undefined;
}

function namesOf(trait: Located<string>, row: BoundRow, methods: readonly string[]): CellNames[] {
  const positions = new Map(row.positions.toReversed().map((one) => [one.text.value, one]));
  return row.positions
    .filter((one) => positions.get(one.text.value) === one)
    .flatMap(({ position, text }) =>
      methods.map((method) => ({ trait, source: row.source, position, positionText: text, method })),
    );
}

/** Looks up what the names stand for. Undefined when a declaration is broken or missing, which is reported. */
function resolve(cell: CellNames, spec: Spec, sink: DiagnosticSink): Cell | undefined {
  const trait = spec.traits?.get(cell.trait.value);
  const source = spec.sources?.get(cell.source.value);
  if (trait?.value === undefined || source === undefined) return undefined;
  const dataset = trait.value.get(cell.source.value)?.ref;
  if (dataset === undefined) {
    sink.report(noDatasetForSource(cell.source.place, cell.trait.value, cell.source.value, trait.place));
    return undefined;
  }
  if (source.value === undefined) return undefined;
  const { variant, generate } = source.value;
  const { position, positionText, method } = cell;
  const sourceDeclared = source.place;
  return {
    trait: cell.trait,
    source: cell.source,
    position,
    positionText,
    method,
    dataset,
    variant,
    generate,
    sourceDeclared,
  };
}

/** The same source and position in one row or in two. */
function reportRepeated(rows: readonly BoundRow[], sink: DiagnosticSink): void {
  const first = new Map<string, Place>();
  for (const { source, positions } of rows) {
    for (const { text } of positions) {
      const key = JSON.stringify([source.value, text.value]);
      const before = first.get(key);
      if (before === undefined) first.set(key, text.place);
      else sink.report(report.duplicateCell(text.place, source.value, text.value, before));
    }
  }
}

function exclude(
  cells: readonly CellNames[],
  extraction: ExtractionSpec,
  names: Names,
  sink: DiagnosticSink,
): readonly CellNames[] {
  let kept = cells;
  for (const row of extraction.exclude) {
    const filter = bindFilter(row, names, sink);
    if (filter === undefined) continue;
    if (cells.length > 0 && !cells.some((cell) => matches(filter, cell))) {
      sink.report(report.excludeMatchesNothing(row.place));
    }
    kept = kept.filter((cell) => !matches(filter, cell));
  }
  return kept;
}

/** A list without what is in it twice, which is reported. */
function unique(values: readonly Located<string>[], sink: DiagnosticSink): Located<string>[] {
  const first = new Map<string, Located<string>>();
  for (const one of values) {
    const before = first.get(one.value);
    if (before === undefined) first.set(one.value, one);
    else sink.report(report.duplicateValue(one.place, one.value, before.place));
  }
  return [...first.values()];
}
