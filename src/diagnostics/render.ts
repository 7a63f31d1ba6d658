import type { Diagnostic } from "./diagnostic.ts";
import type { Place, SourceFile } from "./source-file.ts";

export interface RenderOptions {
  /** The texts that places are in; a place in another file is shown without a frame. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** ANSI colours. Off by default. */
  readonly color?: boolean;
  /** How a diagnostic's file is shown, e.g. relative to where the user stands. Unchanged by default. */
  readonly showFile?: (file: string) => string;
}

/**
 * A diagnostic as people read it: where, what, the lines around it with the fault marked, the other lines that have a
 * part in it, and the hint. No line break at the end. The same input gives the same text everywhere.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const paint = options.color ? PAINT : PLAIN;
  const { severity, code, message, place, related, hint } = diagnostic;
  const mark = severity === "error" ? paint.error : paint.warning;
  const lines = [`${paint.bold(where(place, options))}: ${mark(`${severity} ${code}`)}: ${printable(message)}`];
  lines.push(...frame(place, options, mark));
  for (const { message: remark, place: other } of related) {
    lines.push(`${paint.bold(where(other, options))}: ${printable(remark)}`, ...frame(other, options, paint.dim, 0));
  }
  if (hint !== undefined) lines.push(`${paint.bold("hint")}: ${printable(hint)}`);
  return lines.join("\n");
}

/** One line, without frame, related places and hint: for logs and editors. */
export function renderOneLine({ severity, code, message, place }: Diagnostic, options: RenderOptions): string {
  return `${where(place, options)}: ${severity} ${code}: ${printable(message)}`;
}

/** A diagnostic as JSON: lines and columns from 1, offsets from 0, in UTF-16 units. */
export function diagnosticToJson(diagnostic: Diagnostic): object {
  const { code, severity, message, place, related, hint, suggestions } = diagnostic;
  const flat = ({ file, range }: Place) => ({ file, range });
  return {
    code,
    severity,
    message,
    ...flat(place),
    related: related.map(({ message: remark, place: other }) => ({ message: remark, ...flat(other) })),
    ...(hint === undefined ? {} : { hint }),
    suggestions: suggestions.map(({ place: other, replacement }) => ({ ...flat(other), replacement })),
  };
}

function where({ file, range }: Place, { showFile = (name) => name }: RenderOptions): string {
  return `${showFile(file)}:${range.start.line}:${range.start.column}`;
}

type Paint = (text: string) => string;

/** Longer lines are cut around the fault. */
const MAX_WIDTH = 120;

/** The faulty line between its neighbours, with carets under the fault; a fault of several lines is marked on its first. */
function frame({ file, range }: Place, { sources, color }: RenderOptions, mark: Paint, around = 1): string[] {
  const source = sources.get(file);
  if (source === undefined || source.text === "") return [];
  const { start, end } = range;
  const first = Math.max(1, start.line - around);
  const last = Math.min(lastLine(source), start.line + around);
  const gutter = String(last).length;
  const dim = color ? PAINT.dim : PLAIN.dim;
  const text = source.line(start.line);
  const from = start.column - 1;
  const to = end.line === start.line ? end.column - 1 : text.trimEnd().length;
  // What is far to the right is moved into view; all lines move together.
  const shift = from > MAX_WIDTH - 20 ? from - 20 : 0;
  const lines: string[] = [];
  for (let line = first; line <= last; line++) {
    const shown = printable(source.line(line).slice(shift, shift + MAX_WIDTH)).trimEnd();
    lines.push(`${dim(`  ${String(line).padStart(gutter)} |`)}${shown === "" ? "" : ` ${shown}`}`);
    if (line !== start.line) continue;
    const before = printable(text.slice(shift, from));
    const marked = printable(text.slice(from, Math.min(to, shift + MAX_WIDTH)));
    const carets = "^".repeat(Math.max(1, columns(marked)));
    lines.push(`${dim(`  ${" ".repeat(gutter)} |`)} ${" ".repeat(columns(before))}${mark(carets)}`);
  }
  return lines;
}

/** A line break at the end of the file begins no line worth showing. */
function lastLine(source: SourceFile): number {
  return source.text.endsWith("\n") ? source.lines - 1 : source.lines;
}

/** A unit for a unit: tabs as spaces, so that carets stand below what they mark, and nothing that moves a terminal. */
function printable(text: string): string {
  return text.replaceAll("\t", " ").replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, "?");
}

/** Columns of a terminal: East Asian letters take two, combining marks none. */
function columns(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) continue;
    width +=
      /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

interface Palette {
  readonly error: Paint;
  readonly warning: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

const plain: Paint = (text) => text;
const PLAIN: Palette = { error: plain, warning: plain, bold: plain, dim: plain };
const ansi =
  (code: number): Paint =>
  (text) =>
    `\u001B[${code}m${text}\u001B[0m`;
const PAINT: Palette = { error: ansi(31), warning: ansi(33), bold: ansi(1), dim: ansi(2) };
