import { describe, expect, it } from "vitest";
import { decodeSafetensors, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { encodeSafetensors } from "../../src/domain/safetensors-encode.ts";
import type { CaptureTask, ReplayTask, SimilarityTask, Task } from "../../src/domain/task.ts";
import { formatCaptured, formatResiduals, type CapturedResponse } from "../../src/runtime/tasks/capture-files.ts";
import type { TaskContext } from "../../src/runtime/tasks/context.ts";
import { runSimilarity } from "../../src/runtime/tasks/similarity.ts";
import { torchFile } from "../../src/runtime/torch/write.ts";

/** The tasks of a capture, its replay and their comparison, and their files. */
function prepare(
  captured: readonly number[],
  replayed: readonly number[],
  rows: number = replayed.length,
  raw: boolean = false,
) {
  const outputs = (variant: string) => [`${variant}/responses.json`, `${variant}/1.${raw ? "pt" : "safetensors"}`];
  const params = { raw };
  const capture = { id: "c", kind: "capture", params, outputs: outputs("instruct") } as unknown as CaptureTask;
  const replay = { id: "r", kind: "replay", params, outputs: outputs("base") } as unknown as ReplayTask;
  const task = {
    id: "s",
    kind: "similarity",
    needs: ["c", "r"],
    outputs: ["similarity/results.json"],
    params: { captured: "instruct", replayed: "base", minCoverage: 0.8, minCoherence: 70 },
  } as unknown as SimilarityTask;
  const response = (ids: readonly number[]): CapturedResponse => ({
    id: 1,
    note: "n",
    prompt: "p",
    response: "r",
    finish: "eos",
    prompt_ids: [1],
    response_ids: ids,
  });
  const residuals = (count: number) =>
    formatResiduals({ tokens: new Float32Array(count * 4).fill(0.5), mean: new Float32Array(4).fill(0.5) }, 2, 2);
  const files = new Map<string, Uint8Array>([
    ["instruct/responses.json", Buffer.from(formatCaptured([response(captured)]))],
    ["base/responses.json", Buffer.from(formatCaptured([response(replayed)]))],
    ["instruct/1.safetensors", residuals(captured.length)],
    ["base/1.safetensors", residuals(rows)],
  ]);
  const context = {
    experiment: { tasks: [capture, replay, task] as Task[] },
    readFile: (path: string) => files.get(path),
    progress: () => undefined,
    notice: () => undefined,
    signal: new AbortController().signal,
  } as unknown as TaskContext;
  return { files, run: () => runSimilarity([task], context) };
}

describe("both sides are of the same tokens", () => {
  it("when they are, equal residuals are alike", async () => {
    const made = await prepare([7, 8, 9], [7, 8, 9]).run();
    expect(made.get("s")?.get("similarity/results.json")).toContain('"mean": [ 1, 1, 1 ]');
  });

  it.each([
    ["one was cut", [7, 8, 9], [7, 8]],
    ["one is another token", [7, 8, 9], [7, 8, 8]],
  ])("not when %s", async (_, captured, replayed) => {
    await expect(prepare(captured, replayed).run()).rejects.toMatchObject({
      kind: "artifact-damaged",
      message: "instruct/responses.json and base/responses.json do not hold the same response tokens.",
      hint: "Delete the second and apply again: the responses are then replayed anew.",
    });
  });

  it("not when a file has residuals of another number of tokens", async () => {
    await expect(prepare([7, 8, 9], [7, 8, 9], 2).run()).rejects.toMatchObject({
      kind: "artifact-damaged",
      message: "base/1.safetensors has 2 rows for 3 response tokens.",
    });
  });

  it("not when a file holds something else", async () => {
    const { files, run } = prepare([7], [7]);
    files.set("base/1.safetensors", encodeSafetensors({ other: { shape: [1], data: Float32Array.of(1) } }));
    await expect(run()).rejects.toMatchObject({
      message: 'base/1.safetensors has no tensor "response"; it has other.',
    });
    files.set("base/responses.json", Buffer.from("{}"));
    await expect(run()).rejects.toMatchObject({ message: "base/responses.json is not a response file any more." });
    const whole = prepare([7], [7], 1, true);
    for (const [file, message] of [
      [torchFile(new Map()), "instruct/1.pt is no capture."],
      [[], "instruct/1.pt is cut off, or no torch file: it does not end as a zip archive does."],
    ] as const) {
      whole.files.set("instruct/1.pt", Buffer.concat([...file]));
      await expect(whole.run()).rejects.toMatchObject({ kind: "artifact-damaged", message });
    }
  });

  it("a residual that is zero has no angle", async () => {
    const { files, run } = prepare([7], [7]);
    const zero = formatResiduals({ tokens: new Float32Array(4), mean: new Float32Array(4) }, 2, 2);
    files.set("base/1.safetensors", zero);
    await expect(run()).rejects.toMatchObject({
      kind: "not-finite",
      message: "The residual streams at the response to prompt 1 have no angle: one of them is zero or infinite.",
    });
  });
});

it("residuals are stored as halves where these can hold them, and in full where not", () => {
  const stored = (value: number, hidden = 1024) => {
    const tokens = new Float32Array(hidden).fill(value, 1);
    const bytes = formatResiduals({ tokens, mean: new Float32Array(hidden) }, 1, hidden);
    return [parseSafetensorsHeader(bytes).entries.get("response")?.dtype, decodeSafetensors(bytes, "response").data[1]];
  };
  expect(stored(65_504)).toEqual(["F16", 65_504]);
  expect(stored(70_001)).toEqual(["F32", 70_001]);
  // Fewer numbers let less of their rounding cancel out.
  expect(stored(65_504, 1023)).toEqual(["F32", 65_504]);
});
