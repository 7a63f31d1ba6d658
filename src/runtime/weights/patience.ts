import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "../failures.ts";

/** What may go better the next time. */
export class TryAgain extends Error {
  readonly reason: string;
  readonly waitMs: number;
  /** Something was received before it went wrong. */
  readonly progressed: boolean;
  constructor(reason: string, options: { readonly waitMs?: number; readonly progressed?: boolean } = {}) {
    super(reason);
    this.reason = reason;
    this.waitMs = options.waitMs ?? 0;
    this.progressed = options.progressed ?? false;
  }
}

export interface Patience {
  readonly signal: AbortSignal;
  /** Attempts in a row that get nowhere. */
  readonly attempts?: number;
  /** First pause between them; doubles each time, with jitter. */
  readonly pauseMs?: number;
  /** Says why there is a pause, and how long it is. */
  readonly onPause?: (reason: string, ms: number) => void;
}

const ATTEMPTS = 6;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Does it again, after longer and longer pauses, while it rejects with TryAgain. `giveUp` makes the error of the last one. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { signal, attempts = ATTEMPTS, pauseMs = PAUSE_MS, onPause }: Patience,
  giveUp: (reason: string) => Error,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (!(error instanceof TryAgain)) throw error;
      if (error.progressed) tries = 1;
      if (tries === attempts) throw giveUp(error.reason);
      const pause = Math.min(pauseMs * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random());
      const ms = Math.max(pause, error.waitMs);
      onPause?.(error.reason, ms);
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}
