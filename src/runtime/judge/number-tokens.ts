/** How a tokenizer writes the numbers 0–100, or words in the place of some. */
export interface NumberTokens {
  /** Every token that occurs in one. */
  readonly tokens: readonly number[];
  /** What numbers begin with: tokens after which the next one is asked for. The empty beginning comes first. */
  readonly beginnings: readonly (readonly number[])[];
  /** `next[i][t]` is the probability of `tokens[t]` after `beginnings[i]`. → [101], by number. */
  readonly probabilities: (next: readonly Float32Array[]) => Float32Array;
}

/**
 * The probability of a number is that of its tokens, one after the other, and of none after them that would make it
 * another number 0–100. Where each number is one token, that is the token's probability; where each digit is one, 8 is 8
 * without a digit after it, and 85 is 8, then 5. `sequences` are the numbers' tokens; undefined when two are the same.
 */
export function numberTokens(sequences: readonly (readonly number[])[]): NumberTokens | undefined {
  if (new Set(sequences.map(keyOf)).size < sequences.length) return undefined;
  const tokens = [...new Set(sequences.flat())];
  const places = new Map(tokens.map((token, place) => [token, place]));
  /** By beginning: its number in the order of `beginnings`, and the tokens that go on from it. */
  const tree = new Map<string, { readonly row: number; readonly ids: readonly number[]; readonly on: Set<number> }>();
  for (const ids of sequences) {
    for (const [length, token] of ids.entries()) {
      const beginning = ids.slice(0, length);
      const known = tree.get(keyOf(beginning)) ?? { row: tree.size, ids: beginning, on: new Set() };
      tree.set(keyOf(beginning), known);
      known.on.add(token);
    }
  }
  return {
    tokens,
    beginnings: [...tree.values()].map(({ ids }) => ids),
    probabilities(next) {
      const after = (beginning: readonly number[], token: number): number =>
        next[tree.get(keyOf(beginning))?.row ?? -1]?.[places.get(token) ?? -1] as number;
      return Float32Array.from(sequences, (ids) => {
        const begun = ids.reduce((p, token, length) => p * after(ids.slice(0, length), token), 1);
        const longer = [...(tree.get(keyOf(ids))?.on ?? [])].reduce((sum, token) => sum + after(ids, token), 0);
        return begun * Math.max(0, 1 - longer);
      });
    },
  };
}

/** Words in the place of 0 and 100, by their first tokens. */
export function wordTokens(low: number, high: number): NumberTokens {
  return {
    tokens: [low, high],
    beginnings: [[]],
    probabilities([next = new Float32Array(2)]) {
      const probabilities = new Float32Array(101);
      [probabilities[0], probabilities[100]] = next as unknown as [number, number];
      return probabilities;
    },
  };
}

function keyOf(ids: readonly number[]): string {
  return ids.join(" ");
}
