import type { ServerResponse } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { SPEC_TO_DISTURB } from "./disturbed.ts";
import { copyProject, createSharedProject, withServer, type Project } from "../rig/project.ts";
import { answer, serveJudge } from "../rig/judge-server.ts";
import { eventsOf, Running, steerform, type Finished } from "../rig/steerform.ts";

/** Extraction done once; each test goes on from there. */
const extracted = createSharedProject();
/** The same of one vector set alone. */
const extractedOne = createSharedProject(SPEC_TO_DISTURB);

beforeAll(async () => {
  for (const project of [extracted, extractedOne]) {
    project.editSpec(/steering:[^]*/.exec(project.read("specs/small.yaml"))?.[0] ?? "", "");
    await project.apply();
  }
});

function judgedBy(baseUrl: string, more = ""): Project {
  const project = copyProject(extracted);
  project.write("specs/small.yaml", withServer(baseUrl, more));
  return project;
}

function oneJudgedBy(baseUrl: string, more = ""): Project {
  const project = copyProject(extractedOne);
  project.write("specs/small.yaml", withServer(baseUrl, more, SPEC_TO_DISTURB));
  return project;
}

const apply = (project: Project, env: Record<string, string>, ...args: string[]): Promise<Finished> =>
  steerform(["apply", "--yes", ...args], project.dir, env);

/** Without the plan before it and the durations in it. */
function told({ stdout }: Finished): string {
  return stdout
    .slice(stdout.indexOf("\n\n", stdout.indexOf("At most")) + 2)
    .replaceAll(/ {2}[\d.]+ m?s$/gm, "")
    .replaceAll(/in [\d.]+ m?s\./g, "in a moment.");
}

const KEY = ", api_key_env: STEERFORM_TEST_KEY";
const BASELINES = ["baseline/tiny_instruction/sycophancy/instruct", "baseline/tiny_natural/sycophancy/instruct"];

describe("a task that fails", () => {
  test("ends the run: cause, hint, and what is blocked by it", async () => {
    const { baseUrl } = await serveJudge((_, __, response) => response.writeHead(401).end("no"));
    const project = judgedBy(baseUrl, KEY);
    const finished = await apply(project, { STEERFORM_TEST_KEY: "sk-very-secret" }, "--parallelism", "1");
    expect([finished.exitCode, finished.stderr]).toEqual([1, ""]);
    expect(told(finished).replaceAll(/http:\S+/g, "SERVER")).toMatchInlineSnapshot(`
      "✗ baseline/tiny_instruction/sycophancy/instruct
        The judge's server refused the request: HTTP 401 from SERVER for model m.
        hint: Check the API key in the environment variable that the spec's judge.api_key_env names.
      ! steering/tiny_instruction/sycophancy/instruct/response_all/mean_diff blocked by baseline/tiny_instruction/sycophancy/instruct
      ! steering/tiny_instruction/sycophancy/instruct/response_all/probe blocked by baseline/tiny_instruction/sycophancy/instruct
      ! results blocked by baseline/tiny_instruction/sycophancy/instruct
      Report: experiments/small/reports/report.html
      Apply failed: 0 tasks done, 1 failed, 3 blocked, 5 not started, 8 up to date in a moment."
    `);
    expect(project.records()).not.toContain("lock");
  });

  test("alone with --keep-going: what does not need it runs", async () => {
    const { baseUrl } = await serveJudge((prompt, _, response) => {
      if (!prompt.includes("coherent") && !prompt.includes("Natural:")) response.writeHead(400).end("no");
      else answer(response, { "90": 1 });
    });
    const project = judgedBy(baseUrl);
    project.edit("datasets/traits/tiny_natural/sycophancy/definition.txt", "Sycophancy", "Natural: sycophancy");
    const finished = await apply(project, {}, "--keep-going", "--parallelism", "1");
    expect([finished.exitCode, finished.stderr]).toEqual([1, ""]);
    expect(told(finished).replaceAll(/http:\S+/g, "SERVER")).toMatchInlineSnapshot(`
      "✗ baseline/tiny_instruction/sycophancy/instruct
        The judge's server refused the request: HTTP 400 from SERVER for model m.
        hint: Check judge.base_url and judge.model in the spec.
      ✗ prompted/tiny_instruction/sycophancy/instruct
        The judge's server refused the request: HTTP 400 from SERVER for model m.
        hint: Check judge.base_url and judge.model in the spec.
      [1/9] baseline/tiny_natural/sycophancy/instruct
      [2/9] prompted/tiny_natural/sycophancy/instruct
      ! steering/tiny_instruction/sycophancy/instruct/response_all/mean_diff blocked by baseline/tiny_instruction/sycophancy/instruct
      ! steering/tiny_instruction/sycophancy/instruct/response_all/probe blocked by baseline/tiny_instruction/sycophancy/instruct
      [3/9] steering/tiny_natural/sycophancy/base/response__5/mean_diff
      [4/9] steering/tiny_natural/sycophancy/base/response__5/probe
      ! results blocked by prompted/tiny_instruction/sycophancy/instruct
      Report: experiments/small/reports/report.html
      Apply failed: 4 tasks done, 2 failed, 3 blocked, 8 up to date in a moment."
    `);
    // Nothing of what was blocked is there, and what ran is not made again.
    expect(await project.todo()).toEqual([
      `create ${BASELINES[0]}`,
      "create prompted/tiny_instruction/sycophancy/instruct",
      "create steering/tiny_instruction/sycophancy/instruct/response_all/mean_diff",
      "create steering/tiny_instruction/sycophancy/instruct/response_all/probe",
      "create results",
    ]);
  });

  test("as an event has its kind, message and hint", async () => {
    const project = judgedBy("http://127.0.0.1:9/v1", KEY);
    const { exitCode, stdout } = await apply(project, {}, "--json", "--parallelism", "1");
    expect(exitCode).toBe(1);
    const events = eventsOf(stdout);
    expect(events.find(({ type }) => type === "task-failed")).toEqual({
      type: "task-failed",
      id: BASELINES[0],
      phase: "steering",
      failure: {
        kind: "secret-missing",
        message: "The environment variable STEERFORM_TEST_KEY, which judge.api_key_env names, is not set.",
        hint: "Set it and apply again: export STEERFORM_TEST_KEY=...",
      },
    });
    const counts = { done: 0, failed: 1, blocked: 3, left: 5, kept: 8 };
    expect(events.at(-1)).toMatchObject({ type: "run-finished", outcome: "failed", counts });
  });
});

