import type { Experiment } from "../../domain/experiment.ts";

/** A spec without errors. */
export interface ReadySpec {
  readonly status: "valid";
  readonly file: string;
  readonly experiment: Experiment;
  /** What apply will write at most. */
  readonly outputBytes: number;
}
