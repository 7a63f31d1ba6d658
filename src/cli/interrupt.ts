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

/** Ctrl-C once: stop soon and keep what is finished. Twice: stop now. Nobody reading the output any more counts as once. */
export function listenForInterrupts(host: Host): Interrupt {
  const abort = new AbortController();
  const close = (): void => {
    for (const name of SIGNALS) process.off(name, stop);
    host.gone.removeEventListener("abort", gone);
  };
  const stop = (): void => {
    if (!abort.signal.aborted) return abort.abort();
    // Exiting waits for a forward pass that is under way: a third Ctrl-C ends the process as the system does it.
    close();
    host.restoreTerminal();
    process.exit(EXIT.interrupted);
  };
  const gone = (): void => abort.abort();
  for (const name of SIGNALS) process.on(name, stop);
  host.gone.addEventListener("abort", gone);
  return { signal: abort.signal, close };
}
