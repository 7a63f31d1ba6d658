import { expect, test } from "vitest";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { apply } from "../../src/runtime/apply.ts";
import type { RunEvent } from "../../src/runtime/events.ts";
import { RuntimeFailure } from "../../src/runtime/failures.ts";
import type { Execute } from "../../src/runtime/runners/local.ts";
import { readState, StateStore } from "../../src/runtime/state.ts";
import { FULL } from "../compiler/full-fixture.ts";
import { projectOf } from "../compiler/fixture.ts";
import { compileFiles } from "../compiler/rig.ts";
import { tempFolder } from "../rig/temp-folder.ts";

function experimentIn(folder: string): Experiment {
  const { experiment } = compileFiles(projectOf(FULL));
  if (experiment === undefined) throw new Error("the fixture does not compile");
  return { ...experiment, folder };
}

/** Writes its files, and does nothing else. */
const write: Execute = async (tasks) =>
  new Map(tasks.map(({ id, outputs }) => [id, new Map(outputs.map((path) => [path, `${path} of ${id}`]))]));

async function applied(experiment: Experiment, execute: Execute, keepGoing = false): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const state = StateStore.open(experiment.folder);
  await apply({
    experiment,
    plan: planTasks(experiment, state.records, () => true),
    state,
    runId: "r",
    toolVersion: "0",
    keepGoing,
    parallelism: 1,
    emit: (event) => void events.push(event),
    execute,
    signal: new AbortController().signal,
  });
  return events;
}

const idsOf = (events: readonly RunEvent[], wanted: RunEvent["type"]): string[] =>
  events.flatMap((event) => (event.type === wanted && "id" in event ? [event.id] : []));

test("tasks start and are recorded in plan order, none before what it needs; the disk does not hold up the next", async () => {
  const experiment = experimentIn(tempFolder());
  const events = await applied(experiment, write);
  const finished = idsOf(events, "task-finished");
  expect(new Set(finished)).toEqual(new Set(experiment.tasks.map(({ id }) => id)));
  expect([...readState(experiment.folder).records.keys()]).toEqual(finished);
  expect(finished).toEqual(idsOf(events, "task-started"));

  const byId = new Map(experiment.tasks.map((task) => [task.id, task]));
  const done = new Set<string>();
  let together = 0;
  let started = 0;
  for (const event of events) {
    if (event.type === "task-finished") done.add(event.id);
    if (event.type !== "task-started") continue;
    together = Math.max(together, ++started - done.size);
    const task = byId.get(event.id);
    expect([...(task?.needs ?? []), ...(task?.after ?? [])].filter((need) => !done.has(need))).toEqual([]);
  }
  expect(together).toBeGreaterThan(1);
});

test("one task runs at a time, whatever is on its way to the disk", async () => {
  let running = 0;
  const events = await applied(experimentIn(tempFolder()), async (tasks, context) => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    return write(tasks, context);
  });
  expect(events.at(-1)).toMatchObject({ type: "run-finished", outcome: "done" });
});

test("of a task that fails, what was made before it is told and recorded before, and what needs it is blocked", async () => {
  const experiment = experimentIn(tempFolder());
  const broken = "vectors/set_b/praise/base/response__5/probe";
  const execute: Execute = (tasks, context) => {
    if (tasks.every(({ id }) => id !== broken)) return write(tasks, context);
    throw new RuntimeFailure("vector-degenerate", "no direction", "none");
  };
  const events = await applied(experiment, execute, true);
  const ends = events.flatMap((event) => ("id" in event && event.type !== "task-started" ? [event] : []));
  const undisturbed = await applied(experimentIn(tempFolder()), write);
  expect(ends.map(({ id }) => id)).toEqual(idsOf(undisturbed, "task-finished"));
  expect(idsOf(events, "task-failed")).toEqual([broken]);
  expect(idsOf(events, "task-blocked")).toContain("steering/set_b/praise/base/response__5/probe");
  expect([...readState(experiment.folder).records.keys()]).toEqual(idsOf(events, "task-finished"));
});
