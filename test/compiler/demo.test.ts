import { expect, test } from "vitest";
import { compileFiles, okWeights, repositoryFiles, SPEC, type MemoryProject } from "./rig.ts";

const demo = repositoryFiles("specs/demo.yaml")["specs/demo.yaml"] as string;

const BOTH = "trait: [sycophancy, hallucination]";
const oneTrait = demo.replace(BOTH, "trait: [sycophancy]");

function demoProject(spec: string): MemoryProject {
  const files = repositoryFiles("config/models", "datasets/traits", "templates/judge");
  const names = ["base", "instruct", "judge"];
  const weights = Object.fromEntries(names.map((name) => [`models/tiny/${name}`, okWeights(name)]));
  return { files: { ...files, [SPEC]: spec }, weights };
}

test("the demo's tasks, of one of its traits", () => {
  const { diagnostics, experiment } = compileFiles(demoProject(oneTrait));
  expect(diagnostics).toEqual([]);
  expect(experiment?.tasks.map(({ id }) => id)).toMatchInlineSnapshot(`
    [
      "responses/tiny_instruction/sycophancy/instruct",
      "activations/tiny_instruction/sycophancy/instruct/response_all",
      "vectors/tiny_instruction/sycophancy/instruct/response_all/mean_diff",
      "vectors/tiny_instruction/sycophancy/instruct/response_all/probe",
      "vectors/tiny_instruction/sycophancy/instruct/response_all/pca",
      "responses/tiny_natural/sycophancy/base",
      "activations/tiny_natural/sycophancy/base/response__5",
      "vectors/tiny_natural/sycophancy/base/response__5/mean_diff",
      "vectors/tiny_natural/sycophancy/base/response__5/probe",
      "vectors/tiny_natural/sycophancy/base/response__5/pca",
      "activations/tiny_natural/sycophancy/base/response__10",
      "vectors/tiny_natural/sycophancy/base/response__10/mean_diff",
      "vectors/tiny_natural/sycophancy/base/response__10/probe",
      "vectors/tiny_natural/sycophancy/base/response__10/pca",
      "activations/tiny_natural/sycophancy/base/response__15",
      "vectors/tiny_natural/sycophancy/base/response__15/mean_diff",
      "vectors/tiny_natural/sycophancy/base/response__15/probe",
      "vectors/tiny_natural/sycophancy/base/response__15/pca",
      "checkpoint/after_extraction",
      "baseline/tiny_instruction/sycophancy/instruct",
      "prompted/tiny_instruction/sycophancy/instruct",
      "baseline/tiny_natural/sycophancy/instruct",
      "prompted/tiny_natural/sycophancy/instruct",
      "steering/tiny_instruction/sycophancy/instruct/response_all/mean_diff",
      "steering/tiny_instruction/sycophancy/instruct/response_all/probe",
      "steering/tiny_instruction/sycophancy/instruct/response_all/pca",
      "steering/tiny_natural/sycophancy/base/response__5/mean_diff",
      "steering/tiny_natural/sycophancy/base/response__5/probe",
      "steering/tiny_natural/sycophancy/base/response__5/pca",
      "steering/tiny_natural/sycophancy/base/response__10/mean_diff",
      "steering/tiny_natural/sycophancy/base/response__10/probe",
      "steering/tiny_natural/sycophancy/base/response__10/pca",
      "steering/tiny_natural/sycophancy/base/response__15/mean_diff",
      "steering/tiny_natural/sycophancy/base/response__15/probe",
      "steering/tiny_natural/sycophancy/base/response__15/pca",
      "refine/tiny_instruction/sycophancy/instruct/response_all/mean_diff",
      "refine/tiny_instruction/sycophancy/instruct/response_all/probe",
      "refine/tiny_instruction/sycophancy/instruct/response_all/pca",
      "refine/tiny_natural/sycophancy/base/response__5/mean_diff",
      "refine/tiny_natural/sycophancy/base/response__5/probe",
      "refine/tiny_natural/sycophancy/base/response__5/pca",
      "refine/tiny_natural/sycophancy/base/response__10/mean_diff",
      "refine/tiny_natural/sycophancy/base/response__10/probe",
      "refine/tiny_natural/sycophancy/base/response__10/pca",
      "refine/tiny_natural/sycophancy/base/response__15/mean_diff",
      "refine/tiny_natural/sycophancy/base/response__15/probe",
      "refine/tiny_natural/sycophancy/base/response__15/pca",
      "checkpoint/after_steering",
      "selection/sycophancy/instruction",
      "selection/sycophancy/natural",
      "combination/sycophancy/sum_at_best",
      "combination/sycophancy/ensemble_half",
      "results",
      "weights/norms",
      "weights/logit_lens",
      "weights/trait_alignment",
      "prompts/steering_questions",
      "capture/instruct/steering_questions",
      "replay/base/steering_questions",
      "similarity/base",
    ]
  `);
});

test("the demo's budgets and layers", () => {
  const tasks = compileFiles(demoProject(oneTrait)).experiment?.tasks ?? [];
  const budgets = tasks.flatMap((task) => (task.kind === "responses" ? [[task.id, task.params.maxNewTokens]] : []));
  expect(budgets).toEqual([
    ["responses/tiny_instruction/sycophancy/instruct", 48],
    ["responses/tiny_natural/sycophancy/base", 15],
  ]);
  const layers = tasks.flatMap((task) => (task.kind === "steering" ? [task.params.layers] : []));
  expect(new Set(layers.map(String))).toEqual(new Set(["2,3,4"]));
});

test("another trait is one word in the demo", () => {
  expect(demo).toContain(BOTH);
  const { diagnostics, experiment } = compileFiles(demoProject(demo));
  expect(diagnostics).toEqual([]);
  // Everything of a trait twice; what looks at all of them once.
  expect(experiment?.tasks).toHaveLength(2 * 50 + 10);
});
