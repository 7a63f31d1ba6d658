import { blockFormat, typeName, type BlockFormat } from "./blocks.ts";

/**
 * The header of a GGUF file, as bytes: magic, version, metadata, tensors' names, shapes, types and places. Versions 2 and 3,
 * little-endian. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Input is untrusted: everything is
 * checked.
 */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Of the header, padding before the first tensor's data not included. */
  readonly byteLength: number;
}

export type GgufValue = number | boolean | string | readonly (number | boolean | string)[];

export interface GgufTensor {
  readonly name: string;
  /** Outermost first, as in safetensors; the file has them the other way round. */
  readonly shape: readonly number[];
  readonly format: BlockFormat;
  /** Byte range in the file, from its first byte. */
  readonly begin: number;
  readonly end: number;
}

export class GgufError extends Error {
  /** `unsupported`: a right file that is not read. */
  readonly kind: "damaged" | "unsupported";
  constructor(message: string, kind: GgufError["kind"] = "damaged") {
    super(message);
    this.name = "GgufError";
    this.kind = kind;
  }
}

const MAGIC = "GGUF";
const VERSIONS = [2, 3];
const DEFAULT_ALIGNMENT = 32;
/** ggml has no more. */
const MAX_DIMENSIONS = 4;
/** Bytes that the shortest metadata entry and the shortest tensor take: counts that cannot fit are refused at once. */
const SHORTEST_ENTRY = 13;
const SHORTEST_TENSOR = 24;

/**
 * Reads the header from the beginning of a file of `fileBytes` bytes; undefined when `bytes` ends before the header does.
 * Throws GgufError.
 */
export function parseGgufHeader(bytes: Buffer, fileBytes: number): GgufHeader | undefined {
  try {
    return parseHeader(new Cursor(bytes, fileBytes), fileBytes);
  } catch (error) {
    if (error instanceof More) return undefined;
    throw error;
  }
}

function parseHeader(cursor: Cursor, fileBytes: number): GgufHeader {
  const magic = cursor.latin1(4);
  if (magic !== MAGIC)
    throw new GgufError(`it begins with ${JSON.stringify(magic)}, not with ${JSON.stringify(MAGIC)}`);
  const version = cursor.u32();
  if (!VERSIONS.includes(version)) {
    throw new GgufError(`it is GGUF version ${version}; versions ${VERSIONS.join(" and ")} are read`, "unsupported");
  }
  const tensorCount = cursor.count("tensors", SHORTEST_TENSOR);
  const entryCount = cursor.count("metadata entries", SHORTEST_ENTRY);
  const metadata = new Map<string, GgufValue>();
  for (let entry = 0; entry < entryCount; entry++) {
    const key = cursor.text();
    metadata.set(key, cursor.value(cursor.u32(), key));
  }
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== "number" || alignment < 8 || alignment % 8 !== 0) {
    throw new GgufError(`general.alignment is ${JSON.stringify(alignment)}, not a multiple of 8`);
  }
  const listed = Array.from({ length: tensorCount }, () => parseTensor(cursor));
  const dataBegin = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { name, shape, format, offset } of listed) {
    if (tensors.has(name)) throw new GgufError(`tensor ${JSON.stringify(name)} is there twice`);
    const tensor = {
      name,
      shape,
      format,
      begin: dataBegin + offset,
      end: dataBegin + offset + bytesOf(name, shape, format),
    };
    if (offset % alignment !== 0 || tensor.end > fileBytes) {
      const range = `[${tensor.begin}, ${tensor.end})`;
      throw new GgufError(`tensor ${JSON.stringify(name)} lies at bytes ${range} of a file of ${fileBytes}`);
    }
    tensors.set(name, tensor);
  }
  return { metadata, tensors, byteLength: cursor.at };
}

function parseTensor(cursor: Cursor) {
  const name = cursor.text();
  const dimensions = cursor.u32();
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new GgufError(`tensor ${JSON.stringify(name)} has ${dimensions} dimensions`);
  }
  const shape = Array.from({ length: dimensions }, () => cursor.u64()).toReversed();
  const type = cursor.u32();
  const format = blockFormat(type);
  if (format === undefined) {
    throw new GgufError(`tensor ${JSON.stringify(name)} is ${typeName(type)}`, "unsupported");
  }
  return { name, shape, format, offset: cursor.u64() };
}

