import { expect, it } from "vitest";
import { holmAdjusted } from "../../src/math/holm.ts";

it("multiplies the least p by the number of comparisons, the next by one less, and never goes down", () => {
  // 4 · 0.005, 3 · 0.01, 2 · 0.03; 1 · 0.04 is less than the one before.
  expect(holmAdjusted([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)));
  expect(holmAdjusted([0.5, 0.9])).toEqual([1, 1]);
  expect(holmAdjusted([0.04])).toEqual([0.04]);
  expect(holmAdjusted([])).toEqual([]);
});
