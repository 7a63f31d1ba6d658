import { closeSync, openSync, readSync } from "node:fs";

/**
 * What of a shared library's file says with what it can be loaded. Source: the ELF-64 object file format, version 1.5;
 * little-endian files only, which all of ours are.
 */
export interface SharedLibrary {
  /** Names of the libraries that the loader must find for it (DT_NEEDED). */
  readonly needed: readonly string[];
  /** Where the loader looks besides (DT_RUNPATH or DT_RPATH), as it stands: with $ORIGIN. */
  readonly runPath: readonly string[];
  /** Its constants (.rodata), among them its texts; empty when the section is not there. */
  readonly constants: Uint8Array;
}

const SEGMENT = { load: 1, dynamic: 2 } as const;
const TAG = { end: 0n, needed: 1n, strings: 5n, stringsSize: 10n, rpath: 15n, runPath: 29n } as const;
/** More than the tables of any library: what is larger is damaged. */
const MAX_TABLE_BYTES = 1 << 26;

/** Undefined for what is no shared library of this kind, or is cut short. */
export function readSharedLibrary(path: string): SharedLibrary | undefined {
  const file = openSync(path, "r");
  try {
    return parse((offset, length) => readAt(file, offset, length));
  } catch (error) {
    // What lies outside of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
}

type Read = (offset: bigint, length: number) => Buffer;

function readAt(file: number, offset: bigint, length: number): Buffer {
  if (length > MAX_TABLE_BYTES) throw new RangeError("too large");
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, offset) < length) throw new RangeError("cut short");
  return bytes;
}

function parse(read: Read): SharedLibrary | undefined {
  const header = read(0n, 64);
  const isElf64 = header.subarray(0, 6).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
  if (!isElf64) return undefined;
  const segments = entries(read, header.readBigUInt64LE(32), header.readUInt16LE(54), header.readUInt16LE(56)).map(
    (entry) => ({
      type: entry.readUInt32LE(0),
      offset: entry.readBigUInt64LE(8),
      address: entry.readBigUInt64LE(16),
      size: entry.readBigUInt64LE(32),
    }),
  );
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
  if (dynamic === undefined) return undefined;
  const tags = readTags(read(dynamic.offset, Number(dynamic.size)));
  const valueOf = (tag: bigint): bigint => tags.find(([known]) => known === tag)?.[1] ?? 0n;
  const stringsAt = valueOf(TAG.strings);
  const home = segments.find(
    ({ type, address, size }) => type === SEGMENT.load && stringsAt >= address && stringsAt < address + size,
  );
  if (home === undefined) return undefined;
  const strings = read(stringsAt - home.address + home.offset, Number(valueOf(TAG.stringsSize)));
  const texts = (...wanted: readonly bigint[]): string[] =>
    tags.flatMap(([tag, value]) => (wanted.includes(tag) ? [textAt(strings, Number(value))] : []));
  return {
    needed: texts(TAG.needed),
    runPath: texts(TAG.rpath, TAG.runPath).flatMap((path) => path.split(":")),
    constants: readConstants(read, header),
  };
}

function readTags(table: Buffer): [tag: bigint, value: bigint][] {
  const tags: [bigint, bigint][] = [];
  for (let at = 0; at + 16 <= table.length; at += 16) {
    const tag = table.readBigUInt64LE(at);
    if (tag === TAG.end) break;
    tags.push([tag, table.readBigUInt64LE(at + 8)]);
  }
  return tags;
}

function readConstants(read: Read, header: Buffer): Uint8Array {
  const sections = entries(read, header.readBigUInt64LE(40), header.readUInt16LE(58), header.readUInt16LE(60)).map(
    (entry) => ({
      name: entry.readUInt32LE(0),
      offset: entry.readBigUInt64LE(24),
      size: Number(entry.readBigUInt64LE(32)),
    }),
  );
  const names = sections[header.readUInt16LE(62)];
  if (names === undefined) return new Uint8Array();
  const texts = read(names.offset, names.size);
  const constants = sections.find(({ name }) => textAt(texts, name) === ".rodata");
  return constants === undefined ? new Uint8Array() : read(constants.offset, constants.size);
}

function entries(read: Read, offset: bigint, size: number, count: number): Buffer[] {
  const table = read(offset, size * count);
  return Array.from({ length: count }, (_, index) => table.subarray(index * size, (index + 1) * size));
}

/** Up to its NUL. */
function textAt(strings: Buffer, offset: number): string {
  const end = strings.indexOf(0, offset);
  return strings.toString("latin1", offset, end === -1 ? strings.length : end);
}
