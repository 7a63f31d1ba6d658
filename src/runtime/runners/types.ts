import type { Provider } from "../../domain/engine.ts";
import type { TaskRecord } from "../../domain/state.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskProgress } from "../events.ts";
import type { Outputs } from "../tasks/context.ts";

/** Tasks that share their work, as they are given to whoever runs them. */
export interface Job {
  readonly group: readonly Task[];
  /** Of the first one's fingerprint: its checkpoint goes by it. */
  readonly digest: string;
}

export interface JobReports {
  readonly progress: (progress: TaskProgress) => void;
  /** For people, once. */
  readonly notice: (message: string) => void;
}

export interface Ran {
  /** By task id. */
  readonly outputs: ReadonlyMap<string, Outputs>;
  /** What ran the first task's model; null where it has none. */
  readonly provider: Provider | null;
  /** The largest the process that ran it had been until then. */
  readonly peakMemoryBytes: number;
}

/** Where tasks run: one at a time, or several that wait for a judge's server. */
export interface TaskRunner {
  /** Whether the variant's model is loaded there. */
  has(variant: string): boolean;
  /** Rejects with RuntimeFailure, EngineFailure, Interrupted, or RunnerLost. */
  run(job: Job, reports: JobReports): Promise<Ran>;
  /** While nothing runs: frees the memory of every model that no used variant has. */
  closeUnused(isUsed: (variant: string) => boolean): Promise<void>;
  close(): Promise<void>;
}

/** The process that ran a task is gone; the task may run again elsewhere. */
export class RunnerLost extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "RunnerLost";
  }
}

export type Records = ReadonlyMap<string, TaskRecord>;
