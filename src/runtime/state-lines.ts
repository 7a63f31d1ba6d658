import { existsSync } from "node:fs";
import type { Fingerprint, OutputRecord, Provenance, TaskRecord } from "../domain/state.ts";
import { RuntimeFailure } from "./failures.ts";
import { headOf, isObject, isOutputs, isRecord, parseJson, type Head } from "./record-text.ts";
import { linesOf, StateFile, WHOLE, type Part } from "./state-file.ts";

/** Version of the file's format; a newer one is refused, never guessed at. */
export const STATE_VERSION = 1;

export type StateLine =
  | { readonly steerform_state: number; readonly lineage: string }
  | { readonly done: TaskRecord }
  | { readonly forget: string };

export interface StateLines {
  /** The latest of every finished task. */
  readonly records: ReadonlyMap<string, RecordLine>;
  /** Tasks of which nothing counts that stands before these lines, whatever follows of them here. */
  readonly forgotten: ReadonlySet<string>;
  readonly lines: number;
  readonly lineage: string | undefined;
  /** Where whole lines end; what follows was cut short. */
  readonly wholeBytes: number;
}

/**
 * Reads the lines of a part of the file, numbered from 1. `visit` gets every record's outputs as it comes by, of one that a
 * later line replaces or forgets too.
 * Throws RuntimeFailure `state-newer` or `state-damaged`.
 */
export function readStateLines(
  path: string,
  visit?: (id: string, outputs: readonly OutputRecord[]) => void,
  part: Part = WHOLE,
): StateLines {
  const records = new Map<string, RecordLine>();
  const forgotten = new Set<string>();
  const file = new StateFile(path);
  let lineage: string | undefined;
  let lines = 0;
  let wholeBytes = part.start;
  for (const bytes of existsSync(path) ? linesOf(path, part) : []) {
    const where = { start: wholeBytes, length: bytes.length, number: ++lines };
    const line = parseLine(bytes, path, where.number);
    if ("steerform_state" in line) lineage = lineageOf(path, line);
    else if ("forget" in line) {
      records.delete(line.forget);
      forgotten.add(line.forget);
    } else {
      const { id, digest, durationMs } = line.done;
      records.set(id, new RecordLine({ id, digest, durationMs, ...where }, file));
      visit?.(id, outputsOf(line.done, path, where.number));
    }
    wholeBytes += bytes.length + 1;
  }
  return { records, forgotten, lines, lineage, wholeBytes };
}

function lineageOf(
  path: string,
  { steerform_state: version, lineage }: Extract<StateLine, { lineage: string }>,
): string {
  if (version <= STATE_VERSION) return lineage;
  throw new RuntimeFailure(
    "state-newer",
    `${path} was written by a newer steerform (state version ${version}; this one reads ${STATE_VERSION}).`,
    "Use the newer steerform for this experiment, or another experiment name.",
  );
}

function parseLine(
  bytes: Buffer,
  path: string,
  number: number,
): Exclude<StateLine, { done: TaskRecord }> | { readonly done: Head } {
  const head = headOf(bytes);
  if (head !== undefined) return { done: head };
  const line = parseJson(bytes.toString("utf8"));
  if (isObject(line)) {
    if (isRecord(line["done"])) return { done: line["done"] };
    const { forget, steerform_state: version, lineage } = line;
    if (typeof forget === "string") return { forget };
    // What else a newer one says is not ours to judge.
    if (typeof version === "number" && (typeof lineage === "string" || version > STATE_VERSION)) {
      return { steerform_state: version, lineage: String(lineage) };
    }
  }
  throw damaged(path, number);
}

function damaged(path: string, line: number): RuntimeFailure {
  return new RuntimeFailure(
    "state-damaged",
    `${path}:${line} is not a record of the state.`,
    "Restore the file from a backup, or delete that line: its task then runs again.",
  );
}

function outputsOf({ outputs }: Head, path: string, line: number): readonly OutputRecord[] {
  const list = typeof outputs === "string" ? parseJson(outputs) : outputs;
  if (isOutputs(list)) return list;
  throw damaged(path, line);
}

/** What is kept of a record, and where the rest is. */
export interface RecordPlace {
  readonly id: string;
  readonly digest: string;
  readonly durationMs: number;
  /** Of the line, in bytes. */
  readonly start: number;
  readonly length: number;
  /** Of the line, from 1. */
  readonly number: number;
}

/**
 * What a task was made from and what it made is most of its record, and left in the file until it is asked for: a plan
 * asks for what runs again only. (What is read when it is asked for is a getter of the class: `{ ...record }` is without it.)
 */
export class RecordLine implements RecordPlace, TaskRecord {
  readonly id: string;
  readonly digest: string;
  readonly durationMs: number;
  readonly start: number;
  readonly length: number;
  readonly number: number;
  readonly #file: StateFile;

  constructor({ id, digest, durationMs, start, length, number }: RecordPlace, file: StateFile) {
    this.id = id;
    this.digest = digest;
    this.durationMs = durationMs;
    this.start = start;
    this.length = length;
    this.number = number;
    this.#file = file;
  }

  get outputs(): readonly OutputRecord[] {
    const { path } = this.#file;
    const line = parseLine(this.#bytes(), path, this.number);
    return outputsOf(this.#own("done" in line ? line.done : undefined), path, this.number);
  }

  get fingerprint(): Fingerprint {
    return this.toJSON().fingerprint;
  }

  get finishedAt(): string {
    return this.toJSON().finishedAt;
  }

  get toolVersion(): string {
    return this.toJSON().toolVersion;
  }

  get provenance(): Provenance | undefined {
    return this.toJSON().provenance;
  }

  /** The whole record, in its own order. */
  toJSON(): TaskRecord {
    const line = parseJson(this.#bytes().toString("utf8"));
    if (!isObject(line) || !isRecord(line["done"])) throw damaged(this.#file.path, this.number);
    return this.#own(line["done"]);
  }

  #bytes(): Buffer {
    return this.#file.bytes(this.start, this.length);
  }

  /** What stands where the record stood, if it is the record. */
  #own<T extends Head>(found: T | undefined): T {
    if (found?.id === this.id && found.digest === this.digest) return found;
    const message = `${this.#file.path} was rewritten while it was read.`;
    throw new RuntimeFailure("state-damaged", message, "Run the command again.");
  }
}
