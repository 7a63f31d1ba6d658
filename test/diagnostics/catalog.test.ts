import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readExplanations } from "../../src/cli/commands/explain.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");

const read = (...path: readonly string[]): string => readFileSync(join(REPOSITORY, ...path), "utf8");
const textOf = (folder: string): string =>
  readdirSync(join(REPOSITORY, folder))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(folder, name))
    .join("\n");

const codesIn = (text: string): string[] => [...text.matchAll(/\bSF\d{4}\b/g)].map(([code]) => code);
const constructors = textOf("src/diagnostics/catalog");
const catalog = [...constructors.matchAll(/"(SF\d{4})"/g)].map(([, code]) => code as string);
/** Those that are always one. */
const warnings = [...constructors.matchAll(/\bwarning\(\s*"(SF\d{4})"/g)].map(([, code]) => code as string);
const explanations = readExplanations();

test("every code has one constructor", () => {
  expect(catalog.length).toBeGreaterThan(50);
  expect(new Set(catalog).size).toBe(catalog.length);
});

test("every code has one section in the documentation, in order, and no section is of another", () => {
  expect(explanations.map(({ code }) => code)).toEqual(catalog.toSorted());
});

test("no heading of the documentation escapes the command that prints its section", () => {
  const headings = [...read("docs", "diagnostics.md").matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(explanations.map(({ code, title }) => `${code}: ${title}`));
});

test.each(explanations)("$code says what, why it matters and how to fix it", ({ code, title, blocks }) => {
  const paragraphs = blocks.filter(({ kind }) => kind === "paragraph").map(({ text }) => text);
  expect(paragraphs.map((text) => /^\*\*(.+?)\*\* \S/.exec(text)?.[1])).toEqual([
    "What.",
    "Why it matters.",
    "How to fix.",
  ]);
  expect(title.endsWith("(warning)")).toBe(warnings.includes(code));
});

test("every code is tested with its text", () => {
  const tested = new Set(codesIn(textOf("test/compiler")));
  expect(catalog.filter((code) => !tested.has(code))).toEqual([]);
});
