import { existsSync, readFileSync } from "node:fs";
import type { Fingerprint, OutputRecord, TaskRecord } from "../domain/state.ts";
import { RuntimeFailure } from "./failures.ts";

/** Version of the file's format; a newer one is refused, never guessed at. */
export const STATE_VERSION = 1;

export type StateLine =
  | { readonly steerform_state: number; readonly lineage: string }
  | { readonly done: TaskRecord }
  | { readonly forget: string };

export interface StateLines {
  /** The latest of every finished task. */
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly lines: number;
  readonly lineage: string | undefined;
  /** Bytes of whole lines; what follows was cut short. */
  readonly wholeBytes: number;
}

const LINE_BREAK = 0x0a;

/** Throws RuntimeFailure `state-newer` or `state-damaged`. */
export function readStateLines(path: string): StateLines {
  const records = new Map<string, TaskRecord>();
  if (!existsSync(path)) return { records, lines: 0, lineage: undefined, wholeBytes: 0 };
  const file: StateFile = { path, bytes: readFileSync(path) };
  const wholeBytes = file.bytes.lastIndexOf(LINE_BREAK) + 1;
  let lineage: string | undefined;
  let lines = 0;
  for (let start = 0; start < wholeBytes;) {
    const end = file.bytes.indexOf(LINE_BREAK, start);
    const line = parseLine(file, { start, end, number: ++lines });
    if ("steerform_state" in line) lineage = lineageOf(path, line);
    else if ("done" in line) records.set(line.done.id, line.done);
    else records.delete(line.forget);
    start = end + 1;
  }
  return { records, lines, lineage, wholeBytes };
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

interface StateFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Half-open, in bytes; the number counts from 1. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly number: number;
}

function parseLine(file: StateFile, span: Span): StateLine {
  const text = file.bytes.toString("utf8", span.start, span.end);
  const record = recordOf(text, file, span);
  if (record !== undefined) return { done: record };
  const line = parseJson(text);
  if (isObject(line)) {
    if (isRecord(line["done"])) return { done: line["done"] };
    const { forget, steerform_state: version, lineage } = line;
    if (typeof forget === "string") return { forget };
    // What else a newer one says is not ours to judge.
    if (typeof version === "number" && (typeof lineage === "string" || version > STATE_VERSION)) {
      return { steerform_state: version, lineage: String(lineage) };
    }
  }
  throw damaged(file.path, span.number);
}

function damaged(path: string, line: number): RuntimeFailure {
  return new RuntimeFailure(
    "state-damaged",
    `${path}:${line} is not a record of the state.`,
    "Restore the file from a backup, or delete that line: its task then runs again.",
  );
}

const BEGINNING = '{"done":{"id":"';
/** Between a record's fingerprint and the rest of it. */
const MIDDLE = '},"digest":"';

/**
 * A record in the order that we write it, of which all is read but the fingerprint, which is most of it. Undefined for
 * any other text.
 */
function recordOf(text: string, file: StateFile, { start, end, number }: Span): TaskRecord | undefined {
  const middle = text.lastIndexOf(MIDDLE);
  const idEnd = text.indexOf('"', BEGINNING.length);
  const isAscii = text.length === end - start;
  if (!isAscii || !text.startsWith(BEGINNING) || !text.startsWith('","fingerprint":{', idEnd) || middle < idEnd) {
    return undefined;
  }
  // Of the file, since a part of the text would keep the whole text.
  const id = file.bytes.toString("latin1", start + BEGINNING.length, start + idEnd);
  // What is left of an object is no JSON: a "digest" that is not the record's own is not taken for it.
  const rest = parseJson(`{${text.slice(middle + 2, -1)}`);
  if (id.includes("\\") || !isRest(rest)) return undefined;
  return new RecordLine(id, rest, file, { start, end, number });
}

type Rest = Omit<TaskRecord, "id" | "fingerprint">;

/**
 * Reads its fingerprint when it is asked for: a plan asks only for those of tasks that run again. (It is a getter of the
 * class: `{ ...record }` has none.)
 */
class RecordLine implements TaskRecord {
  readonly id: string;
  readonly digest: string;
  readonly outputs: readonly OutputRecord[];
  readonly durationMs: number;
  readonly finishedAt: string;
  readonly toolVersion: string;
  readonly #file: StateFile;
  readonly #span: Span;

  constructor(id: string, rest: Rest, file: StateFile, span: Span) {
    this.id = id;
    this.digest = rest.digest;
    this.outputs = rest.outputs;
    this.durationMs = rest.durationMs;
    this.finishedAt = rest.finishedAt;
    this.toolVersion = rest.toolVersion;
    this.#file = file;
    this.#span = span;
  }

  get fingerprint(): Fingerprint {
    return this.toJSON().fingerprint;
  }

  /** The whole record, in its own order. */
  toJSON(): TaskRecord {
    const { start, end, number } = this.#span;
    const line = parseJson(this.#file.bytes.toString("utf8", start, end));
    if (isObject(line) && isRecord(line["done"])) return line["done"];
    throw damaged(this.#file.path, number);
  }
}

function isRecord(value: unknown): value is TaskRecord {
  return isObject(value) && isRest(value) && typeof value["id"] === "string" && isFingerprint(value["fingerprint"]);
}

function isRest(value: unknown): value is Rest & Record<string, unknown> {
  if (!isObject(value)) return false;
  const { digest, outputs, durationMs } = value;
  return (
    typeof digest === "string" && typeof durationMs === "number" && Array.isArray(outputs) && outputs.every(isOutput)
  );
}

function isOutput(value: unknown): boolean {
  return isObject(value) && typeof value["path"] === "string" && typeof value["bytes"] === "number";
}

function isFingerprint(value: unknown): boolean {
  return isObject(value) && ["params", "inputs", "upstream"].every((key) => isObject(value[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
