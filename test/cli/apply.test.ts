import { existsSync, readFileSync, statSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { Ajv2020 } from "ajv/dist/2020.js";
import { copyProject, createProject, createSharedProject, REPOSITORY } from "../rig/project.ts";
import { eventsOf, type Finished } from "../rig/steerform.ts";

const project = createSharedProject();
let applied: Finished;

beforeAll(async () => {
  applied = await project.run("apply", "--json", "--yes");
});

describe("before anything was made", () => {
  test("plan says what there is to do and writes nothing", async () => {
    const fresh = createProject();
    const { exitCode, stdout, stderr } = await fresh.run("plan");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Plan: 17 tasks: 17 to create, 0 to rerun, 0 up to date.");
    expect((await fresh.run("plan", "--detailed-exitcode")).exitCode).toBe(2);
    expect(existsSync(fresh.path("experiments"))).toBe(false);
  });

  test("there are no results to show", async () => {
    const fresh = createProject();
    expect(await fresh.run("show", "results")).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: "error: small has no results yet.\nhint: steerform apply makes them.",
    });
    const { exitCode, stdout } = await fresh.run("show", "results", "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ format_version: 1, ok: false, failure: { kind: "results-missing" } });
  });

  test("apply without a terminal to ask on wants --yes, and does nothing", async () => {
    const fresh = createProject();
    const { exitCode, stderr } = await fresh.here("apply");
    expect([exitCode, stderr]).toEqual([
      1,
      "error: apply would run 17 tasks, and there is no terminal to ask on.\nhint: add --yes.",
    ]);
    expect(existsSync(fresh.path("experiments"))).toBe(false);
  });
});

describe("apply --json", () => {
  test("is a version line, then events: every task starts and finishes once, in the plan's order", () => {
    expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
    const [version, started, ...events] = eventsOf(applied.stdout);
    expect(version).toEqual({ format_version: 1, stream: "events" });
    expect(started).toMatchObject({ type: "run-started", experiment: "small", kept: 0 });
    expect(started).toHaveProperty("todo.extraction", 8);
    const idsOf = (type: string) => events.filter((event) => event.type === type).map(({ id }) => id);
    expect(idsOf("task-started")).toEqual(idsOf("task-finished"));
    expect(new Set(idsOf("task-finished")).size).toBe(17);
    expect(idsOf("task-progress").length).toBeGreaterThan(0);
    const counts = { done: 17, failed: 0, blocked: 0, kept: 0 };
    expect(events.at(-1)).toMatchObject({ type: "run-finished", outcome: "done", counts });
  });

  test("keeps the same events, without progress, in the run's log", () => {
    const [log] = project.records().filter((path) => path.endsWith("events.jsonl"));
    expect(log).toMatch(/^runs\/\d{8}T\d{6}\.\d{3}Z\/events\.jsonl$/);
    const [header, ...logged] = eventsOf(project.read(`experiments/small/.steerform/${log}`).trimEnd());
    expect(header).toMatchObject({ format_version: 1, run_id: log?.split("/")[1] });
    const shown = eventsOf(applied.stdout)
      .slice(1)
      .filter(({ type }) => type !== "task-progress");
    const at: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(logged).toEqual(shown.map((event) => ({ at, ...event })));
  });

  test("leaves neither a lock nor a temporary file nor a checkpoint", () => {
    expect(project.records().filter((path) => !path.startsWith("runs/"))).toEqual(["state.jsonl"]);
    expect(Object.keys(project.artifacts()).filter((path) => path.includes(".tmp-"))).toEqual([]);
  });
});

describe("when everything is up to date", () => {
  test("plan --json is what its schema says", async () => {
    const schema = JSON.parse(readFileSync(`${REPOSITORY}/schema/plan.schema.json`, "utf8")) as object;
    const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);
    const { exitCode, stdout } = await project.run("plan", "--json", "--detailed-exitcode");
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout) as { readonly tasks: readonly { readonly action: string }[] };
    validate(document);
    expect(validate.errors).toBeNull();
    expect(document.tasks.map(({ action }) => action)).toEqual(Array.from({ length: 17 }, () => "keep"));
  });

  test("apply runs no task, touches no file, needs no --yes, and shows the results", async () => {
    const times = () =>
      Object.keys(project.artifacts()).map((path) => statSync(project.path(`experiments/small/${path}`)).mtimeMs);
    const before = [times(), project.records()];
    const { exitCode, stdout, stderr, durationMs } = await project.run("apply");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Plan: 17 tasks: 0 to create, 0 to rerun, 17 up to date.");
    expect(stdout).toContain("Best sycophancy vector: tiny_instruction/sycophancy response[:]");
    const json = await project.here("apply", "--json");
    const counts = { done: 0, failed: 0, blocked: 0, left: 0, kept: 17 };
    expect(eventsOf(json.stdout)).toEqual([
      { format_version: 1, stream: "events" },
      { type: "run-finished", outcome: "done", counts, durationMs: 0 },
    ]);
    expect([times(), project.records()]).toEqual(before);
    console.log(`apply of an experiment that is up to date: ${Math.round(durationMs)} ms`);
  });

  test("show results is the table, or the document", async () => {
    const { exitCode, stdout, stderr } = await project.run("show", "results");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect((await project.here("apply")).stdout.endsWith(stdout)).toBe(true);
    const json = JSON.parse((await project.run("show", "results", "--json")).stdout) as object;
    expect(json).toEqual(JSON.parse(project.read("experiments/small/reports/results.json")));
    expect(json).toMatchObject({
      format_version: expect.any(Number) as unknown,
      experiment: "small",
      min_coherence: 70,
    });
    expect(json).toHaveProperty("rows.length", 4);
  });

  test("results that are damaged are an error with a hint", async () => {
    const copy = copyProject(project);
    copy.write("experiments/small/reports/results.json", '{"rows": [');
    const path = copy.path("experiments/small/reports/results.json");
    expect(await copy.run("show", "results")).toMatchObject({
      exitCode: 1,
      stderr: `error: ${path} is damaged.\nhint: Delete it and apply again.`,
    });
  });

  test("a state that is damaged is an error with a hint, for plan and apply", async () => {
    const copy = copyProject(project);
    copy.edit("experiments/small/.steerform/state.jsonl", '{"done"', '{"dane"');
    const path = copy.path("experiments/small/.steerform/state.jsonl");
    const hint = "Restore the file from a backup, or delete that line: its task then runs again.";
    for (const command of ["plan", "apply"]) {
      expect(await copy.here(command)).toMatchObject({
        exitCode: 1,
        stderr: `error: ${path}:2 is not a record of the state.\nhint: ${hint}`,
      });
    }
    const { stdout } = await copy.run("plan", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, failure: { kind: "state-damaged", hint } });
  });
});
