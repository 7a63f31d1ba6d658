import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProject, type Project } from "../rig/project.ts";
import { SPEC_TO_DISTURB } from "./disturbed.ts";

/** Programs of the system, where it has them. */
const [MOUNT, UNMOUNT] = ["mount", "umount"];

const IN_THE_WAY = "hint: A file is where a folder has to be, or the other way round: move it away and apply again.";

async function apply(project: Project): Promise<{ exitCode: number | undefined; told: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await project.run("apply", "--yes");
  return { exitCode, told: stdout.replace(/^[^]*on disk\.\n/, "").trim(), stderr };
}

describe("something is in the way of", () => {
  test("the experiments: an error, before anything runs", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    project.write("experiments", "");
    const path = project.path("experiments/small");
    expect(await apply(project)).toEqual({
      exitCode: 1,
      told: "",
      stderr: `error: ENOTDIR: not a directory, mkdir '${path}'\n${IN_THE_WAY}`,
    });
  });

  test("an output's folder: its task fails, and nothing else is touched", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    project.write("experiments/small/steering", "mine");
    const { exitCode, told, stderr } = await apply(project);
    expect([exitCode, stderr]).toEqual([1, ""]);
    const folder = project.path("experiments/small/steering/tiny_natural");
    expect(told).toContain(
      `✗ baseline/tiny_natural/sycophancy/instruct\n  ENOTDIR: not a directory, mkdir '${folder}'\n  ${IN_THE_WAY}`,
    );
    expect(project.read("experiments/small/steering")).toBe("mine");
    project.remove("experiments/small/steering");
    await project.apply();
  });

  test("an output: its task fails", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    const path = "experiments/small/extraction/tiny_natural/sycophancy/base/responses/pos.json";
    mkdirSync(project.path(path), { recursive: true });
    const { exitCode, told } = await apply(project);
    expect(exitCode).toBe(1);
    expect(told).toContain(
      "✗ responses/tiny_natural/sycophancy/base\n  EISDIR: illegal operation on a directory, rename",
    );
    expect(Object.keys(project.artifacts())).toEqual([]);
  });
});

/** A file system of its own in place of the experiments; undefined where that needs rights that we do not have. */
function mounted(project: Project, options: string): boolean {
  const folder = project.path("experiments");
  mkdirSync(folder);
  try {
    execFileSync(MOUNT, ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
  onTestFinished(() => void execFileSync(UNMOUNT, [folder]));
  return true;
}

function remount(project: Project, options: string): void {
  execFileSync(MOUNT, ["-o", `remount,${options}`, project.path("experiments")]);
}

describe("a disk", () => {
  test("that is full: the task fails, nothing is damaged, and with space it goes on", async ({ skip }) => {
    const project = createProject(SPEC_TO_DISTURB);
    if (!mounted(project, "size=64k")) skip("mounting a file system needs rights that this process does not have");
    const { exitCode, told, stderr } = await apply(project);
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(told).toContain(
      "  ENOSPC: no space left on device, write\n" +
        "  hint: The disk is full. Free some space and apply again; finished tasks are kept.",
    );
    expect(Object.keys(project.artifacts()).filter((path) => path.includes(".tmp-"))).toEqual([]);
    const done = (await project.todo()).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(6);
    remount(project, "size=10m");
    await project.apply();
    expect(await project.todo()).toEqual([]);
  });

  test("that is read-only: an error, and plan works", async ({ skip }) => {
    const project = createProject(SPEC_TO_DISTURB);
    if (!mounted(project, "size=1m")) skip("mounting a file system needs rights that this process does not have");
    remount(project, "ro");
    const folder = project.path("experiments/small");
    expect(await apply(project)).toEqual({
      exitCode: 1,
      told: "",
      stderr:
        `error: EROFS: read-only file system, mkdir '${folder}'\n` +
        "hint: The file system is read-only: put the project where it can be written.",
    });
    expect((await project.run("plan")).exitCode).toBe(0);
  });

  test("that is another one, behind a link, works", async () => {
    const project = createProject(SPEC_TO_DISTURB);
    const elsewhere = createProject(SPEC_TO_DISTURB);
    mkdirSync(elsewhere.path("store"));
    symlinkSync(elsewhere.path("store"), project.path("experiments"));
    await project.apply();
    expect(existsSync(elsewhere.path("store/small/reports/results.json"))).toBe(true);
    writeFileSync(elsewhere.path("store/note"), "");
    expect(await project.todo()).toEqual([]);
  });
});
