import { describe, expect, test } from "vitest";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { Plan } from "../../src/domain/state.ts";
import type { Task } from "../../src/domain/task.ts";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { compileFiles } from "../compiler/rig.ts";
import { GOOD, projectOf } from "../compiler/fixture.ts";
import { Schedule } from "../../src/runtime/schedule.ts";

function planned(): { experiment: Experiment; plan: Plan } {
  const { experiment } = compileFiles(projectOf(GOOD));
  if (experiment === undefined) throw new Error("the fixture does not compile");
  return { experiment, plan: planTasks(experiment, new Map(), () => true) };
}

const TOLD = "set_b/praise/base";

describe("the schedule", () => {
  test("has every task that is to be made once, those that are needed first", () => {
    const { experiment, plan } = planned();
    const schedule = new Schedule(experiment, plan);
    const seen = new Set<string>();
    for (const task of schedule.pending()) {
      for (const need of task.needs) expect(seen).toContain(need);
      seen.add(task.id);
      schedule.finish(task);
    }
    expect(seen.size).toBe(plan.tasks.length);
    expect([schedule.size, [...schedule.pending()]]).toEqual([0, []]);
  });

  test("puts positions of one response set together, once that is there", () => {
    const { experiment, plan } = planned();
    const schedule = new Schedule(experiment, plan);
    const task = schedule.task(`activations/${TOLD}/response__5`);
    expect(schedule.groupOf(task)).toEqual([]);
    schedule.finish(schedule.task(`responses/${TOLD}`));
    expect(schedule.groupOf(task).map(({ id }) => id)).toEqual([
      `activations/${TOLD}/response__5`,
      `activations/${TOLD}/response__10`,
    ]);
    schedule.finish(schedule.task(`activations/${TOLD}/response__10`));
    expect(schedule.groupOf(task)).toEqual([task]);
  });

  test("knows what a failure blocks, and its root", () => {
    const { experiment, plan } = planned();
    const schedule = new Schedule(experiment, plan);
    const root = `responses/${TOLD}`;
    schedule.lose(schedule.task(root), root);
    const blocked: string[] = [];
    for (const task of schedule.pending()) {
      const by = schedule.blockedBy(task);
      if (by === undefined) continue;
      expect(by).toBe(root);
      schedule.lose(task, by);
      blocked.push(task.id);
    }
    const ofRoot = plan.tasks.filter(({ id }) => id.includes(TOLD) && id !== root).map(({ id }) => id);
    expect(blocked).toEqual([...ofRoot, "results"]);
    expect(schedule.groupOf(schedule.task(`activations/${TOLD}/response__5`))).toEqual([]);
  });

  test("blocks what comes after a gate that does not hold", () => {
    const { experiment, plan } = planned();
    const gate = "vectors/set_a/praise/instruct/response_all/probe";
    const gated = `baseline/set_a/praise/instruct`;
    const tasks = experiment.tasks.map((task): Task => (task.id === gated ? { ...task, after: [gate] } : task));
    const schedule = new Schedule({ ...experiment, tasks }, plan);
    schedule.lose(schedule.task(gate), gate);
    expect(schedule.blockedBy(schedule.task(gated))).toBe(gate);
  });

  test("knows whose model is needed still", () => {
    const { experiment, plan } = planned();
    const schedule = new Schedule(experiment, plan);
    const used = (): boolean[] => ["base", "instruct", "judge"].map((variant) => schedule.uses(variant));
    expect(used()).toEqual([true, true, true]);
    for (const task of schedule.pending()) if (task.phase === "extraction") schedule.finish(task);
    expect(used()).toEqual([false, true, true]);
    for (const task of schedule.pending()) if (task.phase === "steering") schedule.finish(task);
    expect(used()).toEqual([false, false, false]);
  });

  test("takes its steps in constant time: many tasks are no burden", () => {
    const { experiment, plan } = planned();
    const copies = 2000;
    const rename = (id: string, copy: number): string => `${copy}/${id}`;
    const tasks = Array.from({ length: copies }, (_, copy) =>
      experiment.tasks.map((task): Task => ({
        ...task,
        id: rename(task.id, copy),
        needs: task.needs.map((need) => rename(need, copy)),
      })),
    ).flat();
    const all = Array.from({ length: copies }, (_, copy) =>
      plan.tasks.map((one) => ({ ...one, id: rename(one.id, copy) })),
    ).flat();
    const began = performance.now();
    const schedule = new Schedule({ ...experiment, tasks }, { ...plan, tasks: all });
    let count = 0;
    for (const task of schedule.pending()) {
      if (schedule.blockedBy(task) !== undefined) throw new Error("nothing is lost");
      schedule.finish(task);
      schedule.uses("judge");
      count++;
    }
    expect(count).toBe(copies * plan.tasks.length);
    console.log(`scheduling ${count} tasks: ${Math.round(performance.now() - began)} ms`);
  });
});
