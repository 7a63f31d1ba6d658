import { setMaxListeners } from "node:events";
import { EXIT } from "./exit.ts";
import type { Host } from "./host.ts";

export interface Interrupt {
  /** Aborted when the user, or the system, wants the program to stop. */
  readonly signal: AbortSignal;
  /** From now on signals do what they do by default. */
  close(): void;
}

/** SIGHUP: the terminal was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ctrl-C once: stop soon and keep what is finished. Twice: stop now, as the signal does it where nobody listens. Nobody
 * reading the output any more counts as once.
 */
export function listenForInterrupts(host: Host): Interrupt {
  const abort = new AbortController();
  // As many wait on it as there are requests to a judge's server.
  setMaxListeners(0, abort.signal);
  const close = (): void => {
    for (const name of SIGNALS) process.off(name, stop);
    host.gone.removeEventListener("abort", gone);
  };
  const stop = (signal: NodeJS.Signals): void => {
    if (!abort.signal.aborted) return abort.abort();
    close();
    // process.exit would wait for the forward pass that is under way, and tear it down as a crash: exit 134 at times.
    process.emit("exit", EXIT.interrupted);
    host.restoreTerminal();
    process.kill(process.pid, signal);
  };
  const gone = (): void => abort.abort();
  for (const name of SIGNALS) process.on(name, stop);
  host.gone.addEventListener("abort", gone);
  return { signal: abort.signal, close };
}
