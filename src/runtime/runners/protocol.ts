import type { Provider } from "../../domain/engine.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { OutputRecord, TaskRecord } from "../../domain/state.ts";
import type { TaskProgress } from "../events.ts";
import type { Failure } from "../failures.ts";
import type { JudgeQuestion } from "../judge/types.ts";

/** What a worker process and the one that started it say to each other, by structured clones. */

export type ToWorker =
  | {
      readonly start: {
        readonly experiment: Experiment;
        /** Threads of a model on the CPU; one a physical core when undefined. */
        readonly threads: number | undefined;
        /** The judge is a server's: the one that started the worker asks it. */
        readonly asksJudge: boolean;
      };
    }
  | {
      readonly run: {
        readonly job: number;
        readonly ids: readonly string[];
        readonly digest: string;
        /** Of the tasks whose files are read. */
        readonly records: readonly PlainRecord[];
      };
    }
  | {
      readonly answered: {
        readonly question: number;
        readonly answers: (Float32Array | null)[];
        readonly paid: number;
      };
    }
  | { readonly notAnswered: { readonly question: number; readonly failure: Failed } }
  | { readonly closeUnused: { readonly used: readonly string[] } }
  | { readonly stop: true };

export type FromWorker =
  | { readonly progress: { readonly job: number; readonly progress: TaskProgress } }
  | { readonly notice: string }
  | { readonly loaded: readonly string[] }
  | { readonly ask: { readonly question: number; readonly questions: readonly JudgeQuestion[] } }
  | {
      readonly ran: {
        readonly job: number;
        /** By task id: what lies in the experiment's folder now. */
        readonly outputs: ReadonlyMap<string, readonly OutputRecord[]>;
        readonly provider: Provider | null;
        readonly peakMemoryBytes: number;
      };
    }
  | { readonly failed: { readonly job: number; readonly failure: Failed } };

/** A failure that is told, an interruption, or a bug of ours. */
export type Failed = { readonly known: Failure } | { readonly interrupted: true } | { readonly bug: string };

/** What of a record a reader of its files needs. */
export type PlainRecord = Pick<TaskRecord, "id" | "outputs">;
