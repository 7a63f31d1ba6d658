import { existsSync } from "node:fs";
import type { Fingerprint, OutputRecord, Provenance, TaskRecord } from "../domain/state.ts";
import { RuntimeFailure } from "./failures.ts";
import { linesOf, StateFile } from "./state-file.ts";

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

/** Throws RuntimeFailure `state-newer` or `state-damaged`. */
export function readStateLines(path: string): StateLines {
  const records = new Map<string, TaskRecord>();
  const file = new StateFile(path);
  let lineage: string | undefined;
  let lines = 0;
  let wholeBytes = 0;
  for (const bytes of existsSync(path) ? linesOf(path) : []) {
    const line = parseLine(bytes, { file, start: wholeBytes, number: ++lines });
    if ("steerform_state" in line) lineage = lineageOf(path, line);
    else if ("done" in line) records.set(line.done.id, line.done);
    else records.delete(line.forget);
    wholeBytes += bytes.length + 1;
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

/** Where a line is. */
interface Line {
  readonly file: StateFile;
  /** In bytes. */
  readonly start: number;
  /** From 1. */
  readonly number: number;
}

function parseLine(bytes: Buffer, where: Line): StateLine {
  const text = bytes.toString("utf8");
  const record = recordOf(text, bytes, where);
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
  throw damaged(where.file.path, where.number);
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
const REST = /\],"durationMs":(\d+),"finishedAt":"[^"\\]*","toolVersion":"[^"\\]*"\}\}$/y;

/**
 * A record whose parts are in the order that we write them in; undefined for any other text. Marks hold quotes, which
 * texts within JSON do not, and the last ones are looked for, after which nothing of free form comes.
 */
function recordOf(text: string, bytes: Buffer, where: Line): TaskRecord | undefined {
  const isAscii = text.length === bytes.length;
  if (!isAscii || !text.startsWith(BEGINNING)) return undefined;
  const idEnd = text.indexOf('"', BEGINNING.length);
  const outputsEnd = text.lastIndexOf(AFTER_OUTPUTS);
  const outputsStart = text.lastIndexOf(AFTER_DIGEST, outputsEnd);
  const fingerprintEnd = text.lastIndexOf(AFTER_FINGERPRINT, outputsStart);
  if (fingerprintEnd < idEnd || !text.startsWith(AFTER_ID, idEnd)) return undefined;
  // Copies, since a part of the text would keep the whole text.
  const copy = (from: number, to: number): string => bytes.toString("latin1", from, to);
  const id = copy(BEGINNING.length, idEnd);
  const digest = copy(fingerprintEnd + AFTER_FINGERPRINT.length, outputsStart);
  REST.lastIndex = outputsEnd;
  const durationMs = REST.exec(text)?.[1];
  if (durationMs === undefined || /["\\]/.test(id) || /["\\]/.test(digest)) return undefined;
  const outputs = copy(outputsStart + AFTER_DIGEST.length - 1, outputsEnd + 1);
  return new RecordLine({ id, digest, outputs, durationMs: Number(durationMs), bytes: bytes.length }, where);
}

interface RecordParts {
  readonly id: string;
  readonly digest: string;
  /** JSON. */
  readonly outputs: string;
  readonly durationMs: number;
  /** Of the line. */
  readonly bytes: number;
}

/**
 * What a task was made from is most of its record, and left in the file until it is asked for: a plan asks for what runs
 * again only. (What is read when it is asked for is a getter of the class: `{ ...record }` is without it.)
 */
class RecordLine implements TaskRecord {
  readonly id: string;
  readonly digest: string;
  readonly durationMs: number;
  readonly #outputs: string;
  readonly #file: StateFile;
  readonly #start: number;
  readonly #bytes: number;
  readonly #number: number;

  constructor({ id, digest, outputs, durationMs, bytes }: RecordParts, where: Line) {
    this.id = id;
    this.digest = digest;
    this.durationMs = durationMs;
    this.#outputs = outputs;
    this.#file = where.file;
    this.#start = where.start;
    this.#bytes = bytes;
    this.#number = where.number;
  }

  get outputs(): readonly OutputRecord[] {
    const list = parseJson(this.#outputs);
    if (isOutputs(list)) return list;
    throw damaged(this.#file.path, this.#number);
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
    const { path } = this.#file;
    const line = parseJson(this.#file.text(this.#start, this.#start + this.#bytes));
    if (!isObject(line) || !isRecord(line["done"])) throw damaged(path, this.#number);
    const record = line["done"];
    if (record.id === this.id && record.digest === this.digest) return record;
    throw new RuntimeFailure("state-damaged", `${path} was rewritten while it was read.`, "Run the command again.");
  }
}

function isRecord(value: unknown): value is TaskRecord {
  if (!isObject(value)) return false;
  const { id, fingerprint, digest, outputs, durationMs, finishedAt, toolVersion } = value;
  const texts = [id, digest, finishedAt, toolVersion];
  return (
    texts.every((text) => typeof text === "string") &&
    typeof durationMs === "number" &&
    isFingerprint(fingerprint) &&
    isOutputs(outputs)
  );
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
