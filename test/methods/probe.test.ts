import { expect, test } from "vitest";
import { probe } from "../../src/methods/probe.ts";
import { separation } from "../../src/methods/separation.ts";
import type { Rows } from "../../src/methods/types.ts";
import { planted, rowsOf } from "./datasets.ts";

const fit = (positives: Rows, negatives: Rows) => probe.fit(positives, negatives, { pairs: undefined, seed: "" });

test("a row counts by its direction, not by its length", () => {
  const { positives, negatives } = planted("lengths", { rows: 20, columns: 10, shift: 3 });
  const longer = { ...positives, data: positives.data.map((value, i) => value * 2 ** (Math.floor(i / 10) % 5)) };
  const [first, second] = [fit(positives, negatives), fit(longer, negatives)];
  if ("failure" in first || "failure" in second) throw new Error("no fit");
  for (const [i, value] of second.vector.entries()) expect(value).toBeCloseTo(first.vector[i]!, 6);
  expect(second.bias).toBeCloseTo(first.bias!, 6);
});

test("classes that differ in length alone have no boundary", () => {
  expect(fit(rowsOf([2, 4], [2, -4]), rowsOf([1, 2], [1, -2]))).toEqual({
    failure: expect.stringContaining("point the same way"),
  });
});

test("a zero row has no direction", () => {
  expect(fit(rowsOf([0, 0], [1, 2]), rowsOf([3, 1]))).toEqual({ failure: expect.stringContaining("is zero") });
});

test("norm and bias are the classifier's: every row of a separable set is on its side", () => {
  const { positives, negatives } = planted("sides", { rows: 25, columns: 6, shift: 12 });
  const fitted = fit(positives, negatives);
  if ("failure" in fitted) throw new Error(fitted.failure);
  expect(separation(fitted, positives, negatives)?.accuracy).toBe(1);
  for (const { data, rows, columns, side } of [
    { ...positives, side: 1 },
    { ...negatives, side: -1 },
  ]) {
    for (let row = 0; row < rows; row++) {
      const values = data.subarray(row * columns, (row + 1) * columns);
      const length = Math.hypot(...values);
      const projection = values.reduce((sum, value, i) => sum + value * fitted.vector[i]!, 0) / length;
      expect(Math.sign(fitted.norm * projection + fitted.bias!)).toBe(side);
    }
  }
});
