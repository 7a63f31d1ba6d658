import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { answer, serveJudge } from "../rig/judge-server.ts";
import { createProject, createSharedProject, SPEC, withServer, type Project } from "../rig/project.ts";
import { eventsOf, type Event } from "../rig/steerform.ts";
import { inSecondEvaluation, recordsBesidesLogs, SPEC_TO_DISTURB, startApply } from "./disturbed.ts";

const TWO = "engine: { provider: cpu, workers: 2, max_batch_tokens: 2048 }";
const withWorkers = (spec: string): string => spec.replace("engine: { provider: cpu, max_batch_tokens: 2048 }", TWO);

const alone = createSharedProject();
const disturbed = createSharedProject(SPEC_TO_DISTURB);
beforeAll(async () => {
  await Promise.all([alone.apply(), disturbed.apply()]);
});

/** Of the processes that a command has started and that run still. */
function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Those that end meanwhile are gone already. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** Most tasks that ran at once, by what `apply --json` said. */
function mostAtOnce(events: readonly Event[]): number {
  let [now, most] = [0, 0];
  for (const { type } of events) {
    if (type === "task-started") most = Math.max(most, ++now);
    if (type === "task-finished" || type === "task-failed") now--;
  }
  return most;
}

test("two processes make the bytes that one makes, at the same time", async () => {
  const project = createProject(withWorkers(SPEC));
  const { exitCode, stdout } = await project.spawn("apply", "--yes", "--json");
  const events = eventsOf(stdout);
  expect([exitCode, mostAtOnce(events) > 1]).toEqual([0, true]);
  expect(project.artifacts()).toEqual(alone.artifacts());
  expect(await project.todo()).toEqual([]);
  // How many processes there are makes nothing stale.
  project.editSpec(", workers: 2", "");
  expect(await project.todo()).toEqual([]);
  const { stdout: shown } = await project.run("show", "responses/tiny_natural/sycophancy/base");
  expect(shown).toMatch(/provider: cpu/);
});

describe.runIf(process.platform === "linux")("a process that is killed", () => {
  async function killOnce(project: Project): Promise<{ running: ReturnType<typeof startApply>; killed: number[] }> {
    const running = startApply(project);
    await running.until(inSecondEvaluation);
    const killed = childrenOf(running.pid);
    killAll(killed);
    return { running, killed };
  }

  test("loses its task alone, which goes on in another", async () => {
    const project = createProject(withWorkers(SPEC_TO_DISTURB));
    const { running, killed } = await killOnce(project);
    expect(killed.length).toBeGreaterThan(0);
    const { exitCode, stdout } = await running.end();
    expect(exitCode).toBe(0);
    const told = eventsOf(stdout).flatMap(({ type, message }) => (type === "notice" ? [message] : []));
    expect(told).toContain(
      "The process that ran steering/tiny_natural/sycophancy/base/response__5/mean_diff is gone (SIGKILL): it runs once more.",
    );
    expect(project.artifacts()).toEqual(disturbed.artifacts());
    expect(recordsBesidesLogs(project)).toEqual(["state.jsonl"]);
  });

  test("twice fails the task, and the next apply goes on", async () => {
    const project = createProject(withWorkers(SPEC_TO_DISTURB));
    const { running } = await killOnce(project);
    await running.until(({ type, message }) => type === "notice" && String(message).includes("once more"));
    const failing = new AbortController();
    const told = running.until(({ type }) => type === "task-failed").finally(() => failing.abort());
    while (!failing.signal.aborted) {
      killAll(childrenOf(running.pid));
      await sleep(20);
    }
    await told;
    const { exitCode, stdout } = await running.end();
    expect(exitCode).toBe(1);
    const [failed] = eventsOf(stdout).filter(({ type }) => type === "task-failed");
    expect(failed?.["failure"]).toEqual({
      kind: "runtime",
      message: "The process that ran it is gone, twice (SIGKILL).",
      hint: "If memory ran out, lower engine.max_batch_tokens or engine.workers, and apply again: what was done is kept.",
    });
    await project.apply();
    expect(project.artifacts()).toEqual(disturbed.artifacts());
  });

  test("with the command that started it leaves none behind, and costs nothing", async () => {
    const project = createProject(withWorkers(SPEC_TO_DISTURB));
    const running = startApply(project);
    await running.until(inSecondEvaluation);
    const children = childrenOf(running.pid);
    running.kill("SIGKILL");
    await running.end();
    const isThere = (pid: number): boolean => {
      try {
        return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
      } catch {
        return false;
      }
    };
    for (let waited = 0; children.some(isThere) && waited < 100; waited++) await sleep(50);
    expect(children.filter(isThere)).toEqual([]);
    await project.apply();
    expect(project.artifacts()).toEqual(disturbed.artifacts());
  });

  test("by an interrupt ends within seconds with what is done kept", async () => {
    const project = createProject(withWorkers(SPEC_TO_DISTURB));
    const running = startApply(project);
    await running.until(inSecondEvaluation);
    const children = childrenOf(running.pid);
    // As a terminal does: to every process of the group.
    for (const pid of children) process.kill(pid, "SIGINT");
    running.kill("SIGINT");
    const { exitCode, durationMs } = await running.end();
    expect([exitCode, durationMs < 60_000]).toEqual([3, true]);
    await project.apply();
    expect(project.artifacts()).toEqual(disturbed.artifacts());
  });
});

test("a judge's server is asked by one process for all, and nothing twice", async () => {
  const judge = await serveJudge((prompt, _, response) => answer(response, { [String(prompt.length % 101)]: 1 }));
  const project = createProject(withWorkers(withServer(judge.baseUrl)));
  await project.apply();
  const asked = judge.requests.map(({ body }) => body.messages[0]?.content);
  expect(asked.length).toBeGreaterThan(0);
  expect(new Set(asked).size).toBe(asked.length);
});

test("a task that fails says why, as in one process", async () => {
  const judge = await serveJudge((_, __, response) => response.writeHead(401).end());
  const project = createProject(withWorkers(withServer(judge.baseUrl)));
  const { exitCode, stdout } = await project.spawn("apply", "--yes", "--json");
  expect(exitCode).toBe(1);
  const [failed] = eventsOf(stdout).filter(({ type }) => type === "task-failed");
  expect(failed?.["failure"]).toMatchObject({ kind: "judge-refused", hint: expect.stringContaining("key") as unknown });
});
