import { appendFileSync, existsSync, readdirSync, truncateSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Checkpoint, removeCheckpoint, removeCheckpoints } from "../../src/runtime/checkpoint.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const always = (): boolean => true;

/** Runs a step, and says whether it was made or found. */
async function step(folder: string, digest: string, name: string, value: unknown, keep = true): Promise<string> {
  let made = false;
  const make = (): Promise<unknown> => {
    made = true;
    return Promise.resolve(value);
  };
  const got = await new Checkpoint(folder, digest).step(name, make, () => keep);
  expect(got).toEqual(value);
  return made ? "made" : "found";
}

test("a step is made once, whatever it gave; under another name or digest it is another", async () => {
  const folder = tempFolder();
  for (const [index, value] of [[0.1 + 0.2, -1e-310], null, "", { text: "→\n" }].entries()) {
    expect(await step(folder, "d", `step ${index}`, value)).toBe("made");
    expect(await step(folder, "d", `step ${index}`, value)).toBe("found");
  }
  expect(await step(folder, "d", "other", 1)).toBe("made");
  expect(await step(folder, "e", "other", 1)).toBe("made");
});

test("a value that might come out better the next time is not kept", async () => {
  const folder = tempFolder();
  expect(await step(folder, "d", "s", [null], false)).toBe("made");
  expect(await step(folder, "d", "s", [5])).toBe("made");
});

test("a step that fails leaves nothing", async () => {
  const folder = tempFolder();
  const failing = new Checkpoint(folder, "d").step("s", () => Promise.reject(new Error("no")), always);
  await expect(failing).rejects.toThrow("no");
  expect(existsSync(join(folder, ".steerform"))).toBe(false);
});

test("what a crash cut short is made again, and those before and after it are found", async () => {
  const folder = tempFolder();
  await step(folder, "d", "one", 1);
  await step(folder, "d", "two", 2);
  const path = join(folder, ".steerform/checkpoints/d.jsonl");
  truncateSync(path, statSync(path).size - 4);
  expect(await step(folder, "d", "three", 3)).toBe("made");
  expect(await step(folder, "d", "one", 1)).toBe("found");
  expect(await step(folder, "d", "three", 3)).toBe("found");
  expect(await step(folder, "d", "two", 2)).toBe("made");
  appendFileSync(path, "\nnull\n[]\nnonsense");
  expect(await step(folder, "d", "two", 2)).toBe("found");
});

test("they go with their task, and with the plan that no longer has it", async () => {
  const folder = tempFolder();
  removeCheckpoints(folder, new Set());
  for (const digest of ["a", "b", "c"]) await step(folder, digest, "s", 1);
  removeCheckpoint(folder, "a");
  removeCheckpoint(folder, "a");
  removeCheckpoints(folder, new Set(["c", "x"]));
  expect(readdirSync(join(folder, ".steerform/checkpoints"))).toEqual(["c.jsonl"]);
});
