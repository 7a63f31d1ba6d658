import type { RunEvent } from "../../src/runtime/events.ts";

const NONE = { extraction: 0, steering: 0, combinations: 0, weights: 0, similarity: 0, results: 0 };

export function progressOf(done: number): RunEvent {
  const progress = { done, total: 2000, unit: "rows", doing: "generating", tokensPerSecond: 1234.6 } as const;
  return { type: "task-progress", id: "responses/a", phase: "extraction", progress };
}

/** A run in which most of what can happen does: two tasks done, one failed, one blocked. */
export const RUN: readonly RunEvent[] = [
  { type: "notice", message: "Took over the lock of process 7 (since S), which is gone." },
  { type: "run-started", runId: "R", experiment: "small", todo: { ...NONE, extraction: 2, steering: 2 }, kept: 8 },
  { type: "task-started", id: "responses/a", phase: "extraction" },
  progressOf(1000),
  { type: "task-finished", id: "responses/a", phase: "extraction", durationMs: 12_345 },
  { type: "task-started", id: "vectors/a", phase: "extraction" },
  { type: "task-finished", id: "vectors/a", phase: "extraction", durationMs: 3 },
  { type: "task-started", id: "baseline/a", phase: "steering" },
  {
    type: "task-failed",
    id: "baseline/a",
    phase: "steering",
    failure: { kind: "judge-refused", message: "The judge's server refused.", hint: "Check the key." },
  },
  { type: "task-blocked", id: "steering/a", phase: "steering", by: "baseline/a" },
  {
    type: "run-finished",
    outcome: "failed",
    counts: { done: 2, failed: 1, blocked: 1, left: 0, kept: 8 },
    durationMs: 13_000,
  },
];
