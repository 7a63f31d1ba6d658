import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { acquireLock } from "../../src/runtime/lock.ts";
import { bootId } from "../../src/runtime/process-identity.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { scriptArguments, sourceText } from "../rig/script.ts";

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

  it("is taken over from a process that has ended and that its parent has not looked after", async () => {
    const folder = tempFolder();
    acquireLock(folder);
    const path = join(folder, ".steerform", "lock");
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 10"]);
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [output] = (await once(parent.stdout, "data")) as [Buffer];
    const zombie = Number(output.toString());
    const stat = (): string => readFileSync(`/proc/${zombie}/stat`, "utf8");
    await expect.poll(stat).toContain(" Z ");
    const started = stat().split(") ")[1]?.split(" ")[19];
    const owner = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...owner, pid: zombie, started }));
    expect(acquireLock(folder).takenOver).toMatch(/which is gone/);
  });

  it("is taken over when its process id is another process's now", () => {
    const folder = tempFolder();
    acquireLock(folder);
    const path = join(folder, ".steerform", "lock");
    const owner = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...owner, started: "1" }));
    expect(acquireLock(folder).takenOver).toMatch(/which is gone/);
  });

  it("that cannot be read is taken over, after it has had the time to be written", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, ".steerform"));
    writeFileSync(join(folder, ".steerform", "lock"), "");
    expect(acquireLock(folder).takenOver).toBe("Took over a lock that could not be read.");
  });

  it("of somebody who took it after it was deleted by hand is left to them", () => {
    const folder = tempFolder();
    const path = join(folder, ".steerform", "lock");
    const lock = acquireLock(folder);
    rmSync(path);
    const owner = { pid: 1, host: "elsewhere", boot: "b", since: "S" };
    writeFileSync(path, JSON.stringify(owner));
    lock.release();
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(owner);
  });

  it.each([-1, 1])("is taken over after who was to do that died, %d days from now by the clock", (days) => {
    const folder = tempFolder();
    mkdirSync(join(folder, ".steerform"));
    const path = join(folder, ".steerform", "lock");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(path, JSON.stringify({ pid: dead, host: hostname(), boot: bootId(), since: "S" }));
    writeFileSync(`${path}.taking`, "");
    const at = Date.now() / 1000 + days * 86_400;
    utimesSync(`${path}.taking`, at, at);
    expect(acquireLock(folder).takenOver).toMatch(/which is gone/);
  });

  it("of a dead owner is taken over by one of many that come at once", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, ".steerform"));
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const owner = { pid: dead, host: hostname(), boot: bootId(), since: "S" };
    writeFileSync(join(folder, ".steerform", "lock"), JSON.stringify(owner));
    const at = Date.now() + 1500;
    const program = `
      import { acquireLock } from ${sourceText("runtime/lock.ts")};
      while (Date.now() < ${at});
      try {
        acquireLock(${JSON.stringify(folder)});
        console.log("got it");
        process.stdin.resume();
      } catch (error) {
        console.log(error.kind);
      }`;
    const racers = Array.from({ length: 6 }, () => execa(process.execPath, scriptArguments(program)));
    // Whoever has it keeps it until the last has come, however late.
    const outcomes = await Promise.all(racers.map(async ({ stdout }) => String(await once(stdout, "data")).trim()));
    for (const { stdin } of racers) stdin.end();
    await Promise.all(racers);
    expect(outcomes.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "got it",
      ...Array.from({ length: 5 }, () => "locked"),
    ]);
    expect(readdirSync(join(folder, ".steerform"))).toEqual([]);
  });
});
