import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Task } from "../../src/domain/task.ts";
import { Recorder, type Unwritten } from "../../src/runtime/recorder.ts";
import { readState, StateStore } from "../../src/runtime/state.ts";
import type { Outputs } from "../../src/runtime/tasks/context.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const taskOf = (id: string, files: number): Task =>
  ({ id, outputs: Array.from({ length: files }, (_, index) => `${id}/${index}`) }) as unknown as Task;

const outputsOf = ({ id, outputs }: Task): Outputs => new Map(outputs.map((path) => [path, `${path} of ${id}`]));

const unwritten = ({ id }: Task): Unwritten => ({
  id,
  fingerprint: { kind: "k", version: "1", params: {}, inputs: {}, upstream: {} },
  digest: "d",
  durationMs: 1,
  finishedAt: "",
  toolVersion: "0",
});

test("tasks that come at once are recorded in their order, after their outputs; one that fails holds up no other", async () => {
  const folder = tempFolder();
  const recorder = new Recorder(folder, StateStore.open(folder));
  // The first has the most to write, and another's output is in the way.
  const tasks = ["a", "b", "c", "d"].map((id, index) => taskOf(id, 20 - 5 * index));
  mkdirSync(join(folder, "b/3"), { recursive: true });
  const outcomes = await Promise.allSettled(
    tasks.map(async (task) => {
      await recorder.record(task, outputsOf(task), unwritten(task));
      const written = task.outputs.map((path) => readFileSync(join(folder, path), "utf8"));
      expect([written, readState(folder).records.has(task.id)]).toEqual([[...outputsOf(task).values()], true]);
    }),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  const records = [...readState(folder).records.values()];
  expect(records.map(({ id, outputs }) => [id, outputs.length])).toEqual([
    ["a", 20],
    ["c", 10],
    ["d", 5],
  ]);
  expect(readdirSync(join(folder, "b")).filter((name) => name.includes(".tmp-"))).toEqual([]);
});

test("is full while many bytes of a task, or many tasks, are on their way", async () => {
  const folder = tempFolder();
  const recorder = new Recorder(folder, StateStore.open(folder));
  const record = (id: string, bytes: number): Promise<void> => {
    const task = taskOf(id, 1);
    const outputs: Outputs = new Map([[`${id}/0`, new Uint8Array(bytes)]]);
    return recorder.all([recorder.record(task, outputs, unwritten(task))]);
  };
  const large = record("large", 64 << 20);
  expect(recorder.isFull).toBe(true);
  await large;
  expect(recorder.isFull).toBe(false);
  const small = Array.from({ length: 31 }, (_, index) => record(`small ${index}`, 1));
  expect(recorder.isFull).toBe(false);
  small.push(record("one more", 1));
  expect(recorder.isFull).toBe(true);
  await Promise.all(small);
  expect(recorder.isFull).toBe(false);
});
