import type { Experiment } from "../../domain/experiment.ts";
import type { Plan, TaskRecord } from "../../domain/state.ts";
import type { Task, TaskKind } from "../../domain/task.ts";

export interface Estimate {
  readonly ms: number;
  /** Kinds of tasks that nothing is known of yet. */
  readonly unknown: readonly TaskKind[];
}

/**
 * How long what is to be done takes, one task after the other, if it goes as it went: for each kind the recorded time a
 * unit of work. Undefined when nothing was recorded.
 */
export function estimateTime(
  { tasks }: Experiment,
  plan: Plan,
  records: ReadonlyMap<string, TaskRecord>,
): Estimate | undefined {
  if (records.size === 0) return undefined;
  const todo = plan.tasks.filter(({ action }) => action !== "keep");
  if (todo.length === 0) return { ms: 0, unknown: [] };
  const spent = new Map<TaskKind, { ms: number; work: number }>();
  for (const task of tasks) {
    const durationMs = records.get(task.id)?.durationMs;
    if (durationMs === undefined) continue;
    const sum = spent.get(task.kind) ?? { ms: 0, work: 0 };
    sum.ms += durationMs;
    sum.work += workOf(task);
    spent.set(task.kind, sum);
  }
  if (spent.size === 0) return undefined;
  let ms = 0;
  const unknown = new Set<TaskKind>();
  for (const { task } of todo) {
    const known = spent.get(task.kind);
    if (known === undefined) unknown.add(task.kind);
    else ms += (known.ms / known.work) * workOf(task);
  }
  return { ms, unknown: [...unknown] };
}

/** Tokens to generate, where there are any; else bytes to write. */
function workOf({ cost: { newTokens, bytes } }: Task): number {
  return Math.max(1, newTokens > 0 ? newTokens : bytes);
}