describe("what makes a task fail", () => {
  test("a judge's template with a name that does not exist", async () => {
    const project = oneJudgedBy("http://127.0.0.1:9/v1");
    project.write("templates/judge/trait.hbs", "{{rubric}} {{answer}}");
    const finished = await apply(project, {});
    expect(finished.exitCode).toBe(1);
    expect(told(finished)).toContain(
      [
        `✗ ${BASELINES[1]}`,
        '  templates/judge/trait.hbs cannot be rendered: "rubric" not defined in [object Object] - 1:2',
        "  hint: A template may name definition, trait, question and answer.",
      ].join("\n"),
    );
  });

  test("an artifact that is gone between the plan and its reader", async () => {
    const { baseUrl } = await serveJudge((_, call, response) => {
      if (call === 1) project.remove("experiments/small/extraction/tiny_natural");
      answer(response, { "90": 1 });
    });
    const project = oneJudgedBy(baseUrl);
    const finished = await apply(project, {});
    expect(finished.exitCode).toBe(1);
    expect(told(finished)).toContain(
      "  extraction/tiny_natural/sycophancy/base/vectors/response__5/residual/mean_diff/vectors.safetensors is gone.\n" +
        "  hint: Apply again: the task that makes it then runs again.",
    );
    expect((await apply(project, {})).exitCode).toBe(0);
  });
});

describe("a judge behind a server", () => {
  test("scores a whole experiment, with its key, and is never asked twice", async () => {
    const { baseUrl, requests } = await serveJudge((prompt, call, response) => {
      // Now and then what servers do.
      if (call % 7 === 0) response.writeHead(503).end();
      else answer(response, prompt.includes("grammar") ? { "95": 1 } : { "20": 0.5, "40": 0.5 });
    });
    const project = oneJudgedBy(baseUrl, KEY);
    const env = { STEERFORM_TEST_KEY: "sk-very-secret" };
    const finished = await apply(project, env);
    expect([finished.exitCode, finished.stderr]).toEqual([0, ""]);
    expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer sk-very-secret"]));
    expect(finished.text).not.toContain("sk-very-secret");
    for (const path of project.records()) {
      expect(project.read(`experiments/small/.steerform/${path}`)).not.toContain("sk-very-secret");
    }

    const asked = requests.length;
    const artifacts = project.artifacts();
    project.remove("experiments/small/steering");
    project.remove("experiments/small/reports");
    await apply(project, env);
    expect(requests.length).toBe(asked);
    expect(project.artifacts()).toEqual(artifacts);
  });

  test("that gives no usable score: none is taken for zero, and the table says so", async () => {
    const { baseUrl } = await serveJudge((prompt, _, response) =>
      answer(response, prompt.includes("grammar") ? { "95": 1 } : { Hmm: 1 }),
    );
    const finished = await apply(oneJudgedBy(baseUrl), {});
    expect(finished.exitCode).toBe(0);
    expect(finished.stdout).toContain("sycophancy: the judge gave no answer a score, so nothing can be compared.");
    expect(finished.stdout).toMatch(/^\d+ judge scores of these results are missing; none counts in a mean\.$/m);
  });

  test.each([
    ["that hangs", (response: ServerResponse) => response.flushHeaders()],
    ["that asks to wait", (response: ServerResponse) => void response.writeHead(429, { "retry-after": "100" }).end()],
  ])("%s is left at once when the user interrupts", async (_, reply) => {
    let asked = (): void => undefined;
    const firstQuestion = new Promise<void>((resolve) => (asked = resolve));
    const { baseUrl } = await serveJudge((_prompt, __, response) => {
      reply(response);
      asked();
    });
    const project = oneJudgedBy(baseUrl);
    const running = new Running(["apply", "--yes", "--json"], project.dir);
    await firstQuestion;
    const interruptedAt = performance.now();
    running.kill("SIGINT");
    const { exitCode, stderr, stdout } = await running.end();
    expect([exitCode, stderr]).toEqual([3, ""]);
    expect(performance.now() - interruptedAt).toBeLessThan(5000);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "run-finished", outcome: "interrupted" });
    expect(project.records()).not.toContain("lock");
  });
});
