import { expect, test } from "vitest";
import { cosine } from "../../src/math/vector.ts";
import { gradient } from "../../src/methods/gradient.ts";
import { meanDiff } from "../../src/methods/mean-diff.ts";
import { planted } from "./datasets.ts";

test.each([16, 128, 2048])("turns from its start towards mean_diff, and stops before it: %i columns", (columns) => {
  const { positives, negatives } = planted("search", { rows: 20, columns, shift: 6 });
  const fitting = { pairs: undefined, seed: "5" };
  const [searched, exact] = [gradient, meanDiff].map((method) => method.fit(positives, negatives, fitting));
  if (searched === undefined || exact === undefined || "failure" in searched || "failure" in exact)
    throw new Error("no fit");
  const alike = cosine(searched.vector, exact.vector);
  expect(alike).toBeGreaterThan(0.4);
  expect(alike).toBeLessThan(0.9);
  expect(searched.norm / exact.norm).toBeCloseTo(alike, 5);
});
