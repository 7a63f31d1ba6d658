import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ArtifactReader } from "../../src/runtime/artifact-reader.ts";
import { writeOutput } from "../../src/runtime/files.ts";
import { tempFolder } from "../rig/temp-folder.ts";

describe("an artifact", () => {
  test("is read as its task wrote it", () => {
    const folder = tempFolder();
    const reader = new ArtifactReader(folder, []);
    reader.add([writeOutput(folder, "a/b.json", "→"), writeOutput(folder, "a/c.bin", new Uint8Array([0, 255]))]);
    expect(Buffer.from(reader.read("a/b.json")).toString()).toBe("→");
    expect([...reader.read("a/c.bin")]).toEqual([0, 255]);
  });

  test("that has changed, or is gone, is a failure with what to do", () => {
    const folder = tempFolder();
    const reader = new ArtifactReader(folder, []);
    reader.add([writeOutput(folder, "a/b.json", "{}")]);
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
