import type { RunEvent } from "../../runtime/events.ts";

/** Shows a run. `close` resolves when the last line is out. */
export interface ProgressView {
  on(event: RunEvent): void;
  close(): Promise<void>;
}

export type WriteLine = (line: string) => void;
