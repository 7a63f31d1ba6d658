import fc from "fast-check";
import { expect, it } from "vitest";
import { heldOutQuestions, heldOutRows } from "../../src/domain/held-out.ts";

it("half: every second question", () => {
  expect(heldOutQuestions(6, 0.5)).toEqual([false, true, false, true, false, true]);
});

it("none, and shares that floating point does not hold exactly", () => {
  expect(heldOutQuestions(4, 0).some(Boolean)).toBe(false);
  expect(heldOutQuestions(10, 0.1).filter(Boolean)).toHaveLength(1);
  expect(heldOutQuestions(20, 0.3).filter(Boolean)).toHaveLength(6);
});

it("a question more leaves the others where they are", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.double({ min: 0, max: 0.9, noNaN: true }), (count, share) => {
      expect(heldOutQuestions(count + 1, share).slice(0, count)).toEqual(heldOutQuestions(count, share));
    }),
  );
});

const rows = (...prompts: readonly string[]) => prompts.map((prompt) => ({ prompt }));

it("rows of a dataset: evenly, and a pair on one side", () => {
  const scenes = Array.from({ length: 10 }, (_, index) => `scene ${index}`);
  const { positive, negative } = heldOutRows(
    { positive: rows(...scenes), negative: rows(...scenes.map((scene) => `${scene}, told otherwise`)) },
    0.2,
  );
  expect([...positive.keys()].filter((index) => positive[index])).toEqual([4, 9]);
  expect(negative).toEqual(positive);
});

it("rows of one prompt are one scenario, under whatever system prompt and wherever they stand", () => {
  const { positive, negative } = heldOutRows(
    { positive: rows("a", "b", "a", "b", "c", "d"), negative: rows("b", "a", "b", "a", "d") },
    0.5,
  );
  // a and b are one scenario, since they meet in a row number; c and d are the other.
  expect(positive).toEqual([false, false, false, false, true, true]);
  expect(negative).toEqual([false, false, false, false, true]);
});

it("no prompt is on both sides, whatever the dataset", () => {
  const prompts = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { maxLength: 12 });
  fc.assert(
    fc.property(prompts, prompts, fc.double({ min: 0, max: 0.9, noNaN: true }), (first, second, share) => {
      const { positive, negative } = heldOutRows({ positive: rows(...first), negative: rows(...second) }, share);
      const sides = new Map<string, Set<boolean>>();
      for (const [index, prompt] of first.entries()) sideOf(prompt).add(positive[index] as boolean);
      for (const [index, prompt] of second.entries()) sideOf(prompt).add(negative[index] as boolean);
      for (const side of sides.values()) expect(side.size).toBe(1);
      for (const [index, held] of positive.entries()) expect(negative[index] ?? held).toBe(held);

      function sideOf(prompt: string): Set<boolean> {
        const known = sides.get(prompt) ?? new Set();
        sides.set(prompt, known);
        return known;
      }
    }),
  );
});
