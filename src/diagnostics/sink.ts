import type { Diagnostic } from "./diagnostic.ts";

/** Collects what the passes report, so that one run shows every problem. */
export class DiagnosticSink {
  readonly #seen = new Map<string, Diagnostic>();
  #hasErrors = false;

  /** The same words at the same place are said once. */
  report(diagnostic: Diagnostic): void {
    const { code, message, place } = diagnostic;
    const key = JSON.stringify([place.file, place.range.start.offset, code, message]);
    if (!this.#seen.has(key)) this.#seen.set(key, diagnostic);
    if (diagnostic.severity === "error") this.#hasErrors = true;
  }

  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  /** By place: the spec first, then other files by name; within a file from top to bottom. */
  sorted(specFile: string): Diagnostic[] {
    const rank = (file: string): string => (file === specFile ? "" : file);
    return [...this.#seen.values()].toSorted(
      (a, b) =>
        compare(rank(a.place.file), rank(b.place.file)) ||
        a.place.range.start.offset - b.place.range.start.offset ||
        compare(a.code, b.code) ||
        compare(a.message, b.message),
    );
  }
}

/** By code unit, not by locale: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
