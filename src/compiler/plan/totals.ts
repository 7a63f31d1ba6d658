import type { Experiment } from "../../domain/experiment.ts";
import { judgeDollars, totalCost } from "../../domain/price.ts";
import type { Plan, TaskAction, TaskRecord } from "../../domain/state.ts";
import type { TaskCost } from "../../domain/task.ts";
import { estimateTime, type Estimate } from "./timing.ts";

/** What is to be done, added up. Upper bounds. */
export interface Totals {
  readonly counts: Readonly<Record<TaskAction, number>>;
  readonly cost: TaskCost;
  /** US dollars of judging; undefined where no price is known. */
  readonly dollars: number | undefined;
  readonly time: Estimate | undefined;
}

/** Whether apply would run it. */
export function isTodo(action: TaskAction): boolean {
  return action !== "keep";
}

export function totalsOf(experiment: Experiment, plan: Plan, records: ReadonlyMap<string, TaskRecord>): Totals {
  const counts = { create: 0, rerun: 0, keep: 0 };
  for (const { action } of plan.tasks) counts[action]++;
  const cost = totalCost(plan.tasks.flatMap(({ task, action }) => (isTodo(action) ? [task.cost] : [])));
  const { judge } = experiment;
  const price = judge?.provider === "openai" ? judge.price : undefined;
  return {
    counts,
    cost,
    dollars: price === undefined ? undefined : judgeDollars(cost, price),
    time: estimateTime(experiment, plan, records),
  };
}
