import { overBudget } from "../../diagnostics/catalog/phases.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { judgeDollars, totalCost } from "../../domain/price.ts";
import type { Task } from "../../domain/task.ts";
import { groupBy } from "../../util/group-by.ts";
import type { JudgeSpec } from "../lower/spec.ts";

/** Phases of tasks that a message names. */
const MAX_SPENDERS = 3;

/** The whole experiment against what its judge may cost. Upper bounds: answers that come up again are asked once. */
export function checkBudget(judge: JudgeSpec | undefined, tasks: readonly Task[], sink: DiagnosticSink): void {
  if (judge?.provider !== "openai") return;
  const { calls, usd } = judge.budget;
  const total = totalCost(tasks.map(({ cost }) => cost));
  const spenders = [...groupBy(tasks, ({ kind }) => kind)]
    .map(([what, of]) => ({ what, calls: totalCost(of.map(({ cost }) => cost)).judgeCalls }))
    .toSorted((a, b) => b.calls - a.calls)
    .slice(0, MAX_SPENDERS)
    .filter((spender) => spender.calls > 0);
  if (calls !== undefined && total.judgeCalls > calls.value) {
    sink.report(overBudget(calls.place, "judge calls", String(total.judgeCalls), String(calls.value), spenders));
  }
  if (usd === undefined || judge.price === undefined) return;
  const dollars = judgeDollars(total, judge.price);
  if (dollars > usd.value) {
    sink.report(overBudget(usd.place, "of judging", `$${dollars.toFixed(2)}`, `$${usd.value.toFixed(2)}`, spenders));
  }
}
