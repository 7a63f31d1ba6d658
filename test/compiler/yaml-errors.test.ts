import { expect, test } from "vitest";
import { edited, GOOD, reported } from "./fixture.ts";
import { SPEC } from "./rig.ts";

test("a good spec has nothing to report", () => {
  expect(reported(GOOD)).toBe("");
});

test("SF1001: the spec is missing", () => {
  expect(reported("", { files: { [SPEC]: undefined } })).toMatchInlineSnapshot(
    `"specs/test.yaml:1:1: error SF1001: There is no file specs/test.yaml."`,
  );
});

test("SF1002: the spec cannot be read", () => {
  const unreadable = { [SPEC]: { status: "unreadable", message: "permission denied" } } as const;
  expect(reported("", { unreadable })).toMatchInlineSnapshot(
    `"specs/test.yaml:1:1: error SF1002: specs/test.yaml cannot be read: permission denied."`,
  );
  expect(reported("", { unreadable: { [SPEC]: { status: "not-a-file" } } })).toMatchInlineSnapshot(
    `"specs/test.yaml:1:1: error SF1002: specs/test.yaml cannot be read: it is not a file."`,
  );
});

test("SF1003: the spec is not UTF-8", () => {
  expect(reported("", { unreadable: { [SPEC]: { status: "not-utf8", line: 3 } } })).toMatchInlineSnapshot(`
    "specs/test.yaml:1:1: error SF1003: specs/test.yaml is not UTF-8 text: line 3 has other bytes.
    hint: Save it as UTF-8."
  `);
});

test("SF1101: the first syntax error, without its echoes", () => {
  expect(reported(edited(["[mean_diff, probe]", "[mean_diff, probe"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:27:3: error SF1101: This is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ].
      26 |   methods: [mean_diff, probe
      27 |   matrix:
         |   ^
      28 |     trait: [praise]"
  `);
});

test("SF1102: tabs", () => {
  expect(reported(edited(["    variant: base\n", "\tvariant: base\n"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:22:1: error SF1102: A tab indents this line; YAML takes spaces only.
      21 |   told:
      22 |  variant: base
         | ^
      23 |
    hint: Use two spaces."
  `);
});

test("SF1103: a key twice", () => {
  expect(reported(edited(["application: instruct\n", "application: instruct\napplication: base\n"])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:9:1: error SF1103: The key 'application' is here a second time.
       8 | application: instruct
       9 | application: base
         | ^^^^^^^^^^^
      10 |
    specs/test.yaml:8:1: The first one.
      8 | application: instruct
        | ^^^^^^^^^^^
    hint: Keep one of them: YAML has no rule for which would win."
  `);
});

test("SF1104: an alias without an anchor", () => {
  expect(reported(edited(["trait: [praise]", "trait: *praise"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:28:12: error SF1104: The alias *praise has no anchor &praise before it.
      27 |   matrix:
      28 |     trait: *praise
         |            ^^^^^^^
      29 |     include:
    hint: If the value begins with a star, put it in quotes."
  `);
});

test("SF1105: aliases that multiply", () => {
  const level = (name: string, of: string): string =>
    `${name}: &${name} [${Array.from({ length: 10 }, () => of).join(", ")}]\n`;
  const bomb =
    level("a", "1") + level("b", "*a") + level("c", "*b") + level("d", "*c") + level("e", "*d") + level("f", "*e");
  expect(reported(bomb)).toMatchInlineSnapshot(`
    "specs/test.yaml:5:16: error SF1105: Here the document's aliases have repeated more than 50000 values.
      4 | d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
      5 | e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        |                ^^
      6 | f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]"
  `);
});

test("SF1106: an alias inside of its anchor", () => {
  expect(reported(edited(["trait: [praise]", "trait: &all [praise, *all]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:28:26: error SF1106: The alias *all stands inside of what it repeats.
      27 |   matrix:
      28 |     trait: &all [praise, *all]
         |                          ^^^^
      29 |     include:"
  `);
});

test("SF1107: merge keys", () => {
  expect(reported(edited(["    variant: base\n", "    variant: base\n    <<: {}\n"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:23:5: error SF1107: Merge keys (<<) are not part of YAML 1.2.
      22 |     variant: base
      23 |     <<: {}
         |     ^^
      24 |
    hint: Write the keys out, or give the whole value an anchor and repeat it with an alias."
  `);
});

test("SF1108: two documents", () => {
  expect(reported(`${GOOD}---\nversion: 1\n`)).toMatchInlineSnapshot(`
    "specs/test.yaml:39:1: error SF1108: A second document begins here; a spec is one document.
      38 |   null_directions: 2
      39 | ---
         | ^^^
      40 | version: 1
    hint: Put it into a file of its own."
  `);
});

test("SF1109: a key that is a list", () => {
  expect(reported(edited(["    variant: base\n", "    variant: base\n    ? [a]\n    : 1\n"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:23:7: error SF1109: A key is text; this one is a list or a map.
      22 |     variant: base
      23 |     ? [a]
         |       ^^^
      24 |     : 1"
  `);
});

test("SF1110: tags", () => {
  expect(reported(edited(["variant: base", "variant: !base base"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:22:14: error SF1110: Tags (!) have no meaning here.
      21 |   told:
      22 |     variant: !base base
         |              ^^^^^
      23 |
    hint: If the value begins with an exclamation mark, put it in quotes."
  `);
});

test("SF1111: brackets that would end the process", () => {
  expect(reported(`a: ${"[".repeat(30_000)}`).slice(0, 120)).toMatchInlineSnapshot(`
    "specs/test.yaml:1:68: error SF1111: Values are nested more than 64 deep here.
      1 | a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
  `);
});

test.each([
  ["steps of indentation", Array.from({ length: 70 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
  ["dashes", `${"- ".repeat(30_000)}a`],
  ["question marks", `${"? ".repeat(70)}a`],
])("SF1111: %s that go too deep", (_, spec) => {
  expect(reported(spec)).toContain("error SF1111: Values are nested more than 64 deep here.");
});

test("SF1114: a file too long", () => {
  const many = reported(`${GOOD}x: [${"a, ".repeat(30_000)}]\n`);
  expect(many).toContain(
    "error SF1114: The file is too long: more than 30000 commas, colons, brackets, quotes and lines.",
  );
  expect(reported(`${GOOD}# ${"x".repeat(500_000)}`)).toMatchInlineSnapshot(`
    "specs/test.yaml:39:499164: error SF1114: The file is too long: more than 500000 characters.
      38 |
      39 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
         |                     ^
    hint: The matrix multiplies traits, sources, positions and methods: they need not be written out."
  `);
});

test("SF1112: directives", () => {
  expect(reported(`%YAML 1.1\n---\n${GOOD}`)).toMatchInlineSnapshot(`
    "specs/test.yaml:1:1: error SF1112: A spec is YAML 1.2 and has no directives.
      1 | %YAML 1.1
        | ^^^^^^^^^
      2 | ---
    hint: Remove the line, and the --- after it."
  `);
});

test("aliases, anchors, a byte order mark and Windows line ends are fine", () => {
  const spec = edited(["variant: base", "variant: &raw base"], ["application: instruct", "application: instruct # ü"]);
  expect(reported(`\uFEFF${spec.replaceAll("\n", "\r\n")}`)).toBe("");
});
