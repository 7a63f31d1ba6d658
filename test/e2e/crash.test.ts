import { beforeAll, describe, expect, test } from "vitest";
import { createProject, createSharedProject } from "../rig/project.ts";
import { eventsOf } from "../rig/steerform.ts";
import {
  doing,
  finishedTasks,
  inSecondEvaluation,
  recordsBesidesLogs,
  SPEC_TO_DISTURB,
  startApply,
  STEERING,
} from "./disturbed.ts";

/** What an apply makes that nobody disturbs. */
const undisturbed = createSharedProject(SPEC_TO_DISTURB);
let artifacts: Record<string, string>;

beforeAll(async () => {
  await undisturbed.apply();
  artifacts = undisturbed.artifacts();
});

test("an apply that was killed in a search goes on in it, and makes the same bytes", async () => {
  const project = createProject(SPEC_TO_DISTURB);
  const running = startApply(project);
  await running.until(inSecondEvaluation);
  running.kill("SIGKILL");
  const killed = await running.end();
  // What a write that is cut short leaves.
  project.write(`experiments/small/extraction/pos.json.tmp-${running.pid}`, "half of i");
  project.write(`experiments/small/.steerform/state.jsonl.tmp-${running.pid}`, "half of i");
  project.write("experiments/small/extraction/mine.tmp-notes", "a user's own file");

  const { exitCode, stdout } = await project.run("apply", "--yes", "--json");
  expect(exitCode).toBe(0);
  const takenOver = `^Took over the lock of process ${running.pid} \\(since .+\\), which is gone\\.$`;
  const events = eventsOf(stdout);
  expect(events[1]).toEqual({ type: "notice", message: expect.stringMatching(takenOver) as unknown });
  const [searched] = events.filter((event) => event.id === STEERING && event.type === "task-progress");
  expect(searched === undefined ? "" : doing(searched)).toMatch(/^evaluation 2\/2, /);
  expect([...finishedTasks(killed.stdout), ...finishedTasks(stdout)].length).toBe(6);
  const { "extraction/mine.tmp-notes": own, ...made } = project.artifacts();
  expect(own).toBeDefined();
  expect(made).toEqual(artifacts);
  expect(recordsBesidesLogs(project)).toEqual(["state.jsonl"]);
});

describe("an apply that is interrupted", () => {
  test("in a search stops within seconds, says so, and goes on", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    const running = startApply(project);
    await running.until(inSecondEvaluation);
    const interruptedAt = performance.now();
    running.kill("SIGINT");
    const stopped = await running.end();
    expect(performance.now() - interruptedAt).toBeLessThan(5000);
    expect([stopped.exitCode, stopped.stderr]).toEqual([3, ""]);
    const events = eventsOf(stopped.stdout).filter(({ type }) => type !== "task-progress");
    const message = "Stopping; what is finished is kept. Once more stops at once.";
    expect(events.at(-2)).toEqual({ type: "notice", message });
    const counts = { done: 4, failed: 0, blocked: 0, left: 2, kept: 0 };
    expect(events.at(-1)).toMatchObject({ type: "run-finished", outcome: "interrupted", counts });
    expect(project.records()).not.toContain("lock");

    const plain = await project.apply();
    expect(plain.stdout).not.toContain("Took over");
    expect(plain.stdout).toContain("Apply complete: 2 tasks done, 4 up to date in");
    expect(project.artifacts()).toEqual(artifacts);
  });

  test("before anything is finished, by whatever signal, leaves no lock", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const running = startApply(project);
      await running.until(({ type }) => type === "run-started");
      running.kill(signal);
      const { exitCode, stdout } = await running.end();
      expect(exitCode).toBe(3);
      expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "run-finished", outcome: "interrupted" });
      expect(project.records()).not.toContain("lock");
    }
  });

  test("twice stops at once and leaves no lock", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    const running = startApply(project);
    await running.until(({ type }) => type === "task-started");
    running.kill("SIGINT");
    await running.until(({ type }) => type === "notice");
    running.kill("SIGINT");
    expect(await running.end()).toMatchObject({ signal: "SIGINT", stderr: "" });
    expect(project.records()).not.toContain("lock");
  });

  test("because nobody reads its output any more goes on the next time", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    const running = startApply(project);
    await running.until(({ type }) => type === "task-finished");
    running.closeOutput();
    expect(await running.end()).toMatchObject({ exitCode: 3, stderr: "" });
    expect(project.records()).not.toContain("lock");
    await project.apply();
    expect(project.artifacts()).toEqual(artifacts);
  });
});

describe("two applies at once", () => {
  test("the second is refused and names the first; plan and show ask for no lock", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    const first = startApply(project);
    await first.until(({ type }) => type === "task-started");
    first.kill("SIGSTOP");
    const plain = await project.run("apply", "--yes");
    const json = await project.run("apply", "--yes", "--json");
    const planned = await project.run("plan");
    const shown = await project.run("show", "results");
    first.kill("SIGCONT");
    expect(plain.exitCode).toBe(1);
    expect(plain.stderr).toMatch(
      new RegExp(
        `^error: Another apply is running on this experiment: process ${first.pid} on \\S+, since \\S+Z\\.\n` +
          `hint: Wait for it to finish, or stop it\\. If it cannot be running any more: steerform state unlock --force\\.$`,
      ),
    );
    expect(json.exitCode).toBe(1);
    expect(eventsOf(json.stdout).at(-1)).toMatchObject({ type: "failure", failure: { kind: "locked" } });
    expect(planned.exitCode).toBe(0);
    expect(shown.stderr).toContain("small has no results yet.");
    expect((await first.end()).exitCode).toBe(0);
    expect(project.artifacts()).toEqual(artifacts);
  });
});
