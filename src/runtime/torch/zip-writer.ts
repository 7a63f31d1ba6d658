import { crc32 } from "node:zlib";

/** A file inside an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly byteLength: number;
  readonly pieces: Iterable<Uint8Array>;
}

/** What a 32-bit size or place says where the number stands in the 64-bit field beside it. */
const ELSEWHERE = 0xff_ff_ff_ff;
const VERSION = 45;
/** Sizes and checksum follow the data; names are UTF-8. */
const FLAGS = 0x0808;
/** 1980-01-01, the format's beginning: the same contents are the same bytes. */
const DATE = 0x0021;

/**
 * An archive whose entries are stored as they are, of any size, in one pass: each is read once.
 *
 * Source: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3 (Zip64).
 */
export function* zipOf(entries: readonly ZipEntry[]): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, byteLength, pieces } of entries) {
    const encoded = Buffer.from(name);
    const sizes = pack("88", byteLength, byteLength);
    // Version to extra field, which an entry has twice: before its data and in the directory.
    const common = (crc: number, extra: Uint8Array): Uint8Array =>
      pack("2222244422", VERSION, FLAGS, 0, 0, DATE, crc, ELSEWHERE, ELSEWHERE, encoded.length, extra.length);

    const localExtra = zip64(sizes);
    const header = Buffer.concat([pack("4", 0x04034b50), common(0, localExtra), encoded, localExtra]);
    yield header;
    let crc = 0;
    let written = 0;
    for (const piece of pieces) {
      crc = crc32(piece, crc);
      written += piece.length;
      yield piece;
    }
    if (written !== byteLength) {
      throw new Error(`Internal error: ${name} has ${written} bytes instead of ${byteLength}`);
    }
    const descriptor = Buffer.concat([pack("44", 0x08074b50, crc), sizes]);
    yield descriptor;

    const extra = zip64(Buffer.concat([sizes, pack("8", at)]));
    const rest = pack("22244", 0, 0, 0, 0, ELSEWHERE);
    directory.push(pack("42", 0x02014b50, VERSION), common(crc, extra), rest, encoded, extra);
    at += header.length + byteLength + descriptor.length;
  }
  const listed = Buffer.concat(directory);
  yield listed;
  const count = entries.length;
  yield pack("4822448888", 0x06064b50, 44, VERSION, VERSION, 0, 0, count, count, listed.length, at);
  yield pack("4484", 0x07064b50, 0, at + listed.length, 1);
  yield pack("42222442", 0x06054b50, 0, 0, 0xff_ff, 0xff_ff, ELSEWHERE, ELSEWHERE, 0);
}

function zip64(fields: Uint8Array): Uint8Array {
  return Buffer.concat([pack("22", 1, fields.length), fields]);
}

/** Little-endian numbers, of as many bytes each as the format's digits say. */
function pack(format: string, ...values: readonly number[]): Uint8Array {
  return Buffer.concat(
    values.map((value, index) => {
      const bytes = Buffer.alloc(Number(format[index]));
      if (bytes.length === 8) bytes.writeBigUInt64LE(BigInt(value));
      else bytes.writeUIntLE(value, 0, bytes.length);
      return bytes;
    }),
  );
}
