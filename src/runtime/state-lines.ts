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
const AFTER_ID = '","fingerprint":{';
const AFTER_FINGERPRINT = '},"digest":"';
const AFTER_DIGEST = '","outputs":[';
const AFTER_OUTPUTS = '],"durationMs":';

/**
 * A record whose parts are in the order that we write them in; undefined for any other text. Marks hold quotes, which
 * texts within JSON do not, and the last ones are looked for, after which nothing of free form comes.
 */
function recordOf(text: string, file: StateFile, { start, end, number }: Span): TaskRecord | undefined {
  const isAscii = text.length === end - start;
  if (!isAscii || !text.startsWith(BEGINNING)) return undefined;
  const idEnd = text.indexOf('"', BEGINNING.length);
  const outputsEnd = text.lastIndexOf(AFTER_OUTPUTS);
  const outputsStart = text.lastIndexOf(AFTER_DIGEST, outputsEnd);
  const fingerprintEnd = text.lastIndexOf(AFTER_FINGERPRINT, outputsStart);
  if (fingerprintEnd < idEnd || !text.startsWith(AFTER_ID, idEnd)) return undefined;
  // Copies of the file's bytes, since a part of the text would keep the whole text.
  const copy = (from: number, to: number): string => file.bytes.toString("latin1", start + from, start + to);
  const id = copy(BEGINNING.length, idEnd);
  const digest = copy(fingerprintEnd + AFTER_FINGERPRINT.length, outputsStart);
  const rest = parseJson(`{${text.slice(outputsEnd + 2, -1)}`);
  if (/["\\]/.test(id + digest) || !isRest(rest)) return undefined;
  const outputs = start + outputsStart + AFTER_DIGEST.length - 1;
  return new RecordLine(id, digest, rest, { file, start, end, number, outputs, outputsEnd: start + outputsEnd + 1 });
}

type Rest = Pick<TaskRecord, "durationMs" | "finishedAt" | "toolVersion">;

interface LineInFile extends Span {
  readonly file: StateFile;
  /** Where the list of outputs is, half-open. */
  readonly outputs: number;
  readonly outputsEnd: number;
}

/**
 * What made a task and what it made is most of its record, and read when it is asked for: a plan asks for the
 * fingerprints of those that run again only. (Both are getters of the class: `{ ...record }` has neither.)
 */
class RecordLine implements TaskRecord {
  readonly id: string;
  readonly digest: string;
  readonly durationMs: number;
  readonly finishedAt: string;
  readonly toolVersion: string;
  readonly #line: LineInFile;

  constructor(id: string, digest: string, { durationMs, finishedAt, toolVersion }: Rest, line: LineInFile) {
    this.id = id;
    this.digest = digest;
    this.durationMs = durationMs;
    this.finishedAt = finishedAt;
    this.toolVersion = toolVersion;
    this.#line = line;
  }

  get outputs(): readonly OutputRecord[] {
    const { outputs, outputsEnd } = this.#line;
    const list = parseJson(this.#text(outputs, outputsEnd));
    return isOutputs(list) ? list : this.#damaged();
  }

  get fingerprint(): Fingerprint {
    return this.toJSON().fingerprint;
  }

  /** The whole record, in its own order. */
  toJSON(): TaskRecord {
    const { start, end } = this.#line;
    const line = parseJson(this.#text(start, end));
    return isObject(line) && isRecord(line["done"]) ? line["done"] : this.#damaged();
  }

  #text(start: number, end: number): string {
    return this.#line.file.bytes.toString("utf8", start, end);
  }

  #damaged(): never {
    throw damaged(this.#line.file.path, this.#line.number);
  }
}

function isRecord(value: unknown): value is TaskRecord {
  if (!isObject(value) || !isRest(value)) return false;
  const { id, fingerprint, digest, outputs } = value;
  return typeof id === "string" && isFingerprint(fingerprint) && typeof digest === "string" && isOutputs(outputs);
}

function isRest(value: unknown): value is Rest & Record<string, unknown> {
  return isObject(value) && typeof value["durationMs"] === "number" && typeof value["finishedAt"] === "string";
}

function isOutputs(value: unknown): value is OutputRecord[] {
  return (
    Array.isArray(value) &&
    value.every((one) => isObject(one) && typeof one["path"] === "string" && typeof one["bytes"] === "number")
  );
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
