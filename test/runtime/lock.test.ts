import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acquireLock } from "../../src/runtime/lock.ts";
import { tempFolder } from "../rig/temp-folder.ts";

describe("the lock", () => {
  it("is one writer's at a time and names its owner", () => {
    const folder = tempFolder();
    const lock = acquireLock(folder);
    expect(() => acquireLock(folder)).toThrow(
      new RegExp(`^Another apply is running on this experiment: process ${process.pid} on ${hostname()}, since `),
    );
    lock.release();
    acquireLock(folder).release();
    expect(existsSync(join(folder, ".steerform", "lock"))).toBe(false);
  });

  it("is taken over from a process that is gone, and says so", () => {
    const folder = tempFolder();
    acquireLock(folder);
    const path = join(folder, ".steerform", "lock");
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(
      path,
      JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), pid: gone, since: "S" }),
    );
    expect(acquireLock(folder).takenOver).toBe(`Took over the lock of process ${gone} (since S), which is gone.`);
  });

  it("is taken over when the machine was restarted since", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, ".steerform"));
    const owner = { pid: process.pid, host: hostname(), boot: "another", since: "S" };
    writeFileSync(join(folder, ".steerform", "lock"), JSON.stringify(owner));
    expect(acquireLock(folder).takenOver).toMatch(/which is gone/);
  });

  it("on another host is never taken over", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, ".steerform"));
    const owner = { pid: 1, host: "elsewhere", boot: "b", since: "S" };
    writeFileSync(join(folder, ".steerform", "lock"), JSON.stringify(owner));
    expect(() => acquireLock(folder)).toThrow("process 1 on elsewhere, since S.");
  });
});
