import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { copyProject, createProject, createSharedProject, type Project } from "../rig/project.ts";

const made = createSharedProject();
beforeAll(async () => {
  await made.apply();
});

const VECTORS = "extraction/tiny_natural/sycophancy/base/vectors/response__5/residual/probe/vectors.safetensors";

function flipByte(project: Project, path: string, at: number): void {
  const bytes = Uint8Array.from(project.readBytes(path));
  bytes[at]! ^= 1;
  project.write(path, bytes);
}

describe("verify", () => {
  test("finds nothing in what was just made", async () => {
    const { exitCode, stdout } = await copyProject(made).run("verify");
    expect([exitCode, stdout]).toEqual([0, "17 tasks: every artifact is as it was written."]);
  });

  test("finds a flipped byte, and apply makes that and what depends on it again, to the same bytes", async () => {
    const project = copyProject(made);
    const before = project.artifacts();
    flipByte(project, `experiments/small/${VECTORS}`, 300);
    expect(await project.todo()).toEqual([]);
    const { exitCode, stdout } = await project.run("verify");
    expect([exitCode, stdout]).toEqual([
      1,
      `${VECTORS} has changed since its task wrote it (vectors/tiny_natural/sycophancy/base/response__5/probe)\n` +
        "1 artifact damaged. The next apply makes 3 tasks again.",
    ]);
    expect(await project.todo()).toEqual([
      "create vectors/tiny_natural/sycophancy/base/response__5/probe",
      "create steering/tiny_natural/sycophancy/base/response__5/probe",
      "create results",
    ]);
    await project.apply();
    expect(project.artifacts()).toEqual(before);
  });

  test("only looks, with --dry-run; says it all in JSON", async () => {
    const project = copyProject(made);
    project.remove(`experiments/small/${VECTORS}`);
    const { exitCode, stdout } = await project.run("verify", "--dry-run", "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      format_version: 1,
      tasks: 17,
      damages: [{ id: "vectors/tiny_natural/sycophancy/base/response__5/probe", path: VECTORS, what: "is gone" }],
      forgotten: [],
    });
    expect(project.read("experiments/small/.steerform/state.jsonl")).not.toContain("forget");
  });

  test("works while the spec is broken", async () => {
    const project = copyProject(made);
    project.editSpec("variant: base }", "variant: bsae }");
    expect((await project.run("verify")).exitCode).toBe(0);
  });
});

describe("show", () => {
  test("a task: what it is made of, what it made, when, where and by what", async () => {
    const { exitCode, stdout } = await made.run("show", "vectors/*/response__5/probe");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      "vectors/tiny_natural/sycophancy/base/response__5/probe\n  vectors of the phase extraction",
    );
    expect(stdout).toContain("\nparameters\n  dataset: tiny_natural/sycophancy\n");
    expect(stdout).toMatch(/\noutputs\n {2}\S+vectors\.safetensors {2}4\.\d KB\n/);
    expect(stdout).toMatch(/\nmade\n {2}at \d{4}-.*, by steerform \d/);
    expect(stdout).toMatch(/\n {2}node: v\d+.*\n {2}platform: /);
    const json = JSON.parse((await made.run("show", "responses/*", "--json")).stdout) as {
      tasks: { action: string; record: { provenance: object } }[];
    };
    expect(json.tasks).toHaveLength(2);
    expect(json.tasks[0]).toMatchObject({ action: "keep", record: { provenance: { provider: "cpu", dtype: "auto" } } });
  });
});

describe("state", () => {
  test("list: what was made", async () => {
    const { stdout } = await made.run("state", "list");
    expect(stdout.split("\n")).toHaveLength(2 + 17);
    expect(stdout).toMatch(/^responses\/tiny_instruction\/sycophancy\/instruct {2}.*\d{4}-\d\d-\d\dT.* m?s .*KB$/m);
    const { tasks } = JSON.parse((await made.run("state", "list", "--json")).stdout) as { tasks: unknown[] };
    expect(tasks).toHaveLength(17);
    expect((await createProject().run("state", "list")).stdout).toBe("Nothing has been made yet.");
  });

  test("rm: what is forgotten is made again", async () => {
    const project = copyProject(made);
    const { stdout } = await project.run("state", "rm", "vectors/*/probe", "results");
    expect(stdout).toBe("Forgot 3 tasks. Their files stay until they are made again.");
    expect(await project.todo()).toEqual([
      "create vectors/tiny_instruction/sycophancy/instruct/response_all/probe",
      "create vectors/tiny_natural/sycophancy/base/response__5/probe",
      "create results",
    ]);
    const { exitCode, stderr } = await project.run("state", "rm", "baseline/tiny_naturl/sycophancy/instruct");
    expect([exitCode, stderr.split("\n")[0]]).toEqual([
      64,
      "The state has no 'baseline/tiny_naturl/sycophancy/instruct'. Did you mean 'baseline/tiny_natural/sycophancy/instruct'?",
    ]);
  });

  test("unlock: a dead owner's lock, or with --force anybody's", async () => {
    const project = copyProject(made);
    expect((await project.run("state", "unlock")).stdout).toBe("There is no lock.");
    const lock = "experiments/small/.steerform/lock";
    const elsewhere = { pid: 1, host: "elsewhere", boot: "", since: "2026-01-01T00:00:00.000Z" };
    project.write(lock, JSON.stringify(elsewhere));
    const refused = await project.run("state", "unlock");
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      "error: Another apply is running on this experiment: process 1 on elsewhere, since 2026-01-01T00:00:00.000Z.\n" +
        "hint: Wait for it to finish, or stop it. If it cannot be running any more: steerform state unlock --force.",
    ]);
    expect((await project.run("state", "unlock", "--force")).stdout).toBe(
      "Removed the lock of process 1 on elsewhere (since 2026-01-01T00:00:00.000Z).",
    );
    expect(existsSync(project.path(lock))).toBe(false);
  });
});

describe("gc", () => {
  test("deletes what the spec no longer has, after showing it", async () => {
    const project = copyProject(made);
    project.editSpec("methods: [mean_diff, probe]", "methods: [mean_diff]");
    const shown = await project.run("gc");
    expect(shown.stdout).toContain(`  - ${VECTORS}`);
    expect(shown.stdout.split("\n").at(-1)).toMatch(
      /^4 tasks no longer in the spec, 10 files, \d+ KB\. Delete them with steerform gc --yes\.$/,
    );
    expect(existsSync(project.path(`experiments/small/${VECTORS}`))).toBe(true);
    expect((await project.run("gc", "--yes")).stdout).toContain(": deleted.");
    expect(existsSync(project.path(`experiments/small/${VECTORS}`))).toBe(false);
    // Nothing of what is left was touched.
    expect(await project.todo()).toEqual(["rerun results"]);
    expect((await project.run("gc")).stdout).toBe("0 tasks no longer in the spec, 0 files, 0 B.");
  });
});
