import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDelta,
  formatDuration,
  formatEffect,
  formatInterval,
  formatScore,
  plural,
} from "../../src/report/units.ts";

describe("numbers for people", () => {
  test.each([
    [0, "0 ms"],
    [0.4, "0 ms"],
    [430, "430 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [12_345, "12.3 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 00 s"],
    [245_000, "4 min 05 s"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h 00 min"],
    [12_000_000, "3 h 20 min"],
    [360_000_000, "100 h 00 min"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KB"],
    [9940, "9.9 KB"],
    [9960, "10 KB"],
    [147_312, "147 KB"],
    [999_600, "1.0 MB"],
    [16_060_000_000, "16 GB"],
    [5e15, "5000 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [31.04, "+31.0"],
    [-4, "−4.0"],
    [0, "0.0"],
    [-0.04, "0.0"],
    [0.06, "+0.1"],
    [null, "–"],
    [undefined, "–"],
  ])("a change of %d is %s", (value, text) => {
    expect(formatDelta(value)).toBe(text);
  });

  test("an interval that lies beside zero is never rounded to it; one around zero needs no more digits", () => {
    const intervals = [[21.04, 40.96], [0.004, 18.9], [-3, -0.02], [-0.04, 0.03], [0, 2.9], null, undefined] as const;
    expect(intervals.map(formatInterval)).toEqual([
      "+21.0 … +41.0",
      "+0.004 … +18.900",
      "−3.00 … −0.02",
      "0.0 … 0.0",
      "0.0 … +2.9",
      "–",
      "–",
    ]);
    expect(formatEffect({ trait_delta: 7.4111, interval: [0.004, 18.9] })).toBe("+7.411 (+0.004 … +18.900)");
    expect(formatEffect({ trait_delta: -7.4111, interval: null })).toBe("−7.4");
    expect(formatEffect(undefined)).toBe("–");
  });

  test("scores, and scores that are missing, which are no zeros", () => {
    expect([0, 81.25, 100, null, undefined].map(formatScore)).toEqual(["0.0", "81.3", "100.0", "–", "–"]);
  });

  test("counts and their nouns", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
    expect([0, 1, 2, 1000].map((count) => plural(count, "task"))).toEqual([
      "0 tasks",
      "1 task",
      "2 tasks",
      "1,000 tasks",
    ]);
  });
});
