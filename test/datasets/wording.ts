/** Words as they are compared: lower case, without punctuation. */
export function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll("'", "")
      .match(/[a-z0-9]+/g) ?? []
  );
}

/** Runs of `length` words. */
export function grams(text: string, length: number): Set<string> {
  const all = words(text);
  return new Set(all.slice(length - 1).map((_, start) => all.slice(start, start + length).join(" ")));
}

/** Common members over all members, 0 to 1. */
function jaccard(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const common = [...one].filter((gram) => other.has(gram)).length;
  const all = one.size + other.size - common;
  return all === 0 ? 0 : common / all;
}

/** Pairs of texts whose runs of three words agree by half or more. Two texts without such a run are compared whole. */
export function nearDuplicates(texts: readonly string[]): [string, string][] {
  const sets = texts.map((text) => (words(text).length < 3 ? new Set([words(text).join(" ")]) : grams(text, 3)));
  return texts.flatMap((text, i) =>
    texts.flatMap((other, j): [string, string][] =>
      j > i && jaccard(sets[i]!, sets[j]!) >= 0.5 ? [[text, other]] : [],
    ),
  );
}

/** Runs of five words that a question shares with a scenario. */
export function leaks(questions: readonly string[], scenarios: readonly string[]): string[] {
  const seen = new Set(scenarios.flatMap((scenario) => [...grams(scenario, 5)]));
  return questions.flatMap((question) => [...grams(question, 5)].filter((gram) => seen.has(gram)));
}

/** The words of a text that say what it is about: five letters or more, and in at most 12 of all the texts. */
export function rareWords(texts: readonly string[]): (text: string) => ReadonlySet<string> {
  const inTexts = wordCounts(texts);
  return (text) => new Set(words(text).filter((word) => word.length >= 5 && (inTexts.get(word) ?? 0) <= 12));
}

/**
 * Words that tell the polarity by themselves: how many lines have them differs by 3 standard deviations or more of what
 * chance would do.
 */
export function tellingWords(positive: readonly string[], negative: readonly string[]): string[] {
  const [inPositive, inNegative] = [wordCounts(positive), wordCounts(negative)];
  return [...new Set([...inPositive.keys(), ...inNegative.keys()])].filter((word) => {
    const [p, n] = [inPositive.get(word) ?? 0, inNegative.get(word) ?? 0];
    return Math.abs(p - n) / Math.sqrt(p + n) >= 3;
  });
}

/** The index, in `others`, of the text that has most words in common with this one. */
export function closest(text: string, others: readonly string[]): number {
  const own = new Set(words(text));
  const likeness = others.map((other) => jaccard(own, new Set(words(other))));
  return likeness.indexOf(Math.max(...likeness));
}

/** How many of the texts, given as sets of what is in them, have each. */
export function countTexts(texts: readonly ReadonlySet<string>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) for (const member of text) counts.set(member, (counts.get(member) ?? 0) + 1);
  return counts;
}

function wordCounts(lines: readonly string[]): Map<string, number> {
  return countTexts(lines.map((line) => new Set(words(line))));
}
