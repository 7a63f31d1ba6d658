import { expect, test } from "vitest";
import { fixed, listed, ordinal, pWords, semicolons, shortName } from "../../../src/report/experiment/words.ts";

test("ordinals, in English", () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111].map(ordinal)).toEqual([
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "13th",
    "21st",
    "22nd",
    "101st",
    "111th",
  ]);
});

test("lists: whole when short, cut short when long, and never for the sake of one", () => {
  expect([[], ["a"], ["a", "b"], [1, 2, 3]].map(listed)).toEqual(["", "a", "a and b", "1, 2 and 3"]);
  expect(semicolons(["a", "b", "c", "d", "e"])).toBe("a; b; c; d; e");
  expect(semicolons(["a", "b", "c", "d", "e", "f"])).toBe("a; b; c; d; and 2 more in the table");
});

test("numbers: a minus sign is one, what is missing is a dash, a p is never zero", () => {
  expect([-0.5, 1.234, null].map((value) => fixed(value))).toEqual(["−0.50", "1.23", "–"]);
  expect([0.0004, 0.0123].map(pWords)).toEqual(["p < 0.001", "p = 0.012"]);
});

test("a vector set beside others of its trait", () => {
  const names = ["response[:5]", "prompt[-1]"].map((position) =>
    shortName({ dataset: "pv_natural/evil_v3", position, method: "probe" }),
  );
  expect(names).toEqual(["pv_natural [:5] probe", "pv_natural prompt[-1] probe"]);
});