function bytesOf(name: string, shape: readonly number[], { blockElements, blockBytes }: BlockFormat): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  const columns = shape.at(-1) ?? 0;
  if (columns % blockElements !== 0 || !Number.isSafeInteger(elements * blockBytes)) {
    throw new GgufError(`tensor ${JSON.stringify(name)} has the impossible shape [${shape.join(", ")}]`);
  }
  return (elements / blockElements) * blockBytes;
}

/** The bytes at hand have come to their end, and the file has not. */
class More extends Error {}

const ARRAY = 9;
const STRING = 8;
const BOOL = 7;
/** The fewest bytes of an element, by the type of a metadata value. */
const ELEMENT_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8];

class Cursor {
  at = 0;
  readonly #bytes: Buffer;
  readonly #fileBytes: number;

  constructor(bytes: Buffer, fileBytes: number) {
    this.#bytes = bytes;
    this.#fileBytes = fileBytes;
  }

  /** Where the next so many bytes begin. */
  #pass(length: number): number {
    const begin = this.at;
    if (length > this.#fileBytes - begin) {
      throw new GgufError(`the header goes on beyond the end of the file of ${this.#fileBytes} bytes`);
    }
    if (length > this.#bytes.length - begin) throw new More();
    this.at += length;
    return begin;
  }

  /** Bytes as text, each a character. */
  latin1(length: number): string {
    const begin = this.#pass(length);
    return this.#bytes.toString("latin1", begin, this.at);
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#pass(4));
  }

  u64(): number {
    const begin = this.#pass(8);
    // A vocabulary is hundreds of thousands of them, and a BigInt takes its time.
    const value = this.#bytes.readUInt32LE(begin) + this.#bytes.readUInt32LE(begin + 4) * 2 ** 32;
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    throw new GgufError(`the header has ${this.#bytes.readBigUInt64LE(begin)} for a size`);
  }

  /** How many of something that takes at least so many bytes each. */
  count(of: string, bytesEach: number): number {
    const count = this.u64();
    if (count * bytesEach > this.#fileBytes) {
      throw new GgufError(`the header claims ${count} ${of}, but the file has ${this.#fileBytes} bytes`);
    }
    return count;
  }

  text(): string {
    const begin = this.#pass(this.u64());
    return this.#bytes.toString("utf8", begin, this.at);
  }

  value(type: number, key: string): GgufValue {
    if (type !== ARRAY) return this.#scalar(type, key);
    const element = this.u32();
    const bytesEach = ELEMENT_BYTES[element];
    if (bytesEach === undefined || element === ARRAY) throw unknownType(element, key);
    const count = this.count(`values of ${JSON.stringify(key)}`, bytesEach);
    const values: (number | boolean | string)[] = [];
    for (let index = 0; index < count; index++) values.push(this.#scalar(element, key));
    return values;
  }

  #scalar(type: number, key: string): number | boolean | string {
    switch (type) {
      case 0:
        return this.#bytes.readUInt8(this.#pass(1));
      case 1:
        return this.#bytes.readInt8(this.#pass(1));
      case 2:
        return this.#bytes.readUInt16LE(this.#pass(2));
      case 3:
        return this.#bytes.readInt16LE(this.#pass(2));
      case 4:
        return this.u32();
      case 5:
        return this.#bytes.readInt32LE(this.#pass(4));
      case 6:
        return this.#bytes.readFloatLE(this.#pass(4));
      case BOOL:
        return this.#bytes.readUInt8(this.#pass(1)) !== 0;
      case STRING:
        return this.text();
      case 10:
        return Number(this.#bytes.readBigUInt64LE(this.#pass(8)));
      case 11:
        return Number(this.#bytes.readBigInt64LE(this.#pass(8)));
      case 12:
        return this.#bytes.readDoubleLE(this.#pass(8));
      default:
        throw unknownType(type, key);
    }
  }
}

function unknownType(type: number, key: string): GgufError {
  return new GgufError(`the metadata ${JSON.stringify(key)} is of the unknown type ${type}`);
}
