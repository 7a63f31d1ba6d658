import type { Model } from "../../domain/engine.ts";
import type { Dataset, Experiment, Variant } from "../../domain/experiment.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskProgress } from "../events.ts";
import type { Judge } from "../judge/types.ts";

/** What a task may touch. Executors return their files; writing and recording them is apply's business. */
export interface TaskContext {
  readonly experiment: Experiment;
  /** The variant's model, loaded on first use. */
  model(variant: string): Promise<Model>;
  judge(): Promise<Judge>;
  /**
   * A file of the experiment's folder, by its relative path; its contents are those that its task wrote.
   * Throws RuntimeFailure `artifact-damaged`.
   */
  readFile(path: string): Uint8Array;
  /**
   * A step of a long task. Its value, which must be JSON, is kept until the task is done: when the run is stopped, the next
   * one gets it without making it again. `mayKeep` says no to a value that might come out better the next time.
   */
  step<T>(name: string, make: () => Promise<T>, mayKeep?: (value: T) => boolean): Promise<T>;
  progress(progress: TaskProgress): void;
  readonly signal: AbortSignal;
}

/** Relative path → content. */
export type Outputs = Map<string, Uint8Array | string>;

/**
 * Runs tasks of one kind that share their work (usually one task); returns each task's files by task id.
 * Throws RuntimeFailure, EngineFailure or Interrupted.
 */
export type Executor<T extends Task> = (tasks: readonly T[], context: TaskContext) => Promise<Map<string, Outputs>>;

/** The compiler has bound every name: a miss is our bug. */
export function variantOf(experiment: Experiment, name: string): Variant {
  const variant = experiment.variants.get(name);
  if (variant === undefined) throw new Error(`Internal error: no variant ${name}`);
  return variant;
}

export function datasetOf(experiment: Experiment, ref: string): Dataset {
  const dataset = experiment.datasets.get(ref);
  if (dataset === undefined) throw new Error(`Internal error: no dataset ${ref}`);
  return dataset;
}

export function onlyTask<T extends Task>(tasks: readonly T[]): T {
  const [task] = tasks;
  if (task === undefined || tasks.length !== 1) throw new Error("Internal error: expected one task");
  return task;
}

/** The task's output with this file name. */
export function outputPath(task: Task, name: string): string {
  const path = task.outputs.find((output) => output.endsWith(`/${name}`));
  if (path === undefined) throw new Error(`Internal error: ${task.id} has no output ${name}`);
  return path;
}
