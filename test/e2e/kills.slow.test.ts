import { expect, test } from "vitest";
import { seededRandom } from "../../src/util/random.ts";
import { createProject, createSharedProject, withServer, type Project } from "../rig/project.ts";
import { answer, serveJudge } from "../rig/judge-server.ts";
import { startApply } from "./disturbed.ts";

/** `npm run test:crash`: kills at random moments. STEERFORM_CRASH_SEED repeats a run that failed. */
const SEED = process.env["STEERFORM_CRASH_SEED"] ?? String(Date.now());
const KILLS = 100;

const undisturbed = createSharedProject();

/** Scores a prompt by its length, after a moment: some kills come while a question is out. */
const serve = () =>
  serveJudge((prompt, _, response) => {
    setTimeout(() => answer(response, { [String(prompt.length % 101)]: 1 }), 5);
  });

/** Written anew: the last apply may have been killed when nothing but the report was left to do. */
async function reportOf(project: Project): Promise<string[]> {
  expect((await project.run("report")).exitCode).toBe(0);
  return ["md", "html"].map((ending) => project.read(`experiments/small/reports/report.${ending}`));
}

test(`${KILLS} kills at random moments: the bytes of a run that nothing disturbed, and no judgement paid for twice`, async () => {
  console.log(`seed ${SEED}`);
  const random = seededRandom(SEED);
  const { baseUrl, requests } = await serve();
  const spec = withServer(baseUrl);
  undisturbed.write("specs/small.yaml", spec);
  const { durationMs } = await undisturbed.apply();
  const artifacts = undisturbed.artifacts();
  const report = await reportOf(undisturbed);

  let kills = 0;
  let finished = 0;
  while (kills < KILLS) {
    requests.length = 0;
    const project: Project = createProject(spec);
    for (;;) {
      const running = startApply(project);
      // Most of a run is short work after a start of half a second: later kills are the interesting ones.
      const moment = setTimeout(() => running.kill("SIGKILL"), durationMs * Math.sqrt(random()));
      const { exitCode, signal, text } = await running.end();
      clearTimeout(moment);
      if (signal === "SIGKILL") kills++;
      else {
        expect([exitCode, text]).toEqual([0, text]);
        break;
      }
    }
    finished++;
    expect(project.artifacts()).toEqual(artifacts);
    expect(await reportOf(project)).toEqual(report);
    // An answer that was on its way when the process was killed is lost, at most so many a kill as are asked at once.
    const paid = requests.map(({ body }) => body.messages[0]?.content);
    const twice = paid.length - new Set(paid).size;
    expect(twice).toBeLessThanOrEqual(8 * kills);
  }
  console.log(`${kills} kills, ${finished} experiments came to their end`);
});
