import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TaskRecord } from "../../src/domain/state.ts";
import { writeOutput } from "../../src/runtime/files.ts";
import { observeState } from "../../src/runtime/observe.ts";
import { StateStore, statePath } from "../../src/runtime/state.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** Made of so many characters; with two outputs, which are written. */
function made(folder: string, id: string, characters: number): TaskRecord {
  return {
    id,
    fingerprint: { kind: "k", version: "1", params: { text: "x".repeat(characters) }, inputs: {}, upstream: {} },
    digest: `digest of ${id}`,
    outputs: [writeOutput(folder, `${id}/a`, "one"), writeOutput(folder, `${id}/b`, "two")],
    durationMs: 12,
    finishedAt: "2026-01-01T00:00:00.000Z",
    toolVersion: "0",
    provenance: { run: "r", node: "n", platform: "p", host: "h", git: null, provider: "cpu", peak_memory_bytes: 1 },
  };
}

/** A large one is looked at in another thread. */
describe.each([
  ["small", 100],
  ["large", 1_000_000],
])("a %s state", (_, characters) => {
  test("is seen with what of it is still there", async () => {
    const folder = tempFolder();
    const store = StateStore.open(folder);
    const ids = ["sound", "gone", "cut", "in the way", "forgotten", "lost, and made again"];
    const records = ids.map((id) => made(folder, id, characters));
    await Promise.all(records.map((record) => store.record(record)));
    store.forget("forgotten");
    rmSync(join(folder, "gone/b"));
    truncateSync(join(folder, "cut/a"), 1);
    rmSync(join(folder, "in the way"), { recursive: true });
    writeFileSync(join(folder, "in the way"), "");
    const again = { ...made(folder, "lost, and made again", characters), outputs: [] };
    await store.record(again);

    const seen = await observeState(folder)();
    const left = [...seen.records.values()];
    expect(left.map((record) => [record.id, seen.isPresent(record)])).toEqual([
      ["sound", true],
      ["gone", false],
      ["cut", false],
      ["in the way", false],
      ["lost, and made again", true],
    ]);
    expect(JSON.stringify(left)).toBe(JSON.stringify([...records.slice(0, 4), again]));
    expect(left.map(({ durationMs, outputs }) => [durationMs, outputs.length])).toEqual([
      [12, 2],
      [12, 2],
      [12, 2],
      [12, 2],
      [12, 0],
    ]);
  });

  test("that is damaged is told to who asks", async () => {
    const folder = tempFolder();
    const path = statePath(folder);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `{"steerform_state":1,"lineage":"x"}\n${"x".repeat(5 * characters)}\n`);
    const observed = observeState(folder);
    await expect(observed()).rejects.toThrow(`${path}:2 is not a record of the state.`);
  });
});

test("without a state nothing was made", async () => {
  expect((await observeState(tempFolder())()).records.size).toBe(0);
});
