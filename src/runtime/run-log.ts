import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Emit } from "./events.ts";
import { failureOf } from "./failures.ts";
import { makeFolder } from "./files.ts";

/**
 * Writes every event with its time to `.steerform/runs/<id>/events.jsonl`. A log that cannot be written any more is said
 * once, to `onLost`, and stops no run.
 */
export function openRunLog(folder: string, runId: string, onLost: (message: string) => void): Emit {
  const directory = join(folder, ".steerform", "runs", runId);
  const path = join(directory, "events.jsonl");
  let open = true;
  const append = (line: object): void => {
    if (!open) return;
    try {
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      open = false;
      onLost(`The run's log is written no further: ${failure.message}`);
    }
  };
  makeFolder(directory);
  append({ format_version: 1, run_id: runId, pid: process.pid });
  return (event) => {
    // Progress is for the screen; the log keeps what happened.
    if (event.type !== "task-progress") append({ at: new Date().toISOString(), ...event });
  };
}

/** `20260101T120000.123Z`: sortable by time, unique enough for one experiment, since only one run holds the lock. */
export function newRunId(now: Date): string {
  return now.toISOString().replaceAll(/[-:]/g, "");
}
