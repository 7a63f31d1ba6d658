import { EngineFailure } from "../../domain/engine.ts";

/** Asked between the small steps of a job; throws when the job is to end. */
export type CheckStop = () => void;

/** Nobody stops what runs in the caller's own thread. */
export const neverStopped: CheckStop = () => undefined;

export function stopped(): EngineFailure {
  return new EngineFailure("runtime", "It was stopped.", "Apply again to go on.");
}
