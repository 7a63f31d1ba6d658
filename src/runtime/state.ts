import { randomUUID } from "node:crypto";
import { appendFileSync, closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TaskRecord } from "../domain/state.ts";
import { fsyncLater, makeFolder, syncFolder, writeDurably } from "./files.ts";
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

/** The state while a run holds the lock. */
export class StateStore {
  readonly #path: string;
  readonly #records: Map<string, TaskRecord>;
  /** Records that wait for the disk, and when they are on it. */
  #waiting: TaskRecord[] = [];
  #written: Promise<void> | undefined;
  /** The last of the writes, which come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

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

  /** Before a task runs: from now on its old outputs are nobody's. That is on the disk when the call returns. */
  forget(id: string): void {
    if (!this.#records.has(id)) return;
    for (const file of appending(this.#path, [{ forget: id }])) fsyncSync(file);
    this.#records.delete(id);
  }

  /** After its outputs are on the disk. Resolves when it is, too; what comes while the disk is busy goes with one write. */
  async record(record: TaskRecord): Promise<void> {
    this.#waiting.push(record);
    if (this.#written === undefined) {
      this.#written = this.#last.then(() => this.#write());
      this.#last = this.#written.catch(() => undefined);
    }
    await this.#written;
  }

  async #write(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    this.#written = undefined;
    const lines = records.map((record): StateLine => ({ done: record }));
    for (const file of appending(this.#path, lines)) await fsyncLater(file);
    for (const record of records) this.#records.set(record.id, record);
  }
}

/** Appends lines. Yields the file, which has to be synced before it goes on. */
function* appending(path: string, lines: readonly StateLine[]): Generator<number> {
  const file = openSync(path, "a");
  try {
    const { size } = fstatSync(file);
    try {
      appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    } catch (error) {
      // On a full disk part of a line may have been written; the next line must not be glued to it.
      ftruncateSync(file, size);
      throw error;
    }
    yield file;
  } finally {
    closeSync(file);
  }
}
