import type { Totals } from "../../compiler/plan/totals.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Plan, PlannedTask, TaskAction } from "../../domain/state.ts";
import { PHASES, type Task } from "../../domain/task.ts";
import { groupBy } from "../../util/group-by.ts";
import type { Style } from "../style.ts";
import { formatCount } from "../units.ts";
import { totalsLines } from "./totals.ts";
import { tasksInWords } from "./words.ts";

const SYMBOLS: Readonly<Record<TaskAction, string>> = { create: "+", rerun: "~", keep: "=" };
/** More tasks of one kind and action than this are one line with their number. */
const MAX_LISTED = 4;
/** Reasons that a line names. */
const MAX_REASONS = 3;
/** Orphans that are named. */
const MAX_ORPHANS = 10;

export interface PlanViewOptions {
  readonly style: Style;
  /** A line a task, however many. */
  readonly detail: boolean;
}

/** What apply would do: phase by phase, kind by kind, few tasks by name and many by number; totals last. */
export function formatPlan(
  experiment: Experiment,
  plan: Plan,
  totals: Totals,
  { style, detail }: PlanViewOptions,
): string {
  const phases = groupBy(plan.tasks, ({ task }) => task.phase);
  const lines = PHASES.flatMap((phase) => {
    const inPhase = phases.get(phase);
    if (inPhase === undefined) return [];
    const groups = groupBy(inPhase, ({ task, action }) => `${task.kind} ${action}`);
    return [
      style.bold(phase),
      ...[...groups.values()].flatMap((group) => groupLines(group, experiment.tasks, style, detail)),
      "",
    ];
  });
  return [...lines, ...orphanLines(plan.orphans), ...totalsLines(totals, plan)].join("\n");
}

function groupLines(group: readonly PlannedTask[], all: readonly Task[], style: Style, detail: boolean): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { action } = first;
  const passes = groupBy(
    first.task.kind === "activations" && action !== "keep" && !detail ? group : [],
    ({ task }) => task.needs[0] ?? "",
  );
  if (passes.size > 0 && passes.size < group.length && passes.size <= MAX_LISTED) {
    return [...passes.values()].map((pass) => line(action, inBraces(pass), noteOf(pass, all), style));
  }
  if (detail || (group.length <= MAX_LISTED && action !== "keep")) {
    return group.map((row) => line(row.action, row.id, noteOf([row], all), style));
  }
  return [line(action, `${formatCount(group.length)} ${first.task.kind}`, noteOf(group, all), style)];
}

/** Tasks that share their work: `activations/…/{response__5, response__10}`. */
function inBraces(group: readonly PlannedTask[]): string {
  const [first] = group;
  if (first === undefined || group.length === 1) return first?.task.id ?? "";
  const start = first.task.id.slice(0, first.task.id.lastIndexOf("/") + 1);
  return `${start}{${group.map(({ task }) => task.id.slice(start.length)).join(", ")}}`;
}

function line(action: TaskAction, what: string, note: string, style: Style): string {
  return style.action(action, `  ${SYMBOLS[action]} ${what}`) + (note === "" ? "" : style.dim(`  ${note}`));
}

/** What is done, and for what is not new, why. */
function noteOf(group: readonly PlannedTask[], all: readonly Task[]): string {
  const action = group[0]?.action;
  if (action === "keep") return "";
  if (action === "create") {
    return tasksInWords(
      group.map(({ task }) => task),
      all,
    );
  }
  return `(${reasonsOf(group).join("; ")})`;
}

/** Of many tasks, or of one with a reason of its own, what only follows from what is upstream is one word. */
function reasonsOf(group: readonly PlannedTask[]): string[] {
  const all = [...new Set(group.flatMap(({ reasons }) => reasons))];
  const own = all.filter((reason) => !/ (?:reruns|is new|is gone)$/.test(reason));
  const upstream = all.length - own.length;
  if (own.length === 0 && upstream === 1) return all;
  const shown = own.slice(0, MAX_REASONS);
  return [
    ...shown,
    ...(own.length > shown.length ? [`and ${own.length - shown.length} more`] : []),
    ...(upstream > 0 ? ["what it is made from changes"] : []),
  ];
}

function orphanLines(orphans: readonly string[]): string[] {
  if (orphans.length === 0) return [];
  const named = orphans.slice(0, MAX_ORPHANS).map((id) => `  - ${id} (no longer in the spec; its files stay)`);
  const more = orphans.length - MAX_ORPHANS;
  return [...named, ...(more > 0 ? [`  - and ${formatCount(more)} more`] : []), ""];
}
