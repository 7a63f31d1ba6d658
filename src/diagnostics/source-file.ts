/** A place in a text: line and column from 1, offset from 0, all in UTF-16 units as editors count them. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Half-open. */
export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

export interface Place {
  /** Relative to the project's folder, `/`-separated. */
  readonly file: string;
  readonly range: TextRange;
}

/** A file's text and where its lines begin. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  get lines(): number {
    return this.#lineStarts.length;
  }

  /** The text of a line, from 1, without its end. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1];
    if (start === undefined) return "";
    const end = this.#lineStarts[number];
    const text = this.text.slice(start, end === undefined ? undefined : end - 1);
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  }

  /** An offset outside of the text is moved to its nearest end. */
  position(offset: number): TextPosition {
    const within = Math.min(Math.max(0, offset), this.text.length);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= within) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: within - (this.#lineStarts[low] ?? 0) + 1, offset: within };
  }

  place(start: number, end: number): Place {
    return { file: this.path, range: { start: this.position(start), end: this.position(end) } };
  }

  /** The whole of a line, from 1, without its indentation. */
  placeOfLine(number: number): Place {
    const start = this.#lineStarts[number - 1] ?? 0;
    const text = this.line(number).trimEnd();
    return this.place(start + text.length - text.trimStart().length, start + text.length);
  }

  /** The same file with the characters of each [start, end), in their order, replaced by `X`, so that a frame can be shown. */
  redacted(spans: readonly (readonly [number, number])[]): SourceFile {
    const parts: string[] = [];
    let at = 0;
    for (const [start, end] of spans) {
      parts.push(this.text.slice(at, start), "X".repeat(end - start));
      at = end;
    }
    return new SourceFile(this.path, parts.join("") + this.text.slice(at));
  }
}
