import { expect, test } from "vitest";
import { copyProject, createSharedProject, withServer } from "../rig/project.ts";
import { answer, serveJudge } from "../rig/judge-server.ts";
import { eventsOf, steerform } from "../rig/steerform.ts";

const project = createSharedProject();

/** A judge that takes its time, and scores a prompt by its length. */
const serveSlowly = () =>
  serveJudge((prompt, _, response) => {
    setTimeout(() => answer(response, { [String(prompt.length % 101)]: 1 }), 40);
  });

test("while one task's answers are judged, the model writes for another; the results are those of one at a time", async () => {
  const { baseUrl, requests } = await serveSlowly();
  project.write("specs/small.yaml", withServer(baseUrl, ", max_concurrency: 2"));
  const [parallel, serial] = [copyProject(project), copyProject(project)];
  const run = (dir: string, parallelism: string) =>
    steerform(["apply", "--yes", "--json", "--parallelism", parallelism], dir, {});

  const together = await run(parallel.dir, "3");
  expect(together.exitCode).toBe(0);
  const events = eventsOf(together.stdout).map(({ type, id }) => `${type} ${String(id)}`);
  const [first, second] = ["instruction", "natural"].map((set) => `baseline/tiny_${set}/sycophancy/instruct`);
  expect(events.indexOf(`task-started ${second}`)).toBeLessThan(events.indexOf(`task-finished ${first}`));
  // Both baselines ask the same: nothing is paid for twice.
  const asked = requests.map(({ body }) => body.messages[0]?.content);
  expect(new Set(asked).size).toBe(asked.length);

  expect((await run(serial.dir, "1")).exitCode).toBe(0);
  expect(parallel.artifacts()).toEqual(serial.artifacts());
});

test("--parallelism takes a number", async () => {
  const { exitCode, stderr } = await project.run("apply", "--parallelism", "none");
  expect([exitCode, stderr.split("\n")[0]]).toEqual([64, "--parallelism takes a whole number from 1; 'none' is none."]);
});
