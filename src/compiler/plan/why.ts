import type { Experiment } from "../../domain/experiment.ts";
import type { Plan, PlannedTask, TaskRecord } from "../../domain/state.ts";
import type { Task } from "../../domain/task.ts";

/** Why a task is planned as it is: its own reasons, and the tasks upstream that are a part of it. */
export interface Why {
  readonly planned: PlannedTask;
  /** Where in the spec it comes from: `specs/demo.yaml:12:3`. */
  readonly origin: string;
  /** When it was made; undefined when it was not, or has changed since. */
  readonly madeAt: string | undefined;
  readonly because: readonly Why[];
  /** Its causes were told before, under another task. */
  readonly repeated: boolean;
}

/** Follows a task's causes up to the tasks where they begin; each is told once. */
export function explainTask(
  id: string,
  { tasks }: Experiment,
  plan: Plan,
  records: ReadonlyMap<string, TaskRecord>,
): Why | undefined {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const planned = new Map(plan.tasks.map((one) => [one.id, one]));
  const told = new Set<string>();
  const visit = (task: Task | undefined): Why | undefined => {
    const one = task && planned.get(task.id);
    if (task === undefined || one === undefined) return undefined;
    const repeated = told.has(task.id);
    told.add(task.id);
    const causes = one.action === "keep" || repeated ? [] : [...task.needs, ...task.after];
    return {
      planned: one,
      origin: task.origin,
      madeAt: one.action === "keep" ? records.get(task.id)?.finishedAt : undefined,
      because: causes.flatMap((need) => {
        const cause = planned.get(need)?.action === "keep" ? undefined : visit(byId.get(need));
        return cause ?? [];
      }),
      repeated,
    };
  };
  return visit(byId.get(id));
}
