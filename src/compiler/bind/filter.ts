import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { formatPosition } from "../../domain/position.ts";
import type { FilterSpec, Located } from "../lower/spec.ts";
import type { CellNames } from "./cell.ts";
import type { Names } from "./names.ts";
import { bindPosition } from "./position.ts";

/** Values by what they are of; what is absent matches everything. */
export interface Filter {
  readonly trait: ReadonlySet<string> | undefined;
  readonly source: ReadonlySet<string> | undefined;
  readonly position: ReadonlySet<string> | undefined;
  readonly method: ReadonlySet<string> | undefined;
}

/** Undefined when a name in it is unknown, which is reported. */
export function bindFilter(row: FilterSpec, names: Names, sink: DiagnosticSink): Filter | undefined {
  let sound = true;
  const bind = (
    values: readonly Located<string>[] | undefined,
    known: (value: Located<string>) => string | undefined,
  ) => {
    if (values === undefined) return undefined;
    const found = values.map(known);
    if (found.includes(undefined)) sound = false;
    return new Set(found.filter((value) => value !== undefined));
  };
  const filter: Filter = {
    trait: bind(row.trait, (name) => (names.trait(name) ? name.value : undefined)),
    source: bind(row.source, (name) => (names.source(name) ? name.value : undefined)),
    position: bind(row.position, (text) => canonical(text, sink)),
    method: bind(row.method, (name) => (names.method(name) ? name.value : undefined)),
  };
  return sound ? filter : undefined;
}

export function matches(filter: Filter, cell: CellNames): boolean {
  return (
    (filter.trait?.has(cell.trait.value) ?? true) &&
    (filter.source?.has(cell.source.value) ?? true) &&
    (filter.position?.has(cell.positionText.value) ?? true) &&
    (filter.method?.has(cell.method) ?? true)
  );
}

function canonical(text: Located<string>, sink: DiagnosticSink): string | undefined {
  const position = bindPosition(text, sink);
  return position && formatPosition(position);
}
