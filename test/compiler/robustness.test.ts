import fc from "fast-check";
import { expect, test } from "vitest";
import { Document, parse } from "yaml";
import { renderDiagnostic } from "../../src/diagnostics/render.ts";
import { FILES, GOOD, projectOf } from "./fixture.ts";
import { compileFiles, type MemoryProject } from "./rig.ts";

/**
 * Whatever it is given, the compiler answers: an experiment, or an error with a place in a file. What is not so about
 * the answer; nothing when all is well.
 */
function wrongWith(project: MemoryProject): string[] {
  const { diagnostics, sources, experiment } = compileFiles(project);
  const hasErrors = diagnostics.some(({ severity }) => severity === "error");
  return [
    ...(hasErrors === (experiment === undefined) ? [] : ["neither an experiment nor an error"]),
    ...diagnostics
      .filter(({ place }) => place.range.start.offset > place.range.end.offset)
      .map(({ code }) => `${code} ends before it begins`),
    ...diagnostics
      .filter((one) => !renderDiagnostic(one, { sources }).includes(one.code))
      .map(({ code }) => `${code} is not shown`),
  ];
}

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
    { numRuns: 300 },
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
    { numRuns: 500 },
  );
});

test("property: a model file and dataset files with a piece cut out", () => {
  const paths = ["config/models/tiny-base.yaml", ...Object.keys(FILES).filter((path) => path.includes("set_b"))];
  const file = fc.constantFrom(...paths).chain((path) => fc.tuple(fc.constant(path), cut(FILES[path] as string)));
  fc.assert(
    fc.property(file, ([path, text]) => {
      expect(wrongWith(projectOf(GOOD, { files: { [path]: text } }))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("a key and a name called %s", (name) => {
  expect(wrongWith(projectOf(`${GOOD}${name}: { a: 1 }\n`))).toEqual([]);
  expect(wrongWith(projectOf(GOOD.replaceAll("praise", name)))).toEqual([]);
  expect(wrongWith(projectOf(GOOD.replaceAll("told", name)))).toEqual([]);
  expect(wrongWith(projectOf(GOOD.replaceAll("base", name)))).toEqual([]);
});
