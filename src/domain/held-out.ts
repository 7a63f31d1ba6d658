import type { Dataset } from "./experiment.ts";

/**
 * Which of `count` questions nothing is selected on: a share of them, spread evenly, by their number alone. 0.5 is every
 * second one.
 */
export function heldOutQuestions(count: number, share: number): boolean[] {
  // A share of 0.1 is not exactly a tenth: without the sliver, 10 · 0.1 may stay below 1.
  const until = (index: number): number => Math.floor(index * share + 1e-9);
  return Array.from({ length: count }, (_, index) => until(index + 1) > until(index));
}

/** Which rows of a dataset no vector is fitted on. */
export interface HeldOutRows {
  readonly positive: readonly boolean[];
  readonly negative: readonly boolean[];
}

/**
 * A share of a dataset's scenarios, spread evenly. What is alike stays on one side: rows of one prompt, under whatever
 * system prompts, and rows of one number in both files, which are a pair.
 */
export function heldOutRows(
  { positive, negative }: Pick<Dataset, "positive" | "negative">,
  share: number,
): HeldOutRows {
  const parents = new Map<string, string>();
  const groupOf = (prompt: string): string => {
    const parent = parents.get(prompt);
    return parent === undefined ? prompt : groupOf(parent);
  };
  const pairs = Array.from({ length: Math.max(positive.length, negative.length) }, (_, index) =>
    [positive[index], negative[index]].flatMap((row) => row?.prompt ?? []),
  );
  for (const [first = "", second = first] of pairs) {
    const [group, other] = [groupOf(first), groupOf(second)];
    if (group !== other) parents.set(other, group);
  }
  const groups = [...new Set(pairs.flat().map(groupOf))];
  const chosen = heldOutQuestions(groups.length, share);
  const isHeldOut = new Map(groups.map((group, index) => [group, chosen[index] as boolean]));
  const of = (rows: Dataset["positive"]): boolean[] =>
    rows.map(({ prompt }) => isHeldOut.get(groupOf(prompt)) as boolean);
  return { positive: of(positive), negative: of(negative) };
}
