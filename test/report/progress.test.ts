import { describe, expect, test } from "vitest";
import { jsonProgress } from "../../src/report/progress/json.ts";
import { plainProgress } from "../../src/report/progress/plain.ts";
import { progressWords } from "../../src/report/progress/words.ts";
import { RUN, progressOf } from "./run.ts";

describe("plain progress", () => {
  test("is a line a task that ended, in an exact text", () => {
    const lines: string[] = [];
    const view = plainProgress(
      (line) => lines.push(line),
      () => 0,
    );
    for (const event of RUN) view.on(event);
    expect(lines.join("\n")).toMatchInlineSnapshot(`
      "Took over the lock of process 7 (since S), which is gone.
      [1/4] responses/a  12.3 s
      [2/4] vectors/a  3 ms
      ✗ baseline/a
        The judge's server refused.
        hint: Check the key.
      ! steering/a blocked by baseline/a
      Apply failed: 2 tasks done, 1 failed, 1 blocked, 8 up to date in 13.0 s."
    `);
  });

  test("says of a long task every ten seconds where it is", () => {
    const lines: string[] = [];
    let now = 0;
    const view = plainProgress(
      (line) => lines.push(line),
      () => now,
    );
    for (const [at, done] of [
      [0, 0],
      [9999, 5],
      [10_000, 6],
      [15_000, 7],
      [20_000, 1234],
    ] as const) {
      now = at;
      view.on(progressOf(done));
    }
    expect(lines).toEqual([
      "        responses/a: generating 6/2,000 rows, 1,235 tokens/s",
      "        responses/a: generating 1,234/2,000 rows, 1,235 tokens/s",
    ]);
  });
});

test("the words of a task that a server judges say what was paid", () => {
  const words = (judgeCalls: number): string =>
    progressWords({ done: 3, total: 8, unit: "answers", doing: "judging", judgeCalls });
  expect(words(1)).toBe("judging 3/8 answers, 1 judge call paid");
  expect(words(1234)).toBe("judging 3/8 answers, 1,234 judge calls paid");
});

describe("the stream of events", () => {
  test("is a version line, then every event as it is, an object a line", async () => {
    const lines: string[] = [];
    const view = jsonProgress((line) => lines.push(line));
    for (const event of RUN) view.on(event);
    await view.close();
    expect(lines[0]).toBe('{"format_version":1,"stream":"events"}');
    expect(lines.slice(1).map((line) => JSON.parse(line) as unknown)).toEqual(RUN);
  });
});
