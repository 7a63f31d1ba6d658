import type { Experiment } from "../../domain/experiment.ts";
import type { Plan, PlannedTask } from "../../domain/state.ts";
import type { Task } from "../../domain/task.ts";

/** A task, and what is planned for it. */
export interface Pair {
  readonly task: Task;
  readonly planned: PlannedTask;
}

/** Every planned task beside its plan: both are in one order, and a plan may leave some tasks out. */
export function pairsOf({ tasks }: Pick<Experiment, "tasks">, plan: Plan): Pair[] {
  let at = -1;
  return plan.tasks.map((planned) => {
    do at++;
    while (at < tasks.length && tasks[at]?.id !== planned.id);
    const task = tasks[at];
    if (task === undefined) throw new Error(`Internal error: ${planned.id} is planned and no task, or out of order`);
    return { task, planned };
  });
}
