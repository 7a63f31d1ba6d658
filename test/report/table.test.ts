import { expect, test } from "vitest";
import { formatTable } from "../../src/report/table.ts";

const COLUMNS = [
  { title: "dataset", align: "left" },
  { title: "Δ", align: "right" },
  { title: "note", align: "left" },
] as const;

test("columns are as wide as their widest cell, numbers to the right, no spaces at the ends of lines", () => {
  expect(formatTable(COLUMNS, [["a", "+1.0", ""], ["a/longer/name", "−12.5", "x"], ["b"]])).toMatchInlineSnapshot(`
    "dataset            Δ  note
    ─────────────  ─────  ────
    a               +1.0
    a/longer/name  −12.5  x
    b"
  `);
});

test("a table without rows is its titles", () => {
  expect(formatTable(COLUMNS, [])).toBe("dataset  Δ  note\n───────  ─  ────");
});
