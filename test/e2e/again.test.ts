import { cpSync, truncateSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { copyProject, createSharedProject } from "../rig/project.ts";
import { eventsOf } from "../rig/steerform.ts";

/** One experiment, applied once; every test changes something in a copy. */
const applied = createSharedProject();
let artifacts: Record<string, string>;

beforeAll(async () => {
  await applied.apply();
  artifacts = applied.artifacts();
});

const NATURAL = "tiny_natural/sycophancy/base";
const VECTORS = `experiments/small/extraction/${NATURAL}/vectors/response__5/residual/probe/vectors.safetensors`;
const RESPONSES = `experiments/small/extraction/${NATURAL}/responses/pos.json`;

describe("what changes nothing", () => {
  test("comments, blank lines, quotes and the order of keys", async () => {
    const project = copyProject(applied);
    project.editSpec("version: 1\nexperiment: small\n", "# another comment\nexperiment: 'small'\n\nversion: 1\n");
    project.editSpec(
      "generate: { max_new_tokens: 8, temperature: 1.0, seed: 42 }",
      "generate:\n      seed: 42 # as before\n      temperature: 1\n      max_new_tokens: 8",
    );
    project.editSpec("layers: [3]\n  max_new_tokens: 8", "max_new_tokens: 8\n  layers: [ 3 ]");
    expect(await project.todo()).toEqual([]);
  });

  test("the project in another folder, weights and all", async () => {
    const project = copyProject(applied);
    project.remove("models/tiny");
    for (const name of ["base", "instruct", "judge"]) {
      cpSync(applied.path(`models/tiny/${name}`), project.path(`weights/${name}`), { recursive: true });
      project.edit(`config/models/tiny-${name}.yaml`, `models/tiny/${name}`, `weights/${name}`);
    }
    expect(await project.todo()).toEqual([]);
  });

  test("how much runs at once", async () => {
    const project = copyProject(applied);
    project.editSpec("max_batch_tokens: 2048", "max_batch_tokens: 64");
    expect(await project.todo()).toEqual([]);
    project.remove("experiments");
    await project.apply();
    expect(project.artifacts()).toEqual(artifacts);
  });
});

describe("what changes something reruns what depends on it, and that alone", () => {
  test("a position more: its activations, vectors and steering, and the table", async () => {
    const project = copyProject(applied);
    project.editSpec('position: ["response[:5]"]', 'position: ["response[:3]", "response[:5]"]');
    expect(await project.todo()).toEqual([
      `create activations/${NATURAL}/response__3`,
      `create vectors/${NATURAL}/response__3/mean_diff`,
      `create vectors/${NATURAL}/response__3/probe`,
      `create steering/${NATURAL}/response__3/mean_diff`,
      `create steering/${NATURAL}/response__3/probe`,
      "rerun results",
    ]);
    await project.apply();
    expect(project.artifacts()).toMatchObject({ ...artifacts, "reports/results.json": expect.any(String) });
  });

  test("a seed: what was sampled with it, with the reason", async () => {
    const project = copyProject(applied);
    project.editSpec("seed: 42", "seed: 43");
    const { stdout } = await project.run("plan");
    expect(stdout).toContain("seed: 42 → 43");
    const todo = await project.todo();
    expect(todo).toContain("rerun responses/tiny_instruction/sycophancy/instruct");
    expect(todo.filter((line) => line.includes(NATURAL) || line.includes("baseline"))).toEqual([]);
  });

  test("a vector set removed from the spec: an orphan, whose files stay", async () => {
    const project = copyProject(applied);
    project.editSpec("methods: [mean_diff, probe]", "methods: [mean_diff]");
    expect(await project.todo()).toEqual(["rerun results"]);
    await project.apply();
    expect(Object.keys(project.artifacts())).toEqual(Object.keys(artifacts));
    const { stdout } = await project.run("show", "results");
    expect(stdout).not.toContain("probe");
  });
});

describe("outputs that are not as they were", () => {
  test("one that is gone, one that was cut short: made again by their tasks alone, to the same bytes", async () => {
    const project = copyProject(applied);
    project.remove(VECTORS);
    truncateSync(project.path(RESPONSES), 100);
    const ids = [`responses/${NATURAL}`, `vectors/${NATURAL}/response__5/probe`];
    expect(await project.todo()).toEqual(ids.map((id) => `rerun ${id}`));
    const { stdout } = await project.run("apply", "--json", "--yes");
    const done = eventsOf(stdout).filter(({ type }) => type === "task-finished");
    expect(done.map(({ id }) => id)).toEqual(ids);
    expect(project.artifacts()).toEqual(artifacts);
  });

  test("one whose bytes have changed is not read in silence: what needs it fails, and says what to do", async () => {
    const project = copyProject(applied);
    const bytes = Buffer.from(project.readBytes(VECTORS));
    bytes[bytes.length - 1]! ^= 1;
    project.write(VECTORS, bytes);
    project.editSpec("layers: [3]", "layers: [4]");
    const { exitCode, stdout } = await project.run("apply", "--yes", "--keep-going");
    expect(exitCode).toBe(1);
    const path = VECTORS.replace("experiments/small/", "");
    expect(stdout).toContain(
      [
        `✗ steering/${NATURAL}/response__5/probe`,
        `  ${path} has changed since its task wrote it.`,
        "  hint: Delete it and apply again: the task that makes it then runs again.",
        `! results blocked by steering/${NATURAL}/response__5/probe`,
        "Report: experiments/small/reports/report.html",
        "Apply failed: 3 tasks done, 1 failed, 1 blocked, 12 up to date in",
      ].join("\n"),
    );
    // The table on disk is of the spec before.
    expect(stdout).not.toContain("Best sycophancy vector");
    project.remove(VECTORS);
    await project.apply();
  });
});
