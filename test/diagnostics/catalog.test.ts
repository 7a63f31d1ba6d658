import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const REPOSITORY = join(import.meta.dirname, "..", "..");

const read = (...path: readonly string[]): string => readFileSync(join(REPOSITORY, ...path), "utf8");
const textOf = (folder: string): string =>
  readdirSync(join(REPOSITORY, folder))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(folder, name))
    .join("\n");

const codesIn = (text: string): string[] => [...text.matchAll(/\bSF\d{4}\b/g)].map(([code]) => code);
const catalog = [...textOf("src/diagnostics/catalog").matchAll(/"(SF\d{4})"/g)].map(([, code]) => code as string);

test("every code has one constructor", () => {
  expect(catalog.length).toBeGreaterThan(50);
  expect(new Set(catalog).size).toBe(catalog.length);
});

test("every code is explained in the documentation, in order, and no other", () => {
  const explained = [...read("docs", "diagnostics.md").matchAll(/^\| (SF\d{4}) +\|/gm)].map(([, code]) => code);
  expect(explained).toEqual(catalog.toSorted());
});

test("every code is tested with its text", () => {
  const tested = new Set(codesIn(textOf("test/compiler")));
  expect(catalog.filter((code) => !tested.has(code))).toEqual([]);
});
