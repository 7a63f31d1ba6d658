import type { Experiment } from "../../domain/experiment.ts";
import type { Phase, Task, TaskKind } from "../../domain/task.ts";
import { outputPath } from "../../runtime/tasks/context.ts";
import { plural } from "../units.ts";

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

/** Tasks that are named one by one. */
const MAX_NAMED = 5;

/** What of a phase is not there, in words; empty when all is. */
export function missingWords({ experiment, isDone }: Made, phase: Phase): string {
  const tasks = experiment.tasks.filter((task) => task.phase === phase);
  const left = tasks.filter(({ id }) => !isDone(id)).map(({ id }) => id);
  if (left.length === 0) return "";
  const next = "steerform plan says why and what is left to do.";
  if (left.length === tasks.length) return `Not run yet, or out of date: nothing here is known. ${next}`;
  const more = left.length > MAX_NAMED ? ` and ${left.length - MAX_NAMED} more` : "";
  return `Missing, not run or out of date: ${left.length} of ${plural(tasks.length, "task")}: ${left.slice(0, MAX_NAMED).join(", ")}${more}. ${next}`;
}
