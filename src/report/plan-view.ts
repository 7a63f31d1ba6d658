import type { Experiment } from "../domain/experiment.ts";
import type { Plan, PlannedTask, TaskAction } from "../domain/state.ts";
import { PHASES, type Task } from "../domain/task.ts";
import type { Style } from "./style.ts";
import { formatBytes, formatCount, plural } from "./units.ts";

const SYMBOLS: Readonly<Record<TaskAction, string>> = { create: "+", rerun: "~", keep: "=", blocked: "!" };
/** A phase with more tasks than this that are up to date shows their number only. */
const MAX_KEPT_LINES = 30;

/** What apply would do, a line a task, grouped by phase; totals last. */
export function formatPlan(experiment: Experiment, plan: Plan, style: Style): string {
  const tasks = new Map(experiment.tasks.map((task) => [task.id, task]));
  const lines: string[] = [];
  for (const phase of PHASES) {
    const planned = plan.tasks.filter(({ id }) => tasks.get(id)?.phase === phase);
    if (planned.length === 0) continue;
    lines.push(style.bold(phase));
    const kept = planned.filter(({ action }) => action === "keep").length;
    for (const one of planned) {
      if (one.action === "keep" && kept > MAX_KEPT_LINES) continue;
      lines.push(taskLine(one, tasks.get(one.id), style));
    }
    if (kept > MAX_KEPT_LINES) lines.push(`  = ${formatCount(kept)} up to date`);
    lines.push("");
  }
  for (const id of plan.orphans) lines.push(`  - ${id} (no longer in the spec; its files stay)`);
  if (plan.orphans.length > 0) lines.push("");
  lines.push(...totals(plan, tasks));
  return lines.join("\n");
}

function taskLine({ id, action, reasons }: PlannedTask, task: Task | undefined, style: Style): string {
  const why = action === "rerun" && reasons.length > 0 ? `  (${reasons.join("; ")})` : "";
  const what = action === "create" && task !== undefined ? costOf(task) : "";
  return style.action(action, `  ${SYMBOLS[action]} ${id}`) + style.dim(what === "" ? why : `  ${what}`);
}

function costOf(task: Task): string {
  const { generations, newTokens, judgeCalls } = task.cost;
  const parts: string[] = [];
  if (generations > 0)
    parts.push(`${plural(generations, "response")} of ≤ ${Math.ceil(newTokens / generations)} tokens`);
  if (judgeCalls > 0) parts.push(plural(judgeCalls, "judge call"));
  if (task.kind === "steering") parts.push(`layers ${task.params.layers.join(" ")}`);
  return parts.join(", ");
}

function totals(plan: Plan, tasks: ReadonlyMap<string, Task>): string[] {
  const count = (action: TaskAction) => plan.tasks.filter((planned) => planned.action === action).length;
  const counts = [
    `${formatCount(count("create"))} to create`,
    `${formatCount(count("rerun"))} to rerun`,
    `${formatCount(count("keep"))} up to date`,
    ...(count("blocked") > 0 ? [`${formatCount(count("blocked"))} blocked`] : []),
    ...(plan.orphans.length > 0 ? [`${formatCount(plan.orphans.length)} orphaned`] : []),
  ];
  const todo = plan.tasks.filter(({ action }) => action !== "keep").flatMap(({ id }) => tasks.get(id) ?? []);
  const first = `Plan: ${plural(plan.tasks.length, "task")}: ${counts.join(", ")}.`;
  if (todo.length === 0) return [first];
  const sum = (of: (task: Task) => number) => todo.reduce((total, task) => total + of(task), 0);
  return [
    first,
    `At most ${plural(
      sum((task) => task.cost.generations),
      "response",
    )}, ` +
      `${plural(
        sum((task) => task.cost.newTokens),
        "new token",
      )}, ` +
      `${plural(
        sum((task) => task.cost.judgeCalls),
        "judge call",
      )}, ${formatBytes(sum((task) => task.cost.bytes))} on disk.`,
  ];
}
