/** The contract with scripts. */
export const EXIT = {
  success: 0,
  /** The user's problem: a diagnostic or a failed task says what. */
  failure: 1,
  /** plan --detailed-exitcode: there is something to do. */
  changes: 2,
  /** Stopped by the user; apply goes on from there. */
  interrupted: 3,
  usage: 64,
  /** Our bug. */
  internal: 70,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
