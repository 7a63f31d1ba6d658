import fc from "fast-check";
import { expect, it } from "vitest";
import { heldOutQuestions } from "../../src/domain/held-out.ts";

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
