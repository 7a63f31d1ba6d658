import { halfTable } from "./half-table.ts";

/**
 * The safetensors format, as bytes. Layout: u64 little-endian header length, JSON header, tensor data.
 * Source: https://github.com/huggingface/safetensors (README, "Format"). Input is untrusted: everything is checked.
 */

export type SafetensorsDtype = keyof typeof BYTES_PER_ELEMENT;

export const BYTES_PER_ELEMENT = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
export const LENGTH_BYTES = 8;

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Byte range in the file, from its first byte. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

export class SafetensorsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SafetensorsError";
  }
}

/** Bytes of the JSON header that follows the first eight. Throws SafetensorsError when no file can have such a header. */
export function headerByteLength(firstBytes: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES || firstBytes.byteLength < LENGTH_BYTES) {
    throw new SafetensorsError(`the file has ${fileBytes} bytes, fewer than the 8 of a header length`);
  }
  const length = view(firstBytes).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(
      `the header claims ${length} bytes, more than the format's limit of ${MAX_HEADER_BYTES}`,
    );
  }
  if (Number(length) > fileBytes - LENGTH_BYTES) {
    throw new SafetensorsError(`the header claims ${length} bytes, but the file has ${fileBytes}`);
  }
  return Number(length);
}

/**
 * Reads the header of a file of `fileBytes` bytes from its beginning (at least 8 + header length bytes of it).
 * Throws SafetensorsError when the header is not one, or when a tensor does not lie in the file as it says.
 */
export function parseSafetensorsHeader(bytes: Uint8Array, fileBytes: number = bytes.byteLength): SafetensorsHeader {
  const dataBegin = LENGTH_BYTES + headerByteLength(bytes, fileBytes);
  const json = parseObject(bytes.subarray(LENGTH_BYTES, dataBegin));
  const entries = new Map<string, SafetensorsEntry>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") metadata = parseMetadata(value);
    else entries.set(name, parseEntry(name, value, dataBegin));
  }
  checkLayout([...entries.values()], dataBegin, fileBytes);
  return { entries, metadata };
}

/** One tensor of a whole file in memory, as fp32 (from F32, F16 or BF16). Throws SafetensorsError. */
export function decodeSafetensors(
  bytes: Uint8Array,
  name: string,
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const { entries } = parseSafetensorsHeader(bytes);
  const entry = entries.get(name);
  if (entry === undefined) {
    throw new SafetensorsError(`has no tensor "${name}"; it has ${[...entries.keys()].join(", ") || "none"}`);
  }
  return { shape: entry.shape, data: toFloat32(entry.dtype, bytes.subarray(entry.begin, entry.end)) };
}

/** Little-endian F32, F16 or BF16 bytes as numbers. Exact: every half or bfloat16 is an fp32. */
export function toFloat32(dtype: SafetensorsDtype, bytes: Uint8Array): Float32Array {
  const count = bytes.byteLength / BYTES_PER_ELEMENT[dtype];
  const numbers = new Float32Array(count);
  if (dtype === "F32") {
    new Uint8Array(numbers.buffer).set(bytes);
    return numbers;
  }
  const source = view(bytes);
  if (dtype === "BF16") {
    const bits = new Uint32Array(numbers.buffer);
    for (let index = 0; index < count; index++) bits[index] = source.getUint16(2 * index, true) << 16;
    return numbers;
  }
  if (dtype === "F16") {
    const lookup = halfTable();
    for (let index = 0; index < count; index++) numbers[index] = lookup[source.getUint16(2 * index, true)]!;
    return numbers;
  }
  throw new SafetensorsError(`holds ${dtype} where F32, F16 or BF16 is needed`);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new SafetensorsError("the header is not JSON");
  }
  if (!isObject(json)) throw new SafetensorsError("the header is not a JSON object");
  return json;
}

function parseMetadata(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value) || Object.values(value).some((item) => typeof item !== "string")) {
    throw new SafetensorsError("__metadata__ is not a map from text to text");
  }
  return value as Record<string, string>;
}

function parseEntry(name: string, value: unknown, dataBegin: number): SafetensorsEntry {
  const quoted = JSON.stringify(name);
  if (!isObject(value)) throw new SafetensorsError(`tensor ${quoted} is not a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES_PER_ELEMENT, dtype)) {
    throw new SafetensorsError(`tensor ${quoted} has the unknown dtype ${JSON.stringify(dtype)}`);
  }
  if (!isCounts(shape) || !Number.isSafeInteger(elements(shape))) {
    throw new SafetensorsError(`tensor ${quoted} has the impossible shape ${JSON.stringify(shape)}`);
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw new SafetensorsError(`tensor ${quoted} has the impossible offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const known = dtype as SafetensorsDtype;
  const expected = elements(shape) * BYTES_PER_ELEMENT[known];
  if (end - begin !== expected) {
    throw new SafetensorsError(
      `tensor ${quoted} takes ${end - begin} bytes, but ${known} [${shape.join(", ")}] needs ${expected}`,
    );
  }
  return { name, dtype: known, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/** Tensors follow one another without overlap or hole, to the end of the file: the format's own rule against hidden data. */
function checkLayout(entries: readonly SafetensorsEntry[], dataBegin: number, fileBytes: number): void {
  let at = dataBegin;
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const quoted = JSON.stringify(entry.name);
    if (entry.begin < at) throw new SafetensorsError(`tensor ${quoted} overlaps the tensor before it`);
    if (entry.begin > at) throw new SafetensorsError(`there is a hole of ${entry.begin - at} bytes before ${quoted}`);
    if (entry.end > fileBytes) {
      throw new SafetensorsError(`tensor ${quoted} ends at byte ${entry.end}, but the file has ${fileBytes}`);
    }
    at = entry.end;
  }
  if (at !== fileBytes) throw new SafetensorsError(`${fileBytes - at} bytes follow the last tensor`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
