import { countTexts, words } from "./wording.ts";

/** What can be counted in a text without reading it. None of it may tell the polarity. */
export const SURFACE: Readonly<Record<string, (text: string) => number>> = {
  words: (text) => words(text).length,
  characters: (text) => text.length,
  "characters a word": (text) => words(text).join("").length / words(text).length,
  sentences: (text) => occurrences(text, /[.?!]/g),
  commas: (text) => occurrences(text, /,/g),
  quotes: (text) => occurrences(text, /"/g),
  contractions: (text) => occurrences(text, /'/g),
  negations: (text) => occurrences(text, /\b(?:no|not|never|nothing|nobody|none|without)\b|n't\b/gi),
  "first person": (text) => occurrences(text, /\b(?:I|me|my|mine|we|us|our)\b/g),
  but: (text) => occurrences(text, /\bbut\b/gi),
  and: (text) => occurrences(text, /\band\b/gi),
};

/**
 * The sign test over pairs: by how many standard deviations of chance the first text of a pair has more of `measure` than
 * the second. Pairs that have as much do not count.
 */
export function lean(
  positive: readonly string[],
  negative: readonly string[],
  measure: (text: string) => number,
): number {
  const signs = positive.map((text, i) => Math.sign(measure(text) - measure(negative[i]!)));
  const unequal = signs.filter((sign) => sign !== 0).length;
  return unequal === 0 ? 0 : signs.reduce((sum, sign) => sum + sign, 0) / Math.sqrt(unequal);
}

/**
 * The share of lines whose polarity their words give away: naive Bayes over the words that are in a line, fitted without
 * the scene (line _i_ of both polarities is one) that is judged, in `folds` parts. Chance is 0.5; a tie is half right.
 */
export function heldOutAccuracy(positive: readonly string[], negative: readonly string[], folds: number): number {
  const lines = [positive, negative].map((texts) => texts.map((text) => new Set(words(text))));
  const right = Array.from({ length: folds }, (_, fold) => {
    const [plus, minus] = lines.map((sets) => countTexts(sets.filter((_set, i) => i % folds !== fold)));
    const score = (line: ReadonlySet<string>): number =>
      [...line].reduce((sum, word) => sum + Math.log(((plus!.get(word) ?? 0) + 1) / ((minus!.get(word) ?? 0) + 1)), 0);
    const judged = lines.map((sets) => sets.filter((_set, i) => i % folds === fold).map(score));
    const signs = [...judged[0]!, ...judged[1]!.map((s) => -s)].map(Math.sign);
    return signs.reduce((sum, sign) => sum + (1 + sign) / 2, 0);
  });
  return right.reduce((sum, n) => sum + n, 0) / (positive.length + negative.length);
}

/** How many texts the most frequent value of `key` is in. */
export function mostFrequent(texts: readonly string[], keys: (text: string) => Iterable<string>): number {
  return Math.max(...countTexts(texts.map((text) => new Set(keys(text)))).values());
}

function occurrences(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
