import type { Place } from "../../diagnostics/source-file.ts";
import type { Task } from "../../domain/task.ts";
import type { Names } from "./paths.ts";

/** What a task is besides its names and its place in the spec. */
type Unnamed<T> = T extends Task ? Omit<T, "id" | "outputs" | "origin"> : never;

/**
 * A task. Every kind gets its fields in one order, written out: the passes over many tasks then take less time, and the
 * tasks less memory, than with literals that objects are spread into.
 */
export function named(
  { id, outputs }: Names,
  place: Place,
  { kind, phase, params, inputs, needs, after, cost }: Unnamed<Task>,
): Task {
  return { id, kind, phase, params, inputs, needs, after, outputs, cost, origin: originOf(place) } as Task;
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
