import { expect, test } from "vitest";
import { cosine } from "../../src/math/vector.ts";
import { pca } from "../../src/methods/pca.ts";
import type { Pair, Rows } from "../../src/methods/types.ts";
import { planted, rowsOf } from "./datasets.ts";

const fit = (positives: Rows, negatives: Rows, pairs?: readonly Pair[]) =>
  pca.fit(positives, negatives, { pairs, seed: "" });

test("what a pair has in common does not hide the trait", () => {
  const { positives, negatives, direction } = planted("pairs", { rows: 60, columns: 20, shift: 4 });
  // A topic of each pair, along one direction and ten times as long as the difference.
  const withTopics = ({ data, ...shape }: Rows): Rows => ({
    ...shape,
    data: data.map((value, i) => (i % 20 === 3 ? value + 40 * Math.sin(Math.floor(i / 20)) : value)),
  });
  const pairs = Array.from({ length: 60 }, (_, row): Pair => [row, row]);
  const [paired, unpaired] = [
    fit(withTopics(positives), withTopics(negatives), pairs),
    fit(withTopics(positives), withTopics(negatives)),
  ];
  if ("failure" in paired || "failure" in unpaired) throw new Error("no fit");
  expect(cosine(paired.vector, direction)).toBeGreaterThan(0.97);
  expect(cosine(unpaired.vector, direction)).toBeLessThan(0.5);
});

test("the order of pairs means nothing, and who is whose pair does", () => {
  const { positives, negatives } = planted("order", { rows: 8, columns: 12, shift: 1 });
  const pairs = Array.from({ length: 8 }, (_, row): Pair => [row, row]);
  const [first, reversed, other] = [
    fit(positives, negatives, pairs),
    fit(positives, negatives, pairs.toReversed()),
    fit(
      positives,
      negatives,
      pairs.map(([row]) => [row, (row + 1) % 8]),
    ),
  ];
  if ("failure" in first || "failure" in reversed || "failure" in other) throw new Error("no fit");
  expect(cosine(first.vector, reversed.vector)).toBeCloseTo(1, 9);
  expect(cosine(first.vector, other.vector)).toBeLessThan(0.999);
});

test("rows without a pair do not count in the component", () => {
  const { positives, negatives } = planted("alone", { rows: 10, columns: 6, shift: 3 });
  const pairs = Array.from({ length: 9 }, (_, row): Pair => [row, row]);
  const moved = { ...positives, data: positives.data.map((value, i) => (i >= 54 ? value * 1.5 : value)) };
  const [before, after] = [fit(positives, negatives, pairs), fit(moved, negatives, pairs)];
  if ("failure" in before || "failure" in after) throw new Error("no fit");
  expect(after.vector).toEqual(before.vector);
});

test("pairs without a direction are refused", () => {
  expect(fit(rowsOf([1, 2]), rowsOf([2, 1]), [])).toEqual({
    failure: "no positive row has its pair among the negatives",
  });
  // Each pair is the same row; that the means differ is due to a row without a pair.
  expect(fit(rowsOf([1, 2], [5, 5]), rowsOf([1, 2]), [[0, 0]])).toEqual({
    failure: "the rows of every pair are the same",
  });
  expect(
    fit(rowsOf([1, 5], [1, -5]), rowsOf([0, 0], [0, 0]), [
      [0, 0],
      [1, 1],
    ]),
  ).toEqual({
    failure: "the first component is at right angles to the difference of the means",
  });
});
