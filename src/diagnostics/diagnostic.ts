import type { Place } from "./source-file.ts";

export type Severity = "error" | "warning";

/** Permanent: a code is never given a second meaning. */
export type Code = `SF${number}`;

/** A mistake of the user's, with all that is needed to mend it. Made by the constructors of the catalog only. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  /** What is wrong, in a sentence or two. Never holds a secret. */
  readonly message: string;
  readonly place: Place;
  /** Other lines that have a part in it. */
  readonly related: readonly RelatedPlace[];
  /** What to do about it. */
  readonly hint?: string;
  /** Edits that would mend it. */
  readonly suggestions: readonly Suggestion[];
}

export interface RelatedPlace {
  readonly message: string;
  readonly place: Place;
}

export interface Suggestion {
  readonly place: Place;
  readonly replacement: string;
}
