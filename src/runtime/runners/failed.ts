import { failureOf, Interrupted, RuntimeFailure, type Failure } from "../failures.ts";
import type { Failed } from "./protocol.ts";
import { RunnerLost } from "./types.ts";

/** An error as it goes from process to process. */
export function describeFailed(error: unknown): Failed {
  if (error instanceof Interrupted) return { interrupted: true };
  const failure = failureOf(error);
  if (failure !== undefined) return { known: { kind: failure.kind, message: failure.message, hint: failure.hint } };
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function failedError(failed: Failed): Error {
  if ("interrupted" in failed) return new Interrupted();
  if ("known" in failed) {
    const { kind, message, hint } = failed.known;
    return new RuntimeFailure(kind, message, hint);
  }
  return new Error(failed.bug);
}

/** Why a task fails, or undefined when it is a bug of ours. */
export function runFailure(error: unknown): Failure | undefined {
  if (!(error instanceof RunnerLost)) return failureOf(error);
  const hint =
    "If memory ran out, lower engine.max_batch_tokens or engine.workers, and apply again: what was done is kept.";
  return { kind: "runtime", message: `The process that ran it is gone, twice (${error.message}).`, hint };
}
