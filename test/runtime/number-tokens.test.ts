import { describe, expect, it } from "vitest";
import { numberTokens } from "../../src/runtime/judge/number-tokens.ts";
import { expectedScore } from "../../src/runtime/judge/score.ts";

const numbers = Array.from({ length: 101 }, (_, value) => String(value));
const digitsOf = (text: string): number[] => Array.from(text, (digit) => 40 + Number(digit));
const sum = (values: Iterable<number>): number => [...values].reduce((all, one) => all + one, 0);

describe("numbers of one token each", () => {
  const tree = numberTokens(numbers.map((_, value) => [500 - value]));

  it("are asked for once, and have their token's probability to the bit", () => {
    expect(tree?.beginnings).toEqual([[]]);
    expect(tree?.tokens).toEqual(numbers.map((_, value) => 500 - value));
    const probabilities = Float32Array.from(numbers, (_, value) => 0.1 / (value + 3));
    expect(tree?.probabilities([probabilities])).toEqual(probabilities);
  });
});

describe("numbers of digits", () => {
  const digits = numberTokens(numbers.map((text) => digitsOf(text)));
  if (digits === undefined) throw new Error("digits tell numbers apart");
  const { tokens, beginnings, probabilities } = digits;

  /** A model that writes each text with a probability, and anything else with the rest. */
  function read(texts: Readonly<Record<string, number>>): Float32Array {
    const startingWith = (start: string) =>
      sum(Object.entries(texts).map(([text, p]) => (text.startsWith(start) ? p : 0)));
    const next = beginnings.map((ids) => {
      const begun = ids.map((id) => id - 40).join("");
      const mass = begun === "" ? 1 : startingWith(begun);
      return Float32Array.from(tokens, (id) => (mass === 0 ? 0 : startingWith(`${begun}${id - 40}`) / mass));
    });
    return probabilities(next);
  }

  it("are asked for digit by digit: after nothing, after 1 to 9, and after 10", () => {
    expect(tokens.toSorted((a, b) => a - b)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    const begun = beginnings.map((ids) => ids.map((id) => id - 40).join(""));
    expect(begun.toSorted()).toEqual(["", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(begun[0]).toBe("");
  });

  it("have the probability that the reply is that number, and no other", () => {
    const texts = { "1": 0.1, "10": 0.2, "100": 0.3, "85": 0.15, "8": 0.05, "0": 0.1, none: 0.1 };
    const found = read(texts);
    for (const value of [1, 10, 100, 85, 8, 0]) {
      expect(found[value]).toBeCloseTo(texts[String(value) as keyof typeof texts], 6);
    }
    expect(sum(found)).toBeCloseTo(0.9, 6);
    expect(expectedScore(found)).toBeCloseTo((0.1 + 2 + 30 + 12.75 + 0.4) / 0.9, 3);
  });

  it("a reply that is no number is a missing score", () => {
    expect(expectedScore(read({ "90": 0.2, none: 0.8 }))).toBeNull();
  });
});

describe("other tokenizers", () => {
  it("may begin every number with a token of its own, or write some numbers as one", () => {
    const spaced = numberTokens(numbers.map((text) => [7, ...digitsOf(text)]));
    expect(spaced?.beginnings.slice(0, 2)).toEqual([[], [7]]);
    // 0 to 99 are tokens; 100 is 10, then 0.
    const mixed = numberTokens(numbers.map((_, value) => (value === 100 ? [10, 0] : [value])));
    const after = (values: Readonly<Record<number, number>>) =>
      Float32Array.from(mixed?.tokens ?? [], (token) => values[token] ?? 0);
    const found = mixed?.probabilities([after({ 10: 0.5, 50: 0.5 }), after({ 0: 0.75 })]);
    expect([found?.[10], found?.[50], found?.[100]]).toEqual([0.125, 0.5, 0.375]);
  });

  it("that write two numbers alike cannot be read", () => {
    expect(numberTokens(numbers.map(() => [0]))).toBeUndefined();
  });
});
