/**
 * What the runtime itself costs: ten thousand tasks that only write their files, each recorded and forced to the disk, with
 * the progress of a terminal on; beside ninja, which runs `touch` on the same graph, one at a time.
 *
 *     script -qec "stty cols 100 rows 30; node --import tsx bench/apply/run.ts" /dev/null
 *
 * `script` gives it a terminal (Debian: bsdutils, ninja-build).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { listrProgress } from "../../src/report/progress/listr.ts";
import { apply } from "../../src/runtime/apply.ts";
import type { Execute } from "../../src/runtime/runners/local.ts";
import type { RunEvent } from "../../src/runtime/events.ts";
import { openRunLog } from "../../src/runtime/run-log.ts";
import { StateStore } from "../../src/runtime/state.ts";
import { compileProject } from "../plan/made.ts";
import { writePeers } from "../plan/peers.ts";
import { writeProject } from "../plan/project.ts";

const SIZE = { traits: 10, sources: 10, positions: 20 };

const execute: Execute = async (tasks) =>
  new Map(tasks.map(({ id, outputs }) => [id, new Map(outputs.map((path) => [path, `${path}\n`]))]));

async function ours(folder: string): Promise<number> {
  const experiment = compileProject(folder);
  const began = performance.now();
  const state = StateStore.open(experiment.folder);
  const plan = planTasks(experiment, state.records, () => false);
  const view = listrProgress(console.log, () => performance.now());
  const log = openRunLog(experiment.folder, "bench", console.error);
  const emit = (event: RunEvent): void => {
    log(event);
    view.on(event);
  };
  const { signal } = new AbortController();
  const options = { experiment, plan, state, runId: "bench", toolVersion: "0", keepGoing: false, parallelism: 1 };
  const { counts } = await apply({ ...options, emit, signal, execute });
  await view.close();
  const seconds = (performance.now() - began) / 1000;
  if (counts.done !== experiment.tasks.length) throw new Error(`${counts.done} of ${experiment.tasks.length} tasks`);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(`steerform  ${counts.done} tasks in ${seconds.toFixed(1)} s, peak ${megabytes.toFixed(0)} MB`);
  writePeers(folder, experiment, SIZE);
  rmSync(experiment.folder, { recursive: true });
  return seconds;
}

function ninja(folder: string): number {
  const began = performance.now();
  const { status } = spawnSync("ninja", ["-j1"], { cwd: folder, stdio: "inherit" });
  if (status !== 0) throw new Error(`ninja ended with ${status}`);
  const seconds = (performance.now() - began) / 1000;
  console.log(`ninja -j1  ${seconds.toFixed(1)} s`);
  return seconds;
}

if (!process.stdout.isTTY) throw new Error("Needs a terminal: see the command above.");
const folder = mkdtempSync(join(tmpdir(), "steerform-bench-"));
try {
  writeProject(folder, SIZE);
  const seconds = await ours(folder);
  console.log(`ratio      ${(seconds / ninja(folder)).toFixed(2)} × ninja's time`);
} finally {
  rmSync(folder, { recursive: true });
}
