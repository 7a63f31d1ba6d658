import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/traps.md"), "utf8");
const guards = [...page.matchAll(/`(test\/[^`]+)`: "([^"]*)"/g)].map(([, file = "", title = ""]) => ({ file, title }));

test("every trap has a guard", () => {
  const rows = page.split("\n").filter((line) => /^\| \d/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toContain("`test/");
});

test.each(guards)("$file has the test: $title", ({ file, title }) => {
  expect(title).not.toBe("");
  expect(readFileSync(join(root, file), "utf8")).toContain(title);
});
