import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TaskRecord } from "../../src/domain/state.ts";
import type { Task } from "../../src/domain/task.ts";
import { ArtifactReader } from "../../src/runtime/artifact-reader.ts";
import { writeOutput } from "../../src/runtime/files.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** A reader of a task that has two outputs, and how to write and record them. */
function oneTask() {
  const folder = tempFolder();
  const records = new Map<string, TaskRecord>();
  const tasks = [{ id: "t", outputs: ["a/b.json", "a/c.bin"] } as unknown as Task];
  const make = (text: string, bytes: readonly number[]): void => {
    const outputs = [writeOutput(folder, "a/b.json", text), writeOutput(folder, "a/c.bin", Uint8Array.from(bytes))];
    records.set("t", { id: "t", outputs } as unknown as TaskRecord);
  };
  return { folder, make, reader: new ArtifactReader({ folder, tasks }, records) };
}

describe("an artifact", () => {
  test("is read as its task wrote it, the last time", () => {
    const { make, reader } = oneTask();
    make("→", [0, 255]);
    expect(Buffer.from(reader.read("a/b.json")).toString()).toBe("→");
    expect([...reader.read("a/c.bin")]).toEqual([0, 255]);
    make("{}", [1]);
    expect([...reader.read("a/c.bin")]).toEqual([1]);
  });

  test("that has changed, or is gone, is a failure with what to do", () => {
    const { folder, make, reader } = oneTask();
    make("{}", []);
    writeFileSync(join(folder, "a/b.json"), "[]");
    expect(() => reader.read("a/b.json")).toThrow(
      expect.objectContaining({
        kind: "artifact-damaged",
        message: "a/b.json has changed since its task wrote it.",
        hint: "Delete it and apply again: the task that makes it then runs again.",
      }),
    );
    expect(() => reader.read("a/none.json")).toThrow(
      expect.objectContaining({
        kind: "artifact-damaged",
        message: "a/none.json is gone.",
        hint: "Apply again: the task that makes it then runs again.",
      }),
    );
  });
});
