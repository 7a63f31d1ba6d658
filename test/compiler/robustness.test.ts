import fc from "fast-check";
import { expect, test } from "vitest";
import { Document, parse } from "yaml";
import { FILES, GOOD, projectOf } from "./fixture.ts";
import { wrongWith } from "./hostile.ts";
import { HUGE } from "./huge.ts";

const cut = (text: string) =>
  fc
    .tuple(
      fc.nat(text.length),
      fc.nat(30),
      fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(
          "[",
          "{",
          ": ",
          "- ",
          "*a",
          "&a ",
          "\n",
          "\t",
          "<<: ",
          "!x ",
          "|",
          ">",
          '"',
          "#",
          "? ",
          "---\n",
        ),
      ),
    )
    .map(([at, length, insert]) => text.slice(0, at) + insert + text.slice(at + length));

test("property: a spec with a piece cut out and something put in", () => {
  fc.assert(
    fc.property(cut(GOOD), (spec) => {
      expect(wrongWith(projectOf(spec))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

const odd = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0,
  1e300,
  0.5,
  "",
  "x",
  "__proto__",
  [],
  {},
  [null],
  [[]],
  { a: 1 },
  ["x", "x"],
  "response[:5]",
  "base",
);

/** The spec with the value at one path replaced by an odd one. */
const replaced = fc.tuple(fc.infiniteStream(fc.nat()), odd, fc.boolean()).map(([numbers, value, atKey]) => {
  const spec = parse(GOOD) as Record<string, unknown>;
  let holder: Record<string, unknown> = spec;
  for (;;) {
    const keys = Object.keys(holder);
    const key = keys[numbers.next().value % keys.length] as string;
    const inner = holder[key];
    const isLeaf = typeof inner !== "object" || inner === null || Object.keys(inner).length === 0;
    if (isLeaf || numbers.next().value % 4 === 0) {
      if (atKey) delete holder[key];
      else holder[key] = value;
      return new Document(spec).toString();
    }
    holder = inner as Record<string, unknown>;
  }
});

test("property: a spec with a value missing or replaced by an odd one", () => {
  fc.assert(
    fc.property(replaced, (spec) => {
      expect(wrongWith(projectOf(spec))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test("property: a model file and dataset files with a piece cut out", () => {
  const paths = ["config/models/tiny-base.yaml", ...Object.keys(FILES).filter((path) => path.includes("set_b"))];
  const file = fc.constantFrom(...paths).chain((path) => fc.tuple(fc.constant(path), cut(FILES[path] as string)));
  fc.assert(
    fc.property(file, ([path, text]) => {
      expect(wrongWith(projectOf(GOOD, { files: { [path]: text } }))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

/** Texts that more than a pass over them was once spent on; the others are among the slow tests. */
const QUADRATIC = (
  "a million characters|line breaks|dashes|brackets|a long name|aliases|aliases of aliases|" +
  "the same key|unknown keys|unknown traits|secrets|what begins like secrets|rows of garbage"
).split("|");

test.each(HUGE.filter(([name]) => QUADRATIC.includes(name)))("%s in %s", (_, path, text) => {
  expect(wrongWith(projectOf(GOOD, { files: { [path]: text() } }))).toEqual([]);
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("a key and a name called %s", (name) => {
  expect(wrongWith(projectOf(`${GOOD}${name}: { a: 1 }\n`))).toEqual([]);
  expect(wrongWith(projectOf(GOOD.replaceAll("praise", name)))).toEqual([]);
  expect(wrongWith(projectOf(GOOD.replaceAll("told", name)))).toEqual([]);
  expect(wrongWith(projectOf(GOOD.replaceAll("base", name)))).toEqual([]);
});
