/** One thing that doctor found out. */
export interface Finding {
  readonly section: "machine" | "providers" | "models" | "judge";
  /** What it is about: `memory`, `cuda`, a variant. */
  readonly subject: string;
  /** A problem is what keeps the spec from running as it stands. */
  readonly level: Level;
  readonly text: string;
  /** What to do about it: commands and sentences. */
  readonly hints: readonly string[];
}

export type Level = "ok" | "note" | "problem";

/** Makes the findings of one section. */
export function findingsOf(
  section: Finding["section"],
): (subject: string, level: Level, text: string, ...hints: readonly string[]) => Finding {
  return (subject, level, text, ...hints) => ({ section, subject, level, text, hints });
}
