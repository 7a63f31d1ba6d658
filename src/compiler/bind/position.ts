import { badPosition } from "../../diagnostics/catalog/names.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { parsePosition, type Position } from "../../domain/position.ts";
import type { Located } from "../lower/spec.ts";

/** Undefined when it is no position, which is reported. */
export function bindPosition({ value, place }: Located<string>, sink: DiagnosticSink): Position | undefined {
  const position = parsePosition(value);
  if (!("error" in position)) return position;
  sink.report(badPosition(place, position.error));
  return undefined;
}
