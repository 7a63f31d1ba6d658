import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventsOf, Running, steerform } from "../rig/steerform.ts";
import { hub, partial, projectWith, TINY } from "../rig/weights-project.ts";

/** Slow enough that a test can look on: two seconds. */
const SLOW = { bytesPerSecond: 2_000_000 };

test("a download that is killed goes on where it was", async () => {
  const { server, env, home, sent } = await hub();
  server.misbehave = ({ route, file }) => (route === "storage" && file === "model.safetensors" ? SLOW : undefined);
  const project = projectWith("hf://org/tiny");
  const killed = new Running(["apply", "--yes", "--json"], project.dir, env);
  await killed.until(({ type, done }) => type === "weights-progress" && Number(done) > 1_500_000);
  killed.kill("SIGKILL");
  expect((await killed.end()).signal).toBe("SIGKILL");
  const kept = partial(home);
  expect(kept).toBeGreaterThan(1_000_000);
  expect(existsSync(join(home, "hub/models--org--tiny/snapshots"))).toBe(false);

  server.misbehave = () => undefined;
  const applied = await steerform(["apply", "--yes", "--json"], project.dir, env);
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
  const size = statSync(join(TINY, "model.safetensors")).size;
  expect(server.requests.at(-1)).toMatchObject({ file: "model.safetensors", range: `bytes=${kept}-` });
  expect(sent().at(-1)).toBe(size - kept);
  const types = eventsOf(applied.stdout).map(({ type }) => type);
  expect(types.filter((type) => type?.startsWith("weights-") === true)).toEqual(
    expect.arrayContaining(["weights-started", "weights-progress", "weights-finished"]),
  );
  expect(types.indexOf("weights-finished")).toBeLessThan(types.indexOf("run-started"));
});

test("a download that is interrupted ends soon, with exit code 3", async () => {
  const { server, env, home } = await hub();
  server.misbehave = ({ route }) => (route === "storage" ? SLOW : undefined);
  const project = projectWith("hf://org/tiny");
  const running = new Running(["apply", "--yes", "--json"], project.dir, env);
  await running.until(({ type, done }) => type === "weights-progress" && Number(done) > 1_000_000);
  running.kill("SIGINT");
  const { exitCode, stderr } = await running.end();
  expect([exitCode, stderr]).toEqual([3, "Interrupted (apply again to go on): what has been downloaded is kept."]);
  expect(partial(home)).toBeGreaterThan(500_000);
});

test("two applies that need the same weights download them once", async () => {
  const { server, env, sent } = await hub();
  server.misbehave = ({ route }) => (route === "storage" ? SLOW : undefined);
  const projects = [projectWith("hf://org/tiny"), projectWith("hf://org/tiny")];
  const finished = await Promise.all(projects.map(({ dir }) => steerform(["apply", "--yes"], dir, env)));
  for (const { exitCode, stderr } of finished) expect([exitCode, stderr]).toEqual([0, ""]);
  expect(sent()).toEqual([statSync(join(TINY, "model.safetensors")).size]);
  const texts = finished.map(({ text }) => text).join("\n");
  expect(texts).toMatch(/hf:\/\/org\/tiny: waiting for process \d+ on \S+ \(its lock: \S+steerform\.lock\)/);
  expect(projects[0]?.artifacts()).toEqual(projects[1]?.artifacts());
});
