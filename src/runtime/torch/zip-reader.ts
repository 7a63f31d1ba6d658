import { crc32 } from "node:zlib";
import { TorchFileError } from "./tensor.ts";

/** Bytes that are in memory (a Uint8Array is this), or are read when they are asked for. */
export interface Bytes {
  readonly length: number;
  subarray(begin: number, end: number): Uint8Array;
}

export interface ZipMember {
  readonly byteLength: number;
  /** Its bytes, piece by piece. Throws TorchFileError at the end where they are not those that were written. */
  readonly pieces: () => Iterable<Uint8Array>;
}

const PIECE = 2 ** 20;
/** The longest end record: a comment has at most 65,535 bytes. */
const END_BYTES = 22 + 0xff_ff;
const MOST_DIRECTORY_BYTES = 2 ** 26;
const ELSEWHERE = 0xff_ff_ff_ff;

/**
 * The members of an archive that stores them as they are, by name. Throws TorchFileError for any other, and where a
 * member does not lie in the file as the directory says.
 *
 * Source: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3 (Zip64). The input is untrusted: everything is checked.
 */
export function readZip(file: Bytes): ReadonlyMap<string, ZipMember> {
  const { count, begin, end } = directoryOf(file);
  if (end - begin > MOST_DIRECTORY_BYTES) throw damaged("directory");
  const directory = viewOf(file, begin, end);
  const members = new Map<string, ZipMember>();
  let at = 0;
  let stored = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) throw damaged("directory");
    const u16 = (offset: number): number => directory.getUint16(at + offset, true);
    const u32 = (offset: number): number => directory.getUint32(at + offset, true);
    const [nameLength, extraLength, commentLength] = [u16(28), u16(30), u16(32)];
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > directory.byteLength) throw damaged("directory");
    const text = (from: number, length: number): string =>
      Buffer.from(directory.buffer, directory.byteOffset + from, length).toString();
    const name = text(at + 46, nameLength);
    const quoted = JSON.stringify(name);
    if (members.has(name)) throw new TorchFileError(`holds ${quoted} twice`);
    if ((u16(8) & 1) !== 0 || u16(10) !== 0) throw new TorchFileError(`${quoted} is compressed or encrypted`);
    // What does not fit into 32 bits stands, in this order, in the extra field.
    const large = zip64Of(directory, at + 46 + nameLength, extraLength);
    const [size, packedSize, place] = [u32(24), u32(20), u32(42)].map((value) =>
      value === ELSEWHERE ? (large.shift() ?? value) : value,
    ) as [number, number, number];
    stored += size;
    if (size !== packedSize || stored > file.length) throw damaged(quoted);
    members.set(name, memberOf(file, quoted, place, size, u32(16)));
    at = next;
  }
  return members;
}

function memberOf(file: Bytes, quoted: string, place: number, byteLength: number, crc: number): ZipMember {
  const header = viewOf(file, place, place + 30);
  if (header.getUint32(0, true) !== 0x04034b50) throw damaged(quoted);
  const begin = place + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const end = begin + byteLength;
  if (end > file.length) throw damaged(quoted);
  return {
    byteLength,
    *pieces() {
      let found = 0;
      for (let at = begin; at < end; at += PIECE) {
        const piece = file.subarray(at, Math.min(end, at + PIECE));
        found = crc32(piece, found);
        yield piece;
      }
      if (found !== crc) throw new TorchFileError(`${quoted} is damaged: its checksum is not that of its bytes`);
    },
  };
}

/** Where the directory lies, and how many members it lists. */
function directoryOf(file: Bytes): { readonly count: number; readonly begin: number; readonly end: number } {
  const from = Math.max(0, file.length - END_BYTES);
  const tail = viewOf(file, from, file.length);
  let at = tail.byteLength - 22;
  while (
    at >= 0 &&
    !(tail.getUint32(at, true) === 0x06054b50 && at + 22 + tail.getUint16(at + 20, true) === tail.byteLength)
  )
    at--;
  if (at < 0) throw new TorchFileError("is cut off, or no torch file: it does not end as a zip archive does");
  const ends = (count: number, bytes: number, begin: number) => ({ count, begin, end: begin + bytes });
  if (at < 20 || tail.getUint32(at - 20, true) !== 0x07064b50) {
    return ends(tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true));
  }
  const place = u64(tail, at - 12);
  const record = viewOf(file, place, place + 56);
  if (record.getUint32(0, true) !== 0x06064b50) throw damaged("directory");
  return ends(u64(record, 32), u64(record, 40), u64(record, 48));
}

/** The numbers of a Zip64 extra field; none where there is no such field. */
function zip64Of(view: DataView, begin: number, length: number): number[] {
  for (let at = begin; at + 4 <= begin + length;) {
    const [tag, bytes] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    at += 4;
    if (tag === 1 && at + bytes <= begin + length) {
      return Array.from({ length: Math.floor(bytes / 8) }, (_, index) => u64(view, at + 8 * index));
    }
    at += bytes;
  }
  return [];
}

/** Throws TorchFileError where that is not in the file. */
function viewOf(file: Bytes, begin: number, end: number): DataView {
  if (end > file.length || begin > end) throw damaged("directory");
  const bytes = file.subarray(begin, end);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Beyond 2⁵³ it is rounded, and beyond any file all the same. */
function u64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function damaged(what: string): TorchFileError {
  return new TorchFileError(`is damaged: its ${what} does not lie in the file as it says`);
}
