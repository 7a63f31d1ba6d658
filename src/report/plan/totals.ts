import type { Totals } from "../../compiler/plan/totals.ts";
import type { Plan } from "../../domain/state.ts";
import { formatBytes, formatCount, formatDuration, plural } from "../units.ts";

/** How many tasks, and at most how much of everything. */
export function totalsLines({ counts, cost, dollars, time }: Totals, { tasks, orphans }: Plan): string[] {
  const numbers = [
    `${formatCount(counts.create)} to create`,
    `${formatCount(counts.rerun)} to rerun`,
    `${formatCount(counts.keep)} up to date`,
    ...(orphans.length > 0 ? [`${formatCount(orphans.length)} orphaned`] : []),
  ];
  const first = `Plan: ${plural(tasks.length, "task")}: ${numbers.join(", ")}.`;
  if (counts.keep === tasks.length) return [first];
  const money = dollars === undefined ? "" : ` (about $${dollars.toFixed(2)})`;
  const most =
    `At most ${plural(cost.generations, "response")}, ${plural(cost.newTokens, "new token")}, ` +
    `${plural(cost.judgeCalls, "judge call")}${money}, ${formatBytes(cost.bytes)} on disk.`;
  return [first, most, ...timeLine(time)];
}

function timeLine(time: Totals["time"]): string[] {
  if (time === undefined || (time.ms === 0 && time.unknown.length > 0)) return [];
  const without = time.unknown.length === 0 ? "" : `, without ${time.unknown.join(", ")}: not timed yet`;
  return [`About ${formatDuration(time.ms)} by recorded timings${without}.`];
}
