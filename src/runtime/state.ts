import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { TaskRecord } from "../domain/state.ts";
import { RuntimeFailure } from "./failures.ts";
import { makeFolder, syncFolder, writeDurably } from "./files.ts";

/** Version of the file's format; a newer one is refused, never guessed at. */
const STATE_VERSION = 1;

type StateLine =
  | { readonly steerform_state: number; readonly lineage: string }
  | { readonly done: TaskRecord }
  | { readonly forget: string };

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
  return parseState(folder).state;
}

interface Parsed {
  readonly state: State;
  readonly lines: number;
  readonly lineage: string | undefined;
  /** Bytes of whole lines; what follows was cut short. */
  readonly wholeBytes: number;
}

function parseState(folder: string): Parsed {
  const path = statePath(folder);
  const records = new Map<string, TaskRecord>();
  if (!existsSync(path)) return { state: { records }, lines: 0, lineage: undefined, wholeBytes: 0 };
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const lines = whole.split("\n").slice(0, -1);
  let lineage: string | undefined;
  for (const [index, json] of lines.entries()) {
    const line = parseLine(path, index, json);
    if ("steerform_state" in line) {
      if (line.steerform_state > STATE_VERSION) {
        throw new RuntimeFailure(
          "state-newer",
          `${path} was written by a newer steerform (state version ${line.steerform_state}; this one reads ${STATE_VERSION}).`,
          "Use the newer steerform for this experiment, or another experiment name.",
        );
      }
      lineage = line.lineage;
    } else if ("done" in line) records.set(line.done.id, line.done);
    else records.delete(line.forget);
  }
  return { state: { records }, lines: lines.length, lineage, wholeBytes: Buffer.byteLength(whole) };
}

function parseLine(path: string, index: number, text: string): StateLine {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line === "object" && line !== null) {
      if ("done" in line || "forget" in line) return line as StateLine;
      if ("steerform_state" in line && typeof line.steerform_state === "number") return line as StateLine;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure(
    "state-damaged",
    `${path}:${index + 1} is not a record of the state.`,
    "Restore the file from a backup, or delete that line: its task then runs again.",
  );
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
    const { state, lines, lineage, wholeBytes } = parseState(folder);
    const store = new StateStore(path, state.records);
    const header: StateLine = { steerform_state: STATE_VERSION, lineage: lineage ?? randomUUID() };
    makeFolder(dirname(path));
    // Rewriting now and then keeps the file in proportion to what it says; appending keeps each change cheap.
    if (lineage === undefined || lines > 2 * state.records.size + 1000) {
      const kept = [...state.records.values()].map((record): StateLine => ({ done: record }));
      writeDurably(path, [header, ...kept].map((line) => `${JSON.stringify(line)}\n`).join(""));
    } else {
      truncateSync(path, wholeBytes);
    }
    syncFolder(dirname(path));
    return store;
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
