import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import type { TaskRecord } from "../../src/domain/state.ts";
import { readState, StateStore, statePath } from "../../src/runtime/state.ts";
import { tempFolder } from "../rig/temp-folder.ts";

function record(id: string, digest = "d"): TaskRecord {
  const fingerprint = { kind: "responses", version: "1", params: {}, inputs: {}, upstream: {} };
  return {
    id,
    digest,
    fingerprint,
    outputs: [],
    durationMs: 1,
    finishedAt: "2026-01-01T00:00:00.000Z",
    toolVersion: "0",
  };
}

describe("the state file", () => {
  it("is empty before anything ran, and reading makes no file", () => {
    const folder = tempFolder();
    expect(readState(folder).records.size).toBe(0);
    expect(() => readFileSync(statePath(folder))).toThrow(/ENOENT/);
  });

  it("remembers the latest record and forgets what was forgotten", async () => {
    const folder = tempFolder();
    const store = StateStore.open(folder);
    await store.record(record("a", "1"));
    await store.record(record("b"));
    await store.record(record("a", "2"));
    store.forget("b");
    store.forget("never");
    expect(JSON.stringify([...readState(folder).records.values()])).toBe(JSON.stringify([record("a", "2")]));
    expect([...StateStore.open(folder).records.keys()]).toEqual(["a"]);
  });

  it("takes many records at once, in the order in which they come, and what is forgotten between them", async () => {
    const folder = tempFolder();
    const store = StateStore.open(folder);
    await store.record(record("old"));
    const ids = Array.from({ length: 100 }, (_, index) => String(index));
    const recorded = ids.map((id) => store.record(record(id)));
    store.forget("old");
    await Promise.all(recorded);
    expect([...readState(folder).records.keys()]).toEqual(ids);
    expect([...store.records.keys()]).toEqual(ids);
  });

  it("that cannot be written to fails who records, and takes what comes when it can be", async () => {
    const folder = tempFolder();
    const store = StateStore.open(folder);
    const path = statePath(folder);
    renameSync(path, `${path}.away`);
    mkdirSync(path);
    const failed = await Promise.allSettled([store.record(record("a")), store.record(record("b"))]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    rmdirSync(path);
    renameSync(`${path}.away`, path);
    await store.record(record("c"));
    expect([...readState(folder).records.keys()]).toEqual(["c"]);
    expect([...store.records.keys()]).toEqual(["c"]);
  });

  it("drops a last line that a crash cut short, and goes on after it", async () => {
    const folder = tempFolder();
    await StateStore.open(folder).record(record("a"));
    appendFileSync(statePath(folder), '{"done":{"id":"b","dig');
    expect([...readState(folder).records.keys()]).toEqual(["a"]);
    await StateStore.open(folder).record(record("c"));
    expect([...readState(folder).records.keys()]).toEqual(["a", "c"]);
  });

  it("is rewritten when most of its lines are history, keeping its lineage", async () => {
    const folder = tempFolder();
    const store = StateStore.open(folder);
    const header = readFileSync(statePath(folder), "utf8").split("\n")[0];
    await Promise.all(Array.from({ length: 1100 }, (_, index) => store.record(record("a", String(index)))));
    StateStore.open(folder);
    expect(readFileSync(statePath(folder), "utf8")).toBe(
      `${header}\n${JSON.stringify({ done: record("a", "1099") })}\n`,
    );
  });

  it("refuses a newer version and a damaged line, naming the line", () => {
    const folder = tempFolder();
    const path = statePath(folder);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"steerform_state":2,"lineage":"x"}\n');
    expect(() => readState(folder)).toThrow(
      `${path} was written by a newer steerform (state version 2; this one reads 1).`,
    );
    writeFileSync(path, '{"steerform_state":1,"lineage":"x"}\nnonsense\n');
    expect(() => readState(folder)).toThrow(`${path}:2 is not a record of the state.`);
  });
});
