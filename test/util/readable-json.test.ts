import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "../../src/util/json.ts";
import { readableJson } from "../../src/util/readable-json.ts";

test("short things on one line, lists of numbers always", () => {
  const value = {
    name: "x",
    point: { a: 1, b: [] },
    numbers: Array.from({ length: 50 }, (_, i) => i),
    rows: [
      { id: 1, text: "one" },
      { id: 2, text: "two" },
    ],
    empty: {},
  };
  expect(readableJson(value, 40)).toMatchInlineSnapshot(`
    "{
      "name": "x",
      "point": { "a": 1, "b": [] },
      "numbers": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49],
      "rows": [
        { "id": 1, "text": "one" },
        { "id": 2, "text": "two" }
      ],
      "empty": {}
    }
    "
  `);
});

test("says what JSON.stringify says", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 80 }), (value, width) => {
      const json = JSON.parse(JSON.stringify(value)) as JsonValue;
      expect(JSON.parse(readableJson(json, width))).toEqual(json);
    }),
  );
});
