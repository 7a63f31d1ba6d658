import { closeSync, openSync, readSync } from "node:fs";

const LINE_BREAK = 0x0a;
const CHUNK_BYTES = 1 << 20;

/** Bytes of a file, from a line's beginning to another's, or to the file's end. */
export interface Part {
  readonly start: number;
  /** Not of the part any more. */
  readonly end: number;
}

export const WHOLE: Part = { start: 0, end: Infinity };

/**
 * The whole lines of a part of a file as bytes, without their ends; what follows the last line break is left out. Never more
 * than a chunk and a line is held, and a line is good until the next is asked for.
 */
export function* linesOf(path: string, part: Part): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let begun: Buffer[] = [];
    let at = part.start;
    const next = (): number => readSync(file, chunk, 0, Math.min(CHUNK_BYTES, part.end - at), at);
    for (let read = next(); read > 0; read = next()) {
      at += read;
      const bytes = chunk.subarray(0, read);
      let start = 0;
      for (let end = bytes.indexOf(LINE_BREAK); end !== -1; end = bytes.indexOf(LINE_BREAK, start)) {
        const line = bytes.subarray(start, end);
        yield begun.length === 0 ? line : Buffer.concat([...begun, line]);
        begun = [];
        start = end + 1;
      }
      if (start < read) begun.push(Buffer.from(bytes.subarray(start)));
    }
  } finally {
    closeSync(file);
  }
}

/** A file of lines in so many parts of about a size; fewer where lines are long. */
export function partsOf(path: string, bytes: number, count: number): Part[] {
  const cuts = Array.from({ length: count - 1 }, (_, index) => {
    const middle = Math.floor((bytes * (index + 1)) / count);
    const end = readBlock(path, middle, BLOCK_BYTES).indexOf(LINE_BREAK);
    return end === -1 ? 0 : middle + end + 1;
  });
  const starts = [...new Set([0, ...cuts])];
  return starts.map((start, index) => ({ start, end: starts[index + 1] ?? Infinity }));
}

/** What is left in the file is mostly asked for in the file's order. */
const BLOCK_BYTES = 1 << 16;

/** A file of lines that were read before, for what was left in it. A block of it is held. */
export class StateFile {
  readonly path: string;
  #start = 0;
  #block: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.path = path;
  }

  /** Good until the next are asked for; fewer where the file ends before. */
  bytes(start: number, length: number): Buffer {
    const isHeld = start >= this.#start && start + length <= this.#start + this.#block.length;
    if (!isHeld) {
      this.#block = readBlock(this.path, start, Math.max(length, BLOCK_BYTES));
      this.#start = start;
    }
    return this.#block.subarray(start - this.#start, start - this.#start + length);
  }
}

function readBlock(path: string, start: number, length: number): Buffer {
  const block = Buffer.allocUnsafeSlow(length);
  const file = openSync(path, "r");
  try {
    let filled = 0;
    for (let got = -1; got !== 0 && filled < length; filled += got) {
      got = readSync(file, block, filled, length - filled, start + filled);
    }
    return block.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}
