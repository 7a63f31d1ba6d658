import type { Code, Diagnostic, RelatedPlace, Severity, Suggestion } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";

interface Details {
  readonly hint?: string | undefined;
  readonly related?: readonly (RelatedPlace | undefined)[];
  readonly suggestions?: readonly Suggestion[];
}

/** For the catalog's constructors: they are the only callers. */
export function error(code: Code, place: Place, message: string, details: Details = {}): Diagnostic {
  return make("error", code, place, message, details);
}

export function warning(code: Code, place: Place, message: string, details: Details = {}): Diagnostic {
  return make("warning", code, place, message, details);
}

function make(severity: Severity, code: Code, place: Place, message: string, details: Details): Diagnostic {
  const { hint, related = [], suggestions = [] } = details;
  const present = related.filter((one) => one !== undefined);
  return { code, severity, message, place, related: present, ...(hint === undefined ? {} : { hint }), suggestions };
}

/** " Did you mean 'x'?", and the edit that says yes. */
export function didYouMean(near: string | undefined, place: Place): { question: string; suggestions: Suggestion[] } {
  if (near === undefined) return { question: "", suggestions: [] };
  return { question: ` Did you mean '${near}'?`, suggestions: [{ place, replacement: near }] };
}

/** "a, b and c", at most ten. */
export function listed(words: readonly string[], conjunction = "and"): string {
  if (words.length === 0) return "none";
  if (words.length === 1) return words[0] as string;
  if (words.length > 10) return `${words.slice(0, 10).join(", ")}, ... (${words.length})`;
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

export function tokens(count: number): string {
  return count === 1 ? "1 token" : `${count} tokens`;
}
