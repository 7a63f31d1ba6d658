import { expect, test } from "vitest";
import type { Task } from "../../src/domain/task.ts";
import { FULL, fullEdited } from "./full-fixture.ts";
import { projectOf } from "./fixture.ts";
import { compileFiles } from "./rig.ts";

function tasksOf(spec: string): readonly Task[] {
  const { diagnostics, experiment } = compileFiles(projectOf(spec));
  expect(diagnostics).toEqual([]);
  return experiment?.tasks ?? [];
}

const find = (tasks: readonly Task[], id: string): Task => {
  const found = tasks.find((task) => task.id === id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found;
};

test("the tasks of all phases, in order", () => {
  const later = tasksOf(FULL).filter(({ kind }) => !["responses", "activations", "vectors", "steering"].includes(kind));
  expect(later.map(({ id, phase }) => `${phase}: ${id}`)).toMatchInlineSnapshot(`
    [
      "extraction: checkpoint/after_extraction",
      "steering: baseline/set_a/praise/instruct",
      "steering: baseline/set_b/praise/instruct",
      "steering: refine/set_a/praise/instruct/response_all/mean_diff",
      "steering: refine/set_a/praise/instruct/response_all/probe",
      "steering: refine/set_b/praise/base/response__5/mean_diff",
      "steering: refine/set_b/praise/base/response__5/probe",
      "steering: refine/set_b/praise/base/response__10/mean_diff",
      "steering: refine/set_b/praise/base/response__10/probe",
      "steering: checkpoint/after_steering",
      "steering: selection/praise/asked",
      "steering: selection/praise/told",
      "combinations: combination/praise/sum_at_told",
      "combinations: combination/praise/halves",
      "combinations: combination/praise/at_four",
      "results: results",
      "weights: weights/norms",
      "weights: weights/logit_lens",
      "weights: weights/trait_alignment",
      "similarity: prompts/steering_questions",
      "similarity: capture/instruct/steering_questions",
      "similarity: replay/base/steering_questions",
      "similarity: similarity/base",
    ]
  `);
});

test("what a phase needs, and what it waits for", () => {
  const tasks = tasksOf(FULL);
  const needs = (id: string) => find(tasks, id).needs;
  const after = (id: string) => find(tasks, id).after;
  expect(needs("combination/praise/halves")).toEqual([
    "baseline/set_a/praise/instruct",
    "selection/praise/asked",
    "selection/praise/told",
  ]);
  expect(needs("selection/praise/told")).toEqual([
    "steering/set_b/praise/base/response__5/mean_diff",
    "steering/set_b/praise/base/response__5/probe",
    "steering/set_b/praise/base/response__10/mean_diff",
    "steering/set_b/praise/base/response__10/probe",
    "refine/set_b/praise/base/response__5/mean_diff",
    "refine/set_b/praise/base/response__5/probe",
    "refine/set_b/praise/base/response__10/mean_diff",
    "refine/set_b/praise/base/response__10/probe",
  ]);
  expect(needs("weights/norms")).toEqual([]);
  expect(needs("weights/trait_alignment")).toHaveLength(6);
  expect(needs("replay/base/steering_questions")).toEqual(["capture/instruct/steering_questions"]);
  // Transfer is of vectors that come from the replayed variant.
  for (const kind of ["steering/", "refine/"]) {
    expect(needs("similarity/base").filter((id) => id.startsWith(kind))).toHaveLength(4);
  }
  expect(after("baseline/set_a/praise/instruct")).toEqual(["checkpoint/after_extraction"]);
  expect(after("combination/praise/halves")).toEqual(["checkpoint/after_steering"]);
  expect(after("capture/instruct/steering_questions")).toEqual(["checkpoint/after_steering"]);
  expect(after("weights/norms")).toEqual([]);
});

test("parameters, with what is left out filled in", () => {
  const tasks = tasksOf(FULL);
  expect(find(tasks, "combination/praise/halves").params).toMatchObject({
    vectors: "each",
    layer: { kind: "own" },
    coefficient: { kind: "share", factor: 0.5 },
    sources: ["asked", "told"],
    questions: 2,
    search: { evaluations: 3 },
  });
  expect(find(tasks, "combination/praise/sum_at_told").params).toMatchObject({
    layer: { kind: "best", source: "told" },
    coefficient: { kind: "search" },
  });
  expect(find(tasks, "combination/praise/at_four").params).toMatchObject({
    layer: { kind: "layer", layer: 4 },
    coefficient: { kind: "fixed", value: 6.5 },
  });
  expect(find(tasks, "weights/logit_lens").params).toMatchObject({ from: "base", to: "instruct", topK: 20 });
  expect(find(tasks, "weights/norms").params).toMatchObject({ topK: 0, nullDirections: 0 });
  expect(find(tasks, "weights/trait_alignment").params).toMatchObject({ nullDirections: 50, nullSeed: 0 });
  expect(find(tasks, "similarity/base").params).toMatchObject({ minCoverage: 0.8, minCoherence: 70 });
  expect(find(tasks, "refine/set_a/praise/instruct/response_all/probe").params).toMatchObject({
    layers: "best",
    points: 4,
  });
  expect(find(tasks, "results").params).toEqual({
    minCoherence: 70,
    heldOut: 0.5,
    confidence: 0.95,
    coherence: [80, 70],
  });
});

test("costs by the arithmetic", () => {
  const tasks = tasksOf(FULL);
  const cost = (id: string) => find(tasks, id).cost;
  // 2 questions, 2 calls an answer; 4 points at one layer, and 2 random directions.
  expect(cost("refine/set_a/praise/instruct/response_all/probe")).toMatchObject({ generations: 12, judgeCalls: 24 });
  // 3 evaluations and the finer grid's 4 points; a coefficient that is given needs one.
  expect(cost("combination/praise/halves")).toMatchObject({ generations: 14, newTokens: 224, judgeCalls: 28 });
  expect(cost("combination/praise/at_four")).toMatchObject({ generations: 2, newTokens: 32, judgeCalls: 4 });
  // Two traits of two questions.
  expect(cost("capture/instruct/steering_questions")).toMatchObject({ generations: 4, newTokens: 48, judgeCalls: 0 });
});

test("a checkpoint gates and is no part of an identity", () => {
  const digest = (spec: string) => {
    const { id, params, inputs, needs } = find(tasksOf(spec), "steering/set_a/praise/instruct/response_all/probe");
    return JSON.stringify({ id, params, inputs, needs });
  };
  const without = FULL.slice(0, FULL.indexOf("checkpoints:"));
  expect(digest(without)).toBe(digest(FULL));
});

test("a second trait adds its own tasks and changes none", () => {
  const before = tasksOf(FULL);
  const spec = fullEdited(
    ["trait: [praise]", "trait: [praise, doubt]"],
    ["doubt: { asked: set_a/doubt }", "doubt: { asked: set_a/doubt, told: set_a/doubt }"],
  );
  const after = new Map(tasksOf(spec).map((task) => [task.id, task]));
  const summaries = new Set(["results", "weights", "checkpoint", "similarity"]);
  for (const task of before) {
    const same = after.get(task.id);
    expect(same).toBeDefined();
    if (!summaries.has(task.kind)) expect(same?.params).toEqual(task.params);
  }
  const added = [...after.keys()].filter((id) => !before.some((task) => task.id === id));
  expect(added.every((id) => id.includes("doubt"))).toBe(true);
});
