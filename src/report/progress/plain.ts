import type { RunEvent } from "../../runtime/events.ts";
import { formatBytes, formatDuration } from "../units.ts";
import type { ProgressView, WriteLine } from "./types.ts";
import { failureLines, outcomeLine, progressWords, weightsProgressWords, weightsWorkWords } from "./words.ts";

/** A long task says something this often. */
const PROGRESS_EVERY_MS = 10_000;

/** A line a finished task: for logs and pipes. */
export function plainProgress(write: WriteLine, now: () => number): ProgressView {
  let total = 0;
  let finished = 0;
  let lastSaid = now();
  const say = (line: string) => {
    lastSaid = now();
    write(line);
  };
  return {
    on(event: RunEvent): void {
      switch (event.type) {
        case "run-started":
          total = Object.values(event.todo).reduce((sum, count) => sum + count, 0);
          return;
        case "weights-started":
          return say(`${weightsWorkWords(event.doing, event.name)}: ${formatBytes(event.bytes)}`);
        case "weights-progress":
          if (now() - lastSaid >= PROGRESS_EVERY_MS) say(`        ${event.name}: ${weightsProgressWords(event)}`);
          return;
        case "weights-notice":
          return say(`        ${event.name}: ${event.note}`);
        case "weights-finished":
          return say(`${event.name} is ready  ${formatDuration(event.durationMs)}`);
        case "task-progress":
          if (now() - lastSaid >= PROGRESS_EVERY_MS) say(`        ${event.id}: ${progressWords(event.progress)}`);
          return;
        case "task-finished": {
          const place = `[${String(++finished).padStart(String(total).length)}/${total}]`;
          return say(`${place} ${event.id}  ${formatDuration(event.durationMs)}`);
        }
        case "task-failed":
          return failureLines(event.id, event.failure).forEach(say);
        case "task-blocked":
          return say(`! ${event.id} blocked by ${event.by}`);
        case "notice":
          return say(event.message);
        case "run-finished":
          return say(outcomeLine(event.outcome, event.counts, event.durationMs));
        case "task-started":
          return;
      }
    },
    close: () => Promise.resolve(),
  };
}
