import type { Failure } from "../../runtime/failures.ts";
import type { RunCounts, Outcome, TaskProgress, WeightsProgress, WeightsWork } from "../../runtime/events.ts";
import { formatBytes, formatCount, formatDuration, plural } from "../units.ts";

export function progressWords({ done, total, unit, doing, tokensPerSecond, judgeCalls }: TaskProgress): string {
  const rate = tokensPerSecond === undefined ? "" : `, ${formatCount(tokensPerSecond)} tokens/s`;
  const spent = judgeCalls === undefined ? "" : `, ${plural(judgeCalls, "judge call")} paid`;
  return `${doing} ${formatCount(done)}/${formatCount(total)} ${unit}${rate}${spent}`;
}

/** `To download: hf://org/name, 16 GB, into /home/me/.cache/huggingface/hub` */
export function weightsJobWords(job: { doing: WeightsWork; name: string; bytes: number; into: string }): string {
  return `To ${job.doing}: ${job.name}, ${formatBytes(job.bytes)}, into ${job.into}`;
}

/** `downloading hf://org/name` */
export function weightsWorkWords(doing: WeightsWork, name: string): string {
  return `${doing === "download" ? "downloading" : "converting"} ${name}`;
}

/** `3.1 GB of 16 GB, 84 MB/s, about 2 min 33 s left` */
export function weightsProgressWords({ done, total, bytesPerSecond }: WeightsProgress): string {
  const left = bytesPerSecond > 0 ? `, about ${formatDuration(((total - done) / bytesPerSecond) * 1000)} left` : "";
  return `${formatBytes(done)} of ${formatBytes(total)}, ${formatBytes(bytesPerSecond)}/s${left}`;
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
