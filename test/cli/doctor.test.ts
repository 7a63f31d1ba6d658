import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { bareMachine, linesOf } from "../rig/doctor.ts";
import { createProject, withServer, type Project } from "../rig/project.ts";
import { steerform, type Finished } from "../rig/steerform.ts";

const doctor = (project: Project, ...args: readonly string[]): Promise<Finished> =>
  steerform(["doctor", ...args], project.dir, bareMachine());

test("a spec that can run: every section, exit 0, nothing written", async () => {
  const project = createProject();
  const found = await doctor(project);
  expect([found.exitCode, found.stderr]).toEqual([0, ""]);
  expect(found.stdout).toMatch(/^steerform \S+, onnxruntime-node \S+, Node v\S+, \w+-\w+\n\nMachine\n/);
  expect(found.stdout).toMatch(/\n\nProviders\n.*\n\nModels\n.*\n\nJudge\n/s);
  expect(linesOf(found, "cpu")[0]).toMatch(/^ok cpu .+: \d+ processors?/);
  expect(linesOf(found, "engine")).toEqual(["ok engine specs/small.yaml runs on cpu in float32"]);
  expect(linesOf(found, "instruct")).toEqual([
    "ok instruct tiny-instruct, 2 million parameters, 7.3 MB in memory and 55 MB for passes",
  ]);
  expect(found.stdout).toMatch(/\n {2}ok {7}memory {4}instruct, base at once take up to 125 MB of \S+ GB free\n/);
  expect(found.stdout.endsWith("\n\nJudge\n  ok       judge     the spec's own model judge")).toBe(true);
  expect(existsSync(project.path("experiments"))).toBe(false);
});

test("without a spec it says which there are, and is about the machine alone", async () => {
  const project = createProject();
  project.write("specs/other.yaml", project.read("specs/small.yaml"));
  const found = await doctor(project);
  expect(found.exitCode).toBe(0);
  expect(linesOf(found, "spec")).toEqual([
    "note spec none was looked at: Which spec? specs/ has 2: other.yaml, small.yaml.",
    "steerform doctor SPEC also says whether it can run here.",
  ]);
});

test("a spec with errors is a problem, and validate's business", async () => {
  const project = createProject();
  project.editSpec("application: instruct", "application: instrct");
  const found = await doctor(project);
  expect([found.exitCode, found.stderr]).toEqual([1, ""]);
  expect(linesOf(found, "spec")).toEqual([
    "problem spec specs/small.yaml has 1 error",
    "steerform validate specs/small.yaml shows them.",
  ]);
});

test("weights that are neither here nor to be had are a problem", async () => {
  const project = createProject();
  project.edit("config/models/tiny-base.yaml", "weights: models/tiny/base", "weights: hf://some/model");
  project.edit("config/models/tiny-base.yaml", "parameters: 1837184", "parameters: 70000000000");
  const found = await doctor(project);
  expect(found.exitCode).toBe(1);
  expect(linesOf(found, "base")[0]).toContain(
    "problem base tiny-base, 70.0 billion parameters, 280 GB in memory: some/model is not in the Hugging Face cache",
  );
});

test("the judge's server is asked for its models, with a key that is never shown", async () => {
  const asked: unknown[] = [];
  const server = createServer(({ url, headers }, response) => {
    asked.push(url, headers.authorization);
    response.writeHead(401).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
  const project = createProject(withServer(url, ", api_key_env: DOCTOR_TEST_KEY"));
  const env = { ...bareMachine(), DOCTOR_TEST_KEY: "hush-hush" };
  const found = await steerform(["doctor", "--check-judge"], project.dir, env);
  expect(found.exitCode).toBe(1);
  expect(found.text).not.toContain("hush-hush");
  expect(linesOf(found, "key")).toEqual(["ok key DOCTOR_TEST_KEY is set"]);
  expect(linesOf(found, "server")[0]).toBe("problem server answers, and refuses the key (HTTP 401)");
  expect(asked).toEqual(["/v1/models", "Bearer hush-hush"]);
});
