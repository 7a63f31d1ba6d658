import type { OutputRecord } from "../domain/state.ts";
import { fileSize } from "./files.ts";
import type { Part } from "./state-file.ts";
import { readStateLines, type RecordPlace } from "./state-lines.ts";
import { statePath } from "./state.ts";

/** What is found of a part of an experiment's records, in a form that goes fast from thread to thread: columns. */
export interface Sighting {
  readonly places: { readonly [Key in keyof RecordPlace]: readonly RecordPlace[Key][] };
  /** Ids of records whose outputs are not all there. */
  readonly gone: ReadonlySet<string>;
  /** Ids of records before this part that do not count. */
  readonly forgotten: ReadonlySet<string>;
  /** Of the part, which the places' numbers count from 1. */
  readonly lines: number;
}

/** Reads a part of the state, or all of it, and looks for what it says was made. Throws RuntimeFailure `state-newer` or `state-damaged`. */
export function look(folder: string, part?: Part): Sighting {
  const gone = new Set<string>();
  const isThere = ({ path, bytes }: OutputRecord): boolean => fileSize(`${folder}/${path}`) === bytes;
  const visit = (id: string, outputs: readonly OutputRecord[]): void => {
    if (outputs.every(isThere)) gone.delete(id);
    else gone.add(id);
  };
  const { records, forgotten, lines } = readStateLines(statePath(folder), visit, part);
  const found = [...records.values()];
  const places = {
    id: found.map(({ id }) => id),
    digest: found.map(({ digest }) => digest),
    durationMs: found.map(({ durationMs }) => durationMs),
    start: found.map(({ start }) => start),
    length: found.map(({ length }) => length),
    number: found.map(({ number }) => number),
  };
  return { places, gone, forgotten, lines };
}
