import type { ProgressView, WriteLine } from "./types.ts";

/** One JSON object a line: a version line, then every event. */
export function jsonProgress(write: WriteLine): ProgressView {
  write(JSON.stringify({ format_version: 1, stream: "events" }));
  return {
    on: (event) => write(JSON.stringify(event)),
    close: () => Promise.resolve(),
  };
}
