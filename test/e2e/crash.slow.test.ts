import { beforeAll, describe, expect, test } from "vitest";
import { createProject, createSharedProject, SPEC } from "../rig/project.ts";
import { finishedTasks, recordsBesidesLogs, startApply } from "./disturbed.ts";

/** Many moments, evenly through an apply. */
const MOMENTS = 12;

const undisturbed = createSharedProject(SPEC);
let artifacts: Record<string, string>;
let durationMs: number;

beforeAll(async () => {
  ({ durationMs } = await undisturbed.apply());
  artifacts = undisturbed.artifacts();
});

describe.each(["SIGKILL", "SIGINT"] as const)("whenever an apply is ended by %s", (signal) => {
  test.each(Array.from({ length: MOMENTS }, (_, moment) => moment))(
    `the next one goes on, and makes the same bytes: moment %i of ${MOMENTS}`,
    async (moment) => {
      const project = createProject(SPEC);
      const running = startApply(project);
      await new Promise((resolve) => setTimeout(resolve, (durationMs * (moment + 0.5)) / MOMENTS));
      running.kill(signal);
      const ended = await running.end();
      const before = ended.stdout === "" ? [] : finishedTasks(ended.stdout);
      const { stdout, exitCode } = await project.run("apply", "--yes", "--json");
      expect(exitCode).toBe(0);
      const after = finishedTasks(stdout);
      expect(after.filter((id) => before.includes(id))).toEqual([]);
      expect(project.artifacts()).toEqual(artifacts);
      expect(recordsBesidesLogs(project)).toEqual(["state.jsonl"]);
    },
  );
});

test("an apply that is killed again and again comes to its end", async () => {
  const project = createProject(SPEC);
  for (let kills = 0; kills < 100; kills++) {
    const running = startApply(project);
    await Promise.race([running.end(), running.until(({ type }) => type === "task-finished")]);
    running.kill("SIGKILL");
    if ((await running.end()).exitCode === 0) break;
  }
  await project.apply();
  expect(project.artifacts()).toEqual(artifacts);
});
