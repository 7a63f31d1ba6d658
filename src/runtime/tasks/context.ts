import type { Model } from "../../domain/engine.ts";
import type { Dataset, Experiment, Variant } from "../../domain/experiment.ts";
import type { OutputRecord } from "../../domain/state.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskProgress } from "../events.ts";
import type { Judge } from "../judge/types.ts";

/** What a task may touch. Executors return their files; recording them, and writing all but the largest, is apply's business. */
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
   * Writes one of the task's outputs at once, for tasks whose files together are too large for memory. What it answers
   * stands for the content in Outputs, and is JSON, so that it can be a step's value.
   */
  writeFile(path: string, content: Uint8Array): OutputRecord;
  /**
   * A step of a long task. Its value, which must be JSON, is kept until the task is done: when the run is stopped, the next
   * one gets it without making it again. `mayKeep` says no to a value that might come out better the next time.
   */
  step<T>(name: string, make: () => Promise<T>, mayKeep?: (value: T) => boolean): Promise<T>;
  /** The same for a value that is bytes. */
  bytesStep(name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
  progress(progress: TaskProgress): void;
  /** Says what people should know of what was made, once. */
  notice(message: string): void;
  readonly signal: AbortSignal;
}

/** Relative path → content, or the record of what was written already. */
export type Outputs = Map<string, Uint8Array | string | OutputRecord>;

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

/** The task of this kind that a task reads; the compiler has made exactly one. */
export function neededTask<K extends Task["kind"]>(
  { id, needs }: Task,
  kind: K,
  { tasks }: Experiment,
): Extract<Task, { readonly kind: K }> {
  const found = tasks.find(
    (other): other is Extract<Task, { readonly kind: K }> => other.kind === kind && needs.includes(other.id),
  );
  if (found === undefined) throw new Error(`Internal error: ${id} needs no ${kind}`);
  return found;
}

/** The task's output with this file name. */
export function outputPath(task: Task, name: string): string {
  const path = task.outputs.find((output) => output.endsWith(`/${name}`));
  if (path === undefined) throw new Error(`Internal error: ${task.id} has no output ${name}`);
  return path;
}
