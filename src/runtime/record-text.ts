import type { OutputRecord, TaskRecord } from "../domain/state.ts";

/** The text of a record, and what of it is looked at as it comes by. */

export interface Head {
  readonly id: string;
  readonly digest: string;
  readonly durationMs: number;
  /** Or as JSON. */
  readonly outputs: readonly OutputRecord[] | string;
}

const BEGINNING = '{"done":{"id":"';
const AFTER_ID = '","fingerprint":{';
const AFTER_FINGERPRINT = '},"digest":"';
const AFTER_DIGEST = '","outputs":[';
const AFTER_OUTPUTS = '],"durationMs":';
const REST =
  /\],"durationMs":(\d+),"finishedAt":"[^"\\]*","toolVersion":"[^"\\]*"(?:,"provenance":\{[^{}\\]*\})?\}\}$/y;

/**
 * The head of a record whose parts are in the order that we write them in; undefined for any other text. Marks hold
 * quotes, which texts within JSON do not, and the last ones are looked for, after which nothing of free form comes.
 */
export function headOf(bytes: Buffer): Head | undefined {
  const text = bytes.toString("utf8");
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
  const outputs = text.slice(outputsStart + AFTER_DIGEST.length - 1, outputsEnd + 1);
  return { id, digest, durationMs: Number(durationMs), outputs };
}

export function isRecord(value: unknown): value is TaskRecord {
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

export function isOutputs(value: unknown): value is OutputRecord[] {
  return (
    Array.isArray(value) &&
    value.every((one) => isObject(one) && typeof one["path"] === "string" && typeof one["bytes"] === "number")
  );
}

function isFingerprint(value: unknown): boolean {
  return isObject(value) && ["params", "inputs", "upstream"].every((key) => isObject(value[key]));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
