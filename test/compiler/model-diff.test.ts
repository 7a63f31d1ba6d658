import { expect, test } from "vitest";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { totalsOf } from "../../src/compiler/plan/totals.ts";
import type { Task } from "../../src/domain/task.ts";
import { compileFiles, repositoryFiles, SPEC } from "./rig.ts";

/** The whole study, with its datasets, and without weights. */
const files = repositoryFiles("config/models", "datasets/traits", "templates/judge");
const spec = repositoryFiles("specs/model_diff.yaml")["specs/model_diff.yaml"] as string;

function experimentOf(text: string) {
  const compiled = compileFiles({ files: { ...files, [SPEC]: text } });
  if (compiled.experiment === undefined) throw new Error(compiled.diagnostics.map(({ message }) => message).join("\n"));
  return { ...compiled, experiment: compiled.experiment };
}

const { diagnostics, experiment } = experimentOf(spec);
const of = <K extends Task["kind"]>(kind: K) =>
  experiment.tasks.filter((task): task is Extract<Task, { kind: K }> => task.kind === kind);

test("it compiles, and says that the weights are not here", () => {
  expect(diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(["warning SF1412", "warning SF1412"]);
});

test("extraction: four configurations by two methods, over two response sets", () => {
  expect(of("responses").map(({ params }) => params.maxNewTokens)).toEqual([256, 15]);
  expect(of("activations")).toHaveLength(4);
  // One pass serves the three positions that read the same responses.
  expect(new Set(of("activations").map(({ needs }) => needs[0])).size).toBe(2);
  expect(of("vectors")).toHaveLength(8);
});

test("steering: eight searches on layers 9 to 19, and a finer grid of each", () => {
  expect(of("steering").map(({ params }) => params.layers)).toEqual(
    Array.from({ length: 8 }, () => [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
  );
  expect(of("refine").map(({ params }) => [params.layers, params.points])).toEqual(
    Array.from({ length: 8 }, () => ["best", 7]),
  );
});

test("the other phases", () => {
  expect(of("combination").map(({ params }) => params.strategy)).toEqual([
    "sum_at_natural",
    "sum_at_instruction",
    "sum_at_best",
    "ensemble_half",
  ]);
  expect(of("weights").map(({ params }) => params.step)).toEqual(["norms", "logit_lens", "trait_alignment"]);
  expect(of("capture")[0]?.cost.generations).toBe(60);
  expect(["prompts", "capture", "replay", "similarity"].map((kind) => of(kind as Task["kind"]).length)).toEqual([
    1, 1, 1, 1,
  ]);
  expect(of("checkpoint").map(({ params }) => params.name)).toEqual(["after_extraction", "after_steering"]);
});

test("totals that agree with the arithmetic", () => {
  const { cost, counts } = totalsOf(
    experiment,
    planTasks(experiment, new Map(), () => false),
    new Map(),
  );
  const extracted = 200 * 2 + 300;
  const baselines = 2 * 20;
  const prompted = 2 * 20 * 5;
  const searches = 8 * 20 * (11 * 5 + 3);
  const grids = 8 * 20 * (7 + 3);
  const combinations = 4 * 20 * (5 + 7);
  const judged = baselines + prompted + searches + grids + combinations;
  expect(counts.create).toBe(experiment.tasks.length);
  expect(cost.generations).toBe(extracted + judged + 60);
  expect(cost.judgeCalls).toBe(2 * judged);
  expect(cost.newTokens).toBe(400 * 256 + 300 * 15 + (judged + 60) * 128);
});

test("another trait adds its own cells, and changes none", () => {
  const wider = experimentOf(spec.replace("trait: [sycophancy]", "trait: [sycophancy, evil]")).experiment;
  const before = new Map(planTasks(experiment, new Map(), () => false).tasks.map(({ id, digest }) => [id, digest]));
  const after = new Map(planTasks(wider, new Map(), () => false).tasks.map(({ id, digest }) => [id, digest]));
  const added = [...after.keys()].filter((id) => !before.has(id));
  // 2 response sets, 4 activation sets, 8 vectors, 2 baselines, 2 of prompts, 8 searches, 8 grids, 2 selections, 4 combinations.
  expect(added).toHaveLength(40);
  expect(added.every((id) => /\/evil(?:_v3)?(?:\/|$)/.test(id))).toBe(true);
  const changed = [...before].filter(([id, digest]) => after.get(id) !== digest).map(([id]) => id);
  // What looks at all vectors and all searches.
  expect(changed).toEqual([
    "checkpoint/after_extraction",
    "checkpoint/after_steering",
    "results",
    "weights/logit_lens",
    "weights/trait_alignment",
    "similarity/base",
  ]);
});
