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

test("bytes are kept in files of their own, which go with the rest", async () => {
  const folder = tempFolder();
  const values = Uint8Array.from([0, 255, 10, 13]);
  const made: string[] = [];
  const get = (digest: string, name: string) =>
    new Checkpoint(folder, digest).bytesStep(name, () => {
      made.push(name);
      return Promise.resolve(values);
    });
  const [a, b] = ["a".repeat(64), "b".repeat(64)] as const;
  for (const name of ["one", "one", "two"]) expect(Uint8Array.from(await get(a, name))).toEqual(values);
  await get(b, "one");
  expect(made).toEqual(["one", "two", "one"]);
  const left = () => readdirSync(join(folder, ".steerform/checkpoints")).length;
  expect(left()).toBe(3);
  removeCheckpoint(folder, a);
  expect(left()).toBe(1);
  removeCheckpoints(folder, new Set());
  expect(left()).toBe(0);
});
