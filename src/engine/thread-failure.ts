import { EngineFailure, type EngineFailureKind } from "../domain/engine.ts";

/** A failure as data: an Error loses its class between threads. */
export type ThreadFailure =
  | { readonly user: true; readonly kind: EngineFailureKind; readonly message: string; readonly hint: string }
  | { readonly user: false; readonly message: string; readonly stack: string };

export function describeFailure(error: unknown): ThreadFailure {
  if (error instanceof EngineFailure) {
    return { user: true, kind: error.kind, message: error.message, hint: error.hint };
  }
  if (error instanceof Error) return { user: false, message: error.message, stack: error.stack ?? "" };
  return { user: false, message: String(error), stack: "" };
}

export function toError(failure: ThreadFailure): Error {
  if (failure.user) return new EngineFailure(failure.kind, failure.message, failure.hint);
  const error = new Error(failure.message);
  error.stack = failure.stack;
  return error;
}
