import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatPosition,
  parsePosition,
  positionDirectory,
  positionIndices,
  tokensNeeded,
  type Position,
} from "../../src/domain/position.ts";

function position(text: string): Position {
  const parsed = parsePosition(text);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed;
}

test.each([
  // written, canonical, folder, response tokens needed
  ["response[:]", "response[:]", "response_all", "all"],
  ["response[:5]", "response[:5]", "response__5", 5],
  ["response[0:5]", "response[:5]", "response__5", 5],
  ["response[-0:+5]", "response[:5]", "response__5", 5],
  ["response[5:10]", "response[5:10]", "response_5_10", 10],
  ["response[5:]", "response[5:]", "response_5_", "all"],
  ["response[-5:]", "response[-5:]", "response_-5_", "all"],
  ["response[:-1]", "response[:-1]", "response__-1", "all"],
  ["response[-5:10]", "response[-5:10]", "response_-5_10", "all"],
  ["response[3]", "response[3]", "response_3", 4],
  ["response[-1]", "response[-1]", "response_-1", "all"],
  ["prompt[-1]", "prompt[-1]", "prompt_-1", 0],
  ["prompt[:]", "prompt[:]", "prompt_all", 0],
  [" all[ 2 : 7 ] ", "all[2:7]", "all_2_7", 7],
  ["all[:]", "all[:]", "all_all", "all"],
])("%s", (written, canonical, folder, needed) => {
  const parsed = position(written);
  expect(formatPosition(parsed)).toBe(canonical);
  expect(position(canonical)).toEqual(parsed);
  expect(positionDirectory(parsed)).toBe(folder);
  expect(tokensNeeded(parsed)).toBe(needed);
});

test.each([
  ["response", "'response' is not a position, such as response[:5], prompt[-1] or all[:]"],
  ["answer[:5]", "'answer[:5]' is not a position, such as response[:5], prompt[-1] or all[:]"],
  ["response[:5", "'response[:5' is not a position, such as response[:5], prompt[-1] or all[:]"],
  ["response[]", "'response[]' has nothing between its brackets; [:] takes every token"],
  ["response[a:]", "'response[a:]' has something other than whole numbers between its brackets"],
  ["response[1.5]", "'response[1.5]' has something other than whole numbers between its brackets"],
  ["response[::2]", "'response[::2]' has a step; a position is [start:stop] or [index]"],
  ["response[:0]", "'response[:0]' selects no token: it ends before it begins"],
  ["response[5:5]", "'response[5:5]' selects no token: it ends before it begins"],
  ["response[-3:-5]", "'response[-3:-5]' selects no token: it ends before it begins"],
])("refused: %s", (text, error) => {
  expect(parsePosition(text)).toEqual({ error });
});

test.each([
  // position, prompt tokens, response tokens, indices: as Python's list(range(n))[slice] has them
  ["response[:]", 3, 4, [3, 4, 5, 6]],
  ["response[:2]", 3, 4, [3, 4]],
  ["response[:9]", 3, 4, [3, 4, 5, 6]],
  ["response[-2:]", 3, 4, [5, 6]],
  ["response[-9:]", 3, 4, [3, 4, 5, 6]],
  ["response[1:-1]", 3, 4, [4, 5]],
  ["response[-1]", 3, 4, [6]],
  ["response[4]", 3, 4, []],
  ["response[-5]", 3, 4, []],
  ["response[:]", 3, 0, []],
  ["prompt[-1]", 3, 4, [2]],
  ["prompt[1:]", 3, 4, [1, 2]],
  ["all[2:5]", 3, 4, [2, 3, 4]],
  ["all[-1]", 3, 4, [6]],
  ["prompt[:]", 0, 4, []],
] as const)("%s of %i and %i tokens", (text, prompt, response, indices) => {
  expect(positionIndices(position(text), prompt, response)).toEqual(indices);
});

const bound = fc.option(fc.integer({ min: -12, max: 12 }), { nil: undefined });
const length = fc.integer({ min: 0, max: 10 });

test("property: slices are Array.prototype.slice, whose semantics are Python's", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("prompt", "response", "all"),
      bound,
      bound,
      length,
      length,
      (frame, start, stop, p, r) => {
        const parsed = parsePosition(`${frame}[${start ?? ""}:${stop ?? ""}]`);
        const all = Array.from({ length: p + r }, (_, index) => index);
        const framed = { prompt: all.slice(0, p), response: all.slice(p), all }[frame];
        const expected = framed.slice(start ?? 0, stop);
        if ("error" in parsed) expect(expected).toEqual([]);
        else {
          expect(positionIndices(parsed, p, r)).toEqual(expected);
          expect(position(formatPosition(parsed))).toEqual(parsed);
        }
      },
    ),
  );
});

test("property: no two positions share a folder, and a folder's name is safe", () => {
  const slice = fc
    .tuple(fc.constantFrom("prompt", "response", "all"), bound, bound)
    .map(([f, a, b]) => `${f}[${a ?? ""}:${b ?? ""}]`);
  const index = fc
    .tuple(fc.constantFrom("prompt", "response", "all"), fc.integer({ min: -12, max: 12 }))
    .map(([f, i]) => `${f}[${i}]`);
  const text = fc.oneof(slice, index).filter((one) => !("error" in parsePosition(one)));
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [a, b] = [position(one), position(other)];
      expect(positionDirectory(a)).toMatch(/^[a-z]+_[\w-]*$/);
      expect(positionDirectory(a) === positionDirectory(b)).toBe(formatPosition(a) === formatPosition(b));
    }),
  );
});

test("property: longer responses change nothing beyond the tokens needed", () => {
  const slice = fc.tuple(bound, bound).map(([start, stop]) => parsePosition(`response[${start ?? ""}:${stop ?? ""}]`));
  fc.assert(
    fc.property(slice, length, fc.integer({ min: 0, max: 20 }), (parsed, p, more) => {
      if ("error" in parsed) return;
      const needed = tokensNeeded(parsed);
      const enough = needed === "all" ? 10 : needed;
      const longer = needed === "all" ? 10 : needed + more;
      expect(positionIndices(parsed, p, longer)).toEqual(positionIndices(parsed, p, enough));
    }),
  );
});
