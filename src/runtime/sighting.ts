import type { OutputRecord } from "../domain/state.ts";
import { fileSize } from "./files.ts";
import { readStateLines, type RecordPlace } from "./state-lines.ts";
import { statePath } from "./state.ts";

/** What is found of an experiment's records, in a form that goes fast from thread to thread: columns. */
export interface Sighting {
  readonly places: { readonly [Key in keyof RecordPlace]: readonly RecordPlace[Key][] };
  /** Ids of records whose outputs are not all there. */
  readonly gone: ReadonlySet<string>;
}

/** Reads the state and looks for what it says was made. Throws RuntimeFailure `state-newer` or `state-damaged`. */
export function look(folder: string): Sighting {
  const gone = new Set<string>();
  const isThere = ({ path, bytes }: OutputRecord): boolean => fileSize(`${folder}/${path}`) === bytes;
  const { records } = readStateLines(statePath(folder), (id, outputs) => {
    if (outputs.every(isThere)) gone.delete(id);
    else gone.add(id);
  });
  const lines = [...records.values()];
  const places = {
    id: lines.map(({ id }) => id),
    digest: lines.map(({ digest }) => digest),
    durationMs: lines.map(({ durationMs }) => durationMs),
    start: lines.map(({ start }) => start),
    length: lines.map(({ length }) => length),
    number: lines.map(({ number }) => number),
  };
  return { places, gone };
}
