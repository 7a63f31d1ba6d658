import { dirname, join, relative, sep } from "node:path";
import * as report from "../../diagnostics/catalog/yaml.ts";
import { SourceFile, type Place } from "../../diagnostics/source-file.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ProjectReader } from "../reader.ts";

/** The files of one project, by paths relative to its folder; remembers the texts for the diagnostics' frames. */
export class Project {
  readonly dir: string;
  readonly reader: ProjectReader;
  readonly sink: DiagnosticSink;
  readonly #sources = new Map<string, SourceFile>();

  constructor(dir: string, reader: ProjectReader, sink: DiagnosticSink) {
    this.dir = dir;
    this.reader = reader;
    this.sink = sink;
  }

  get sources(): ReadonlyMap<string, SourceFile> {
    return this.#sources;
  }

  path(file: string): string {
    return join(this.dir, file);
  }

  exists(file: string): boolean {
    return this.reader.exists(this.path(file));
  }

  list(folder: string): readonly string[] {
    return this.reader.list(this.path(folder)).toSorted();
  }

  /**
   * A text file. Undefined when it cannot be read, which is reported at `place` (by default the file itself); a file
   * that is merely not there is `missing`'s to report.
   */
  read(file: string, place: Place | undefined, missing: () => void): SourceFile | undefined {
    const at = place ?? new SourceFile(file, "").place(0, 0);
    const read = this.reader.readText(this.path(file));
    switch (read.status) {
      case "ok": {
        // A byte order mark is no part of the text.
        const source = new SourceFile(file, read.text.replace(/^\uFEFF/, ""));
        this.#sources.set(file, source);
        return source;
      }
      case "missing":
        missing();
        return undefined;
      case "not-a-file":
        this.sink.report(report.fileUnreadable(at, file, "it is not a file"));
        return undefined;
      case "not-utf8":
        this.sink.report(report.fileNotUtf8(at, file, read.line));
        return undefined;
      case "unreadable":
        this.sink.report(report.fileUnreadable(at, file, read.message));
        return undefined;
    }
  }

  /** Replaces a text by one without its secrets. */
  redact(source: SourceFile): void {
    this.#sources.set(source.path, source);
  }
}

/**
 * The project that a spec belongs to: the nearest folder above it that has `config/models` or `datasets`; without one,
 * the parent of the spec's folder, since specs lie in `specs/`.
 */
export function findProjectDir(specPath: string, reader: ProjectReader): string {
  const folder = dirname(specPath);
  for (let dir = folder; ; dir = dirname(dir)) {
    if (reader.exists(join(dir, "config", "models")) || reader.exists(join(dir, "datasets"))) return dir;
    if (dirname(dir) === dir) return dirname(folder);
  }
}

/** Relative to the project, `/`-separated. */
export function projectPath(dir: string, path: string): string {
  return relative(dir, path).split(sep).join("/");
}
