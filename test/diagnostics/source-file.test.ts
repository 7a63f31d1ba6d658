import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticSink } from "../../src/diagnostics/sink.ts";
import { SourceFile } from "../../src/diagnostics/source-file.ts";
import { yamlSyntax } from "../../src/diagnostics/catalog/yaml.ts";

test("property: line and column lead back to the offset", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "ü", "\n", "\r\n", "🙂")), fc.nat({ max: 40 }), (parts, offset) => {
      const text = parts.join("");
      const source = new SourceFile("a", text);
      const position = source.position(offset);
      const before = text.slice(0, position.offset).split("\n");
      expect(position.offset).toBe(Math.min(offset, text.length));
      expect(position.line).toBe(before.length);
      expect(position.column).toBe((before.at(-1)?.length ?? 0) + 1);
    }),
  );
});

test("lines have no ends", () => {
  const source = new SourceFile("a", "one\r\n  two \nthree");
  expect([1, 2, 3, 4].map((line) => source.line(line))).toEqual(["one", "  two ", "three", ""]);
  expect(source.placeOfLine(2).range).toEqual({
    start: { line: 2, column: 3, offset: 7 },
    end: { line: 2, column: 6, offset: 10 },
  });
  const blank = { line: 1, column: 1, offset: 0 };
  expect(new SourceFile("a", "  ").placeOfLine(1).range).toEqual({ start: blank, end: blank });
});

test("redacted text has the same places", () => {
  expect(new SourceFile("a", "key: abc, def").redacted([[5, 8]]).text).toBe("key: XXX, def");
});

test("the sink says the same once, and sorts by place with the spec first", () => {
  const sink = new DiagnosticSink();
  const [spec, other] = [new SourceFile("z.yaml", "aa\nbb\n"), new SourceFile("a.yaml", "aa\n")];
  for (const place of [other.place(0, 1), spec.place(3, 4), spec.place(0, 1), spec.place(3, 4)]) {
    sink.report(yamlSyntax(place, "wrong"));
  }
  expect(sink.hasErrors).toBe(true);
  expect(sink.sorted("z.yaml").map(({ place }) => `${place.file}:${place.range.start.line}`)).toEqual([
    "z.yaml:1",
    "z.yaml:2",
    "a.yaml:1",
  ]);
});
