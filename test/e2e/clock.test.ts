import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { createProject, createSharedProject, type Project } from "../rig/project.ts";
import { eventsOf, steerform, type Finished } from "../rig/steerform.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { SPEC_TO_DISTURB, startApply } from "./disturbed.ts";

const DAY_MS = 86_400_000;

/** Runs an apply whose wall clock is off by so much, in turn, each time that it is read. */
function applyWithClock(project: Project, ...shiftsMs: readonly number[]): Promise<Finished> {
  const module = join(tempFolder(), "clock.mjs");
  writeFileSync(
    module,
    `const RealDate = Date;
    const shifts = ${JSON.stringify(shiftsMs)};
    let reads = 0;
    const now = () => RealDate.now() + shifts[reads++ % shifts.length];
    globalThis.Date = class extends RealDate {
      constructor(...args) { if (args.length === 0) super(now()); else super(...args); }
      static now() { return now(); }
    };`,
  );
  return steerform(["apply", "--yes", "--json"], project.dir, {
    NODE_OPTIONS: `--import=${pathToFileURL(module).href}`,
  });
}

const undisturbed = createSharedProject(SPEC_TO_DISTURB);

beforeAll(async () => {
  await undisturbed.apply();
});

test("a clock that is set forward and back changes no result and no duration", async () => {
  const project = createProject(SPEC_TO_DISTURB);
  const { exitCode, stdout, stderr, durationMs } = await applyWithClock(project, 0, DAY_MS, -DAY_MS);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(project.artifacts()).toEqual(undisturbed.artifacts());
  expect(await project.todo()).toEqual([]);

  const durations = eventsOf(stdout).flatMap((event) => ("durationMs" in event ? [event["durationMs"] as number] : []));
  const recorded = project
    .read("experiments/small/.steerform/state.jsonl")
    .match(/"durationMs":[^,]+/g)
    ?.map((text) => Number(text.split(":")[1]));
  expect([durations.length, recorded?.length]).toEqual([7, 6]);
  for (const duration of [...durations, ...(recorded ?? [])]) {
    expect(duration).toBeGreaterThanOrEqual(0);
    expect(duration).toBeLessThan(durationMs);
  }
  // The clock did jump.
  const log = project.records().find((path) => path.endsWith("events.jsonl")) ?? "";
  const days = project.read(`experiments/small/.steerform/${log}`).match(/"at":"[^T]+/g);
  expect(new Set(days).size).toBeGreaterThan(1);
});

test("whatever the clock says, a living process keeps its lock, and a dead one does not", async () => {
  const project = createProject(SPEC_TO_DISTURB);
  const first = startApply(project);
  await first.until(({ type }) => type === "task-started");
  first.kill("SIGSTOP");
  for (const shift of [DAY_MS, -DAY_MS]) {
    const { exitCode, stdout } = await applyWithClock(project, shift);
    expect(exitCode).toBe(1);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "failure", failure: { kind: "locked" } });
  }
  first.kill("SIGKILL");
  await first.end();
  const { exitCode, stdout } = await applyWithClock(project, -DAY_MS);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Took over the lock of process ${first.pid} (since `);
  expect(project.artifacts()).toEqual(undisturbed.artifacts());
});
