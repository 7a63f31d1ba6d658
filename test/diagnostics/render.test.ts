import { expect, test } from "vitest";
import { unknownKey } from "../../src/diagnostics/catalog/schema.ts";
import { duplicateKey, yamlSyntax } from "../../src/diagnostics/catalog/yaml.ts";
import { diagnosticToJson, renderDiagnostic, renderOneLine } from "../../src/diagnostics/render.ts";
import { SourceFile } from "../../src/diagnostics/source-file.ts";

function show(text: string, start: number, end: number, color = false): string {
  const source = new SourceFile("a.yaml", text);
  const diagnostic = yamlSyntax(source.place(start, end), "wrong");
  return renderDiagnostic(diagnostic, { sources: new Map([["a.yaml", source]]), color });
}

test("the first and the last line", () => {
  expect(show("one\ntwo\n", 0, 3)).toMatchInlineSnapshot(`
    "a.yaml:1:1: error SF1101: This is not YAML: wrong.
      1 | one
        | ^^^
      2 | two"
  `);
  expect(show("one\ntwo\n", 4, 7)).toMatchInlineSnapshot(`
    "a.yaml:2:1: error SF1101: This is not YAML: wrong.
      1 | one
      2 | two
        | ^^^"
  `);
  expect(show("one\ntwo\n", 8, 8)).toMatchInlineSnapshot(`
    "a.yaml:3:1: error SF1101: This is not YAML: wrong.
      2 | two"
  `);
});

test("a fault of several lines is marked on its first", () => {
  expect(show("a:\n  b: 1  \n  c: 2\nd: 3\n", 5, 19)).toMatchInlineSnapshot(`
    "a.yaml:2:3: error SF1101: This is not YAML: wrong.
      1 | a:
      2 |   b: 1
        |   ^^^^
      3 |   c: 2"
  `);
});

test("line numbers are aligned", () => {
  expect(show("x\n".repeat(12), 18, 19)).toMatchInlineSnapshot(`
    "a.yaml:10:1: error SF1101: This is not YAML: wrong.
       9 | x
      10 | x
         | ^
      11 | x"
  `);
});

test("tabs, wide letters and control characters do not move the carets", () => {
  expect(show("\t值: \u001B[31mbad\n", 4, 12)).toMatchInlineSnapshot(`
    "a.yaml:1:5: error SF1101: This is not YAML: wrong.
      1 |  值: ?[31mbad
        |      ^^^^^^^^"
  `);
});

test("a long line is cut around the fault", () => {
  const text = `k: [${"a, ".repeat(100)}bad, ${"b, ".repeat(100)}]\n`;
  const at = text.indexOf("bad");
  expect(show(text, at, at + 3)).toMatchInlineSnapshot(`
    "a.yaml:1:305: error SF1101: This is not YAML: wrong.
      1 | , a, a, a, a, a, a, bad, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b,
        |                     ^^^"
  `);
});

test("an empty file, and one whose text is not known", () => {
  expect(show("", 0, 0)).toBe("a.yaml:1:1: error SF1101: This is not YAML: wrong.");
});

test("colours", () => {
  expect(show("one\n", 0, 3, true).replaceAll("\u001B", "ESC")).toMatchInlineSnapshot(`
    "ESC[1ma.yaml:1:1ESC[0m: ESC[31merror SF1101ESC[0m: This is not YAML: wrong.
    ESC[2m  1 |ESC[0m one
    ESC[2m    |ESC[0m ESC[31m^^^ESC[0m"
  `);
});

test("files as the user sees them", () => {
  const source = new SourceFile("specs/a.yaml", "a: 1\na: 2\n");
  const diagnostic = duplicateKey(source.place(5, 6), "a", source.place(0, 1));
  const options = { sources: new Map([[source.path, source]]), showFile: (file: string) => `../${file}` };
  expect(renderDiagnostic(diagnostic, options)).toMatchInlineSnapshot(`
    "../specs/a.yaml:2:1: error SF1103: The key 'a' is here a second time.
      1 | a: 1
      2 | a: 2
        | ^
    ../specs/a.yaml:1:1: The first one.
      1 | a: 1
        | ^
    hint: Keep one of them: YAML has no rule for which would win."
  `);
  expect(renderOneLine(diagnostic, options)).toBe(
    "../specs/a.yaml:2:1: error SF1103: The key 'a' is here a second time.",
  );
});

test("JSON has every part", () => {
  const source = new SourceFile("a.yaml", "colr: 1\n");
  expect(diagnosticToJson(unknownKey(source.place(0, 4), "colr", "the spec", "color", ["color"])))
    .toMatchInlineSnapshot(`
    {
      "code": "SF1202",
      "file": "a.yaml",
      "message": "There is no key 'colr' in the spec. Did you mean 'color'?",
      "range": {
        "end": {
          "column": 5,
          "line": 1,
          "offset": 4,
        },
        "start": {
          "column": 1,
          "line": 1,
          "offset": 0,
        },
      },
      "related": [],
      "severity": "error",
      "suggestions": [
        {
          "file": "a.yaml",
          "range": {
            "end": {
              "column": 5,
              "line": 1,
              "offset": 4,
            },
            "start": {
              "column": 1,
              "line": 1,
              "offset": 0,
            },
          },
          "replacement": "color",
        },
      ],
    }
  `);
});
