import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const LINE_BREAK = 0x0a;
const CHUNK_BYTES = 1 << 20;

/**
 * The whole lines of a file as bytes, without their ends; what follows the last line break is left out. Never more than
 * a chunk and a line is held, and a line is good until the next is asked for.
 */
export function* linesOf(path: string): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let begun: Buffer[] = [];
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
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

/** A file of lines that were read before, for what was left in it. It is read again once, when that is asked for. */
export class StateFile {
  readonly path: string;
  #bytes: Buffer | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Half-open, in bytes. */
  text(start: number, end: number): string {
    this.#bytes ??= readFileSync(this.path);
    return this.#bytes.toString("utf8", start, end);
  }
}
