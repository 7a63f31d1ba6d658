import type { Phase } from "../domain/task.ts";
import type { Failure } from "./failures.ts";

/** Everything that `apply` says while it runs. Renderers and the run's log read nothing else. */
export type RunEvent =
  | {
      readonly type: "run-started";
      readonly runId: string;
      readonly experiment: string;
      /** Tasks to run, per phase. */
      readonly todo: Readonly<Record<Phase, number>>;
      readonly kept: number;
    }
  /** Before a run: weights that it needs and that are not ready. `bytes`: to download, or to read. */
  | { readonly type: "weights-started"; readonly name: string; readonly doing: WeightsWork; readonly bytes: number }
  | ({ readonly type: "weights-progress"; readonly name: string } & WeightsProgress)
  /** Why nothing moves for a while. */
  | { readonly type: "weights-notice"; readonly name: string; readonly note: string }
  | {
      readonly type: "weights-finished";
      readonly name: string;
      readonly doing: WeightsWork;
      readonly durationMs: number;
    }
  | { readonly type: "task-started"; readonly id: string; readonly phase: Phase }
  | { readonly type: "task-progress"; readonly id: string; readonly phase: Phase; readonly progress: TaskProgress }
  | { readonly type: "task-finished"; readonly id: string; readonly phase: Phase; readonly durationMs: number }
  | { readonly type: "task-failed"; readonly id: string; readonly phase: Phase; readonly failure: Failure }
  | { readonly type: "task-blocked"; readonly id: string; readonly phase: Phase; readonly by: string }
  | { readonly type: "notice"; readonly message: string }
  | {
      readonly type: "run-finished";
      readonly outcome: Outcome;
      readonly counts: RunCounts;
      readonly durationMs: number;
    };

export type WeightsWork = "download" | "convert";

export interface WeightsProgress {
  readonly doing: WeightsWork;
  /** Bytes, of those that were there before the run included. */
  readonly done: number;
  readonly total: number;
  readonly bytesPerSecond: number;
}

export interface TaskProgress {
  readonly done: number;
  readonly total: number;
  readonly unit: "rows" | "answers" | "tensors";
  /** What is being done now, for people: `evaluation 2/5, generating`. */
  readonly doing: string;
  readonly tokensPerSecond?: number;
  /** Answers of the judge's server that were paid for in this experiment. */
  readonly judgeCalls?: number;
}

export type Outcome = "done" | "failed" | "interrupted";

export interface RunCounts {
  readonly done: number;
  readonly failed: number;
  /** Need a task that failed. */
  readonly blocked: number;
  /** Were not come to: the run was ended before. */
  readonly left: number;
  readonly kept: number;
}

export type Emit = (event: RunEvent) => void;
