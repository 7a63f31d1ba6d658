import type { Failure } from "../../runtime/failures.ts";
import type { RunCounts, Outcome, TaskProgress } from "../../runtime/events.ts";
import { formatCount, formatDuration, plural } from "../units.ts";

export function progressWords({ done, total, unit, doing, tokensPerSecond, judgeCalls }: TaskProgress): string {
  const rate = tokensPerSecond === undefined ? "" : `, ${formatCount(tokensPerSecond)} tokens/s`;
  const spent = judgeCalls === undefined ? "" : `, ${plural(judgeCalls, "judge call")} paid`;
  return `${doing} ${formatCount(done)}/${formatCount(total)} ${unit}${rate}${spent}`;
}

export function failureLines(id: string, failure: Failure): string[] {
  return [`✗ ${id}`, `  ${failure.message}`, `  hint: ${failure.hint}`];
}

export function outcomeLine(outcome: Outcome, counts: RunCounts, durationMs: number): string {
  const lost = [
    ...(counts.failed > 0 ? [`${formatCount(counts.failed)} failed`] : []),
    ...(counts.blocked > 0 ? [`${formatCount(counts.blocked)} blocked`] : []),
    ...(counts.left > 0 ? [`${formatCount(counts.left)} not started`] : []),
  ];
  const did = [`${plural(counts.done, "task")} done`, ...lost, `${formatCount(counts.kept)} up to date`].join(", ");
  const heads = { done: "Apply complete", failed: "Apply failed", interrupted: "Interrupted (apply again to go on)" };
  return `${heads[outcome]}: ${did} in ${formatDuration(durationMs)}.`;
}
