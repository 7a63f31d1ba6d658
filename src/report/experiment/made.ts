import type { Experiment } from "../../domain/experiment.ts";
import type { Phase, Task, TaskKind } from "../../domain/task.ts";
import { outputPath } from "../../runtime/tasks/context.ts";

/** What of an experiment was made: its artifacts, to be read. */
export interface Made {
  readonly experiment: Experiment;
  /** Whether a task's artifacts are there and up to date. */
  readonly isDone: (id: string) => boolean;
  /** By its path in the experiment's folder. Throws RuntimeFailure `artifact-damaged`. */
  readonly readFile: (path: string) => Uint8Array;
}

type Of<K extends TaskKind> = Extract<Task, { readonly kind: K }>;

/** In the plan's order. */
export function plannedTasks<K extends TaskKind>({ experiment }: Made, kind: K): Of<K>[] {
  return experiment.tasks.filter((task): task is Of<K> => task.kind === kind);
}

export function doneTasks<K extends TaskKind>(made: Made, kind: K): Of<K>[] {
  return plannedTasks(made, kind).filter(({ id }) => made.isDone(id));
}

export function readJson(made: Made, task: Task, name: string): unknown {
  return JSON.parse(readText(made, task, name));
}

export function readLines(made: Made, task: Task, name: string): unknown[] {
  return readText(made, task, name)
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
}

function readText(made: Made, task: Task, name: string): string {
  return Buffer.from(made.readFile(outputPath(task, name))).toString("utf8");
}

/** What of a phase is not there, in words; empty when all is. */
export function missingWords({ experiment, isDone }: Made, phase: Phase): string {
  const tasks = experiment.tasks.filter((task) => task.phase === phase);
  const done = tasks.filter(({ id }) => isDone(id)).length;
  if (done === tasks.length) return "";
  return done === 0
    ? "Not run yet, or out of date: nothing here is known. steerform plan says what is left to do."
    : `${done} of ${tasks.length} tasks are done: what the others would say is not in here. steerform plan says what is left to do.`;
}
