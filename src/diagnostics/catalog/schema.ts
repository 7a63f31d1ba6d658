import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { didYouMean, error, listed } from "./make.ts";

/** SF12xx: keys and values that the schema refuses. `where` is "the spec" or a path such as steering.search. */

export function missingKey(place: Place, key: string, where: string): Diagnostic {
  return error("SF1201", place, `The key '${key}' is missing in ${where}.`);
}

export function unknownKey(
  place: Place,
  key: string,
  where: string,
  near: string | undefined,
  allowed: readonly string[],
): Diagnostic {
  const { question, suggestions } = didYouMean(near, place);
  return error("SF1202", place, `There is no key '${key}' in ${where}.${question}`, {
    hint: near === undefined ? `There is: ${listed(allowed)}.` : undefined,
    suggestions,
  });
}

export function laterKey(place: Place, key: string, where: string): Diagnostic {
  return error("SF1203", place, `The key '${key}' of ${where} is not supported in this version.`, {
    hint: "Remove it.",
  });
}

/** "text, a number or a list" */
export function oneOf(words: readonly string[]): string {
  return listed(words, "or");
}

export function wrongType(place: Place, key: string, expected: string, found: string, hint?: string): Diagnostic {
  return error("SF1204", place, `${key} must be ${expected}; this is ${found}.`, { hint });
}

export function notOneOf(
  place: Place,
  key: string,
  found: string,
  near: string | undefined,
  allowed: readonly string[],
): Diagnostic {
  const { question, suggestions } = didYouMean(near, place);
  const message = `${key} cannot be ${found}; it is ${listed(allowed, "or")}.${question}`;
  return error("SF1205", place, message, { suggestions });
}

export function outOfRange(place: Place, key: string, found: number, bound: string): Diagnostic {
  return error("SF1206", place, `${key} must be ${bound}; this is ${found}.`);
}

export function badText(place: Place, key: string, found: string, expected: string): Diagnostic {
  return error("SF1207", place, `${key} must be ${expected}; '${found}' is not.`);
}

export function emptyValue(place: Place, key: string, expected: string): Diagnostic {
  return error("SF1208", place, `${key} is empty; it needs at least one ${expected}.`);
}

export function repeatedItem(place: Place, key: string): Diagnostic {
  return error("SF1209", place, `${key} has the same value twice.`, { hint: "Remove one of them." });
}

export function wrongCount(place: Place, key: string, found: number, expected: string): Diagnostic {
  return error("SF1210", place, `${key} takes ${expected}; it has ${found}.`);
}
