import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Emit } from "./events.ts";

/** Writes every event with its time to `.steerform/runs/<id>/events.jsonl`. */
export function openRunLog(folder: string, runId: string): Emit {
  const directory = join(folder, ".steerform", "runs", runId);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "events.jsonl");
  appendFileSync(path, `${JSON.stringify({ format_version: 1, run_id: runId, pid: process.pid })}\n`);
  return (event) => {
    // Progress is for the screen; the log keeps what happened.
    if (event.type === "task-progress") return;
    appendFileSync(path, `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
  };
}

/** Sortable by time, unique enough for one experiment: only one run holds the lock. */
export function newRunId(now: Date): string {
  return now.toISOString().replace(/[-:]/g, "").replace(/\..*/, "Z");
}
