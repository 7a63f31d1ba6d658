import { EngineFailure, type EngineFailureKind } from "../domain/engine.ts";

/** Everything that can stop a task or a run through no fault of ours. */
export type FailureKind =
  | EngineFailureKind
  | "artifact-damaged"
  | "vector-degenerate"
  | "judge-refused"
  | "judge-unusable"
  | "secret-missing"
  | "disk"
  | "locked"
  | "state-damaged"
  | "state-newer";

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint: string;
}

export class RuntimeFailure extends Error {
  readonly kind: FailureKind;
  readonly hint: string;
  constructor(kind: FailureKind, message: string, hint: string) {
    super(message);
    this.name = "RuntimeFailure";
    this.kind = kind;
    this.hint = hint;
  }
}

/** The run was asked to stop; what was finished is kept. */
export class Interrupted extends Error {
  constructor() {
    super("interrupted");
    this.name = "Interrupted";
  }
}

const DISK_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space and apply again; finished tasks are kept.",
  EDQUOT: "The disk quota is used up: free some space and apply again; finished tasks are kept.",
  EACCES: "The experiment folder cannot be written: check its owner and permissions.",
  EPERM: "The experiment folder cannot be written: check its owner and permissions.",
  EROFS: "The file system is read-only: put the project where it can be written.",
};

/** The failure behind a thrown value, or undefined when it is a bug of ours. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof RuntimeFailure || error instanceof EngineFailure) {
    return { kind: error.kind, message: error.message, hint: error.hint };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const hint = DISK_HINTS[code];
  return hint === undefined ? undefined : { kind: "disk", message: (error as Error).message, hint };
}
