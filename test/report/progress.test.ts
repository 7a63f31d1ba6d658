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

test("weights that are downloaded: their beginning, every ten seconds where they are, what they wait for, their end", () => {
  const lines: string[] = [];
  let now = 0;
  const view = plainProgress(
    (line) => lines.push(line),
    () => now,
  );
  const name = "hf://org/name";
  const at = (time: number, done: number, bytesPerSecond: number): void => {
    now = time;
    view.on({ type: "weights-progress", name, doing: "download", done, total: 16e9, bytesPerSecond });
  };
  view.on({ type: "weights-started", name, doing: "download", bytes: 16e9 });
  at(9999, 0.8e9, 80e6);
  at(10_000, 0.81e9, 81e6);
  view.on({ type: "weights-notice", name, note: "HTTP 429: again in 12 s" });
  at(21_000, 0.81e9, 0);
  view.on({ type: "weights-finished", name, doing: "download", durationMs: 210_000 });
  view.on({ type: "weights-started", name: "models/a.gguf", doing: "convert", bytes: 98e6 });
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "downloading hf://org/name: 16 GB
            hf://org/name: 810 MB of 16 GB, 81 MB/s, about 3 min 08 s left
            hf://org/name: HTTP 429: again in 12 s
            hf://org/name: 810 MB of 16 GB, 0 B/s
    hf://org/name is ready  3 min 30 s
    converting models/a.gguf: 98 MB"
  `);
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
