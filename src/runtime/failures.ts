import { EngineFailure, type EngineFailureKind } from "../domain/engine.ts";

/** Everything that can stop a task or a run through no fault of ours. */
export type FailureKind =
  | EngineFailureKind
  | "artifact-damaged"
  | "vector-degenerate"
  | "no-best-vector"
  | "checkpoint-failed"
  | "judge-refused"
  | "judge-unreachable"
  | "judge-unusable"
  | "budget-spent"
  | "secret-missing"
  | "results-missing"
  | "import-refused"
  | "hub-refused"
  | "hub-unreachable"
  | "download-damaged"
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

const FULL = "Free some space and apply again; finished tasks are kept.";
const REFUSED = "Check the owner and the permissions of the path in the message.";
const IN_THE_WAY = "A file is where a folder has to be, or the other way round: move it away and apply again.";
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: `The disk is full. ${FULL}`,
  EDQUOT: `The disk quota is used up. ${FULL}`,
  EACCES: REFUSED,
  EPERM: REFUSED,
  EROFS: "The file system is read-only: put the project where it can be written.",
  ENOTDIR: IN_THE_WAY,
  EISDIR: IN_THE_WAY,
  EEXIST: IN_THE_WAY,
  ENOTEMPTY: IN_THE_WAY,
};

/** The failure behind a thrown value, or undefined when it is a bug of ours. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof RuntimeFailure || error instanceof EngineFailure) {
    return { kind: error.kind, message: error.message, hint: error.hint };
  }
  if (!isSystemError(error)) return undefined;
  const hint = HINTS[error.code] ?? "The system refused it: look at the path in the message, then apply again.";
  return { kind: "disk", message: error.message, hint };
}

/** What the file system throws: `ENOSPC: no space left on device, write`. */
function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
