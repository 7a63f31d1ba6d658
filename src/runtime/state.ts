import { randomUUID } from "node:crypto";
import { appendFileSync, closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TaskRecord } from "../domain/state.ts";
import { makeFolder, syncFolder, writeDurably } from "./files.ts";
import { readStateLines, STATE_VERSION, type StateLine } from "./state-lines.ts";

/** What was made, from what: the latest record of every finished task. */
export interface State {
  readonly records: ReadonlyMap<string, TaskRecord>;
}

export function statePath(folder: string): string {
  return join(folder, ".steerform", "state.jsonl");
}

/**
 * Reads the state: a JSON object a line, appended to. A last line that a crash cut short is not there.
 * Throws RuntimeFailure `state-newer` or `state-damaged`.
 */
export function readState(folder: string): State {
  return readStateLines(statePath(folder));
}

/** The state while a run holds the lock. Every change is on disk before the call returns. */
export class StateStore {
  readonly #path: string;
  readonly #records: Map<string, TaskRecord>;

  private constructor(path: string, records: ReadonlyMap<string, TaskRecord>) {
    this.#path = path;
    this.#records = new Map(records);
  }

  static open(folder: string): StateStore {
    const path = statePath(folder);
    let read = readStateLines(path);
    const { records, lines, lineage, wholeBytes } = read;
    const header: StateLine = { steerform_state: STATE_VERSION, lineage: lineage ?? randomUUID() };
    makeFolder(dirname(path));
    // Rewriting now and then keeps the file in proportion to what it says; appending keeps each change cheap.
    if (lineage === undefined || lines > 2 * records.size + 1000) {
      const kept = [...records.values()].map((record): StateLine => ({ done: record }));
      writeDurably(path, [header, ...kept].map((line) => `${JSON.stringify(line)}\n`).join(""));
      read = readStateLines(path);
    } else {
      truncateSync(path, wholeBytes);
    }
    syncFolder(dirname(path));
    return new StateStore(path, read.records);
  }

  get records(): ReadonlyMap<string, TaskRecord> {
    return this.#records;
  }

  /** Before a task runs: from now on its old outputs are nobody's. */
  forget(id: string): void {
    if (!this.#records.has(id)) return;
    this.#append({ forget: id });
    this.#records.delete(id);
  }

  /** After its outputs are on disk. */
  record(record: TaskRecord): void {
    this.#append({ done: record });
    this.#records.set(record.id, record);
  }

  #append(line: StateLine): void {
    const file = openSync(this.#path, "a");
    const { size } = fstatSync(file);
    try {
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      fsyncSync(file);
    } catch (error) {
      // On a full disk part of a line may have been written; the next line must not be glued to it.
      ftruncateSync(file, size);
      throw error;
    } finally {
      closeSync(file);
    }
  }
}
