import type { Experiment } from "../../domain/experiment.ts";
import type { PlannedTask, TaskRecord } from "../../domain/state.ts";

/** What of an experiment is exported: tasks that are up to date. */
export interface ExportSource {
  readonly experiment: Experiment;
  /** In the plan's order. */
  readonly tasks: readonly PlannedTask[];
  readonly records: ReadonlyMap<string, TaskRecord>;
  /** Throws RuntimeFailure `artifact-damaged`. */
  readonly readFile: (path: string) => Uint8Array;
}

export interface ExportedFile {
  /** Relative to the export's folder, `/`-separated. */
  readonly path: string;
  readonly content: Uint8Array | string;
}

export interface ExportFormat {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** One file at a time: all of them may be more than fits in memory. */
  files(source: ExportSource): Iterable<ExportedFile>;
}
