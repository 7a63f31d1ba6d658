import { expect, test } from "vitest";
import { edited, projectOf, reported } from "./fixture.ts";
import { compileFiles } from "./rig.ts";

const vetted = edited(["component: residual", "component: residual\n  vetting: { positive: 60 }"]);

test("vetting stands between responses and activations, with its defaults, and costs two calls a response", () => {
  const { diagnostics, experiment } = compileFiles(projectOf(vetted));
  expect(diagnostics).toEqual([]);
  const tasks = experiment?.tasks ?? [];
  const vetting = tasks.filter(({ kind }) => kind === "vetting");
  expect(vetting.map(({ id, needs, outputs, params }) => ({ id, needs, outputs, params }))).toEqual(
    [
      ["set_a/praise", "instruct"],
      ["set_b/praise", "base"],
    ].map(([dataset, variant]) => ({
      id: `vetting/${dataset}/${variant}`,
      needs: [`responses/${dataset}/${variant}`],
      outputs: [`extraction/${dataset}/${variant}/vetting/response_scores.json`],
      params: {
        dataset,
        variant,
        trait: "praise",
        judge: { provider: "local", variant: "judge" },
        positive: 60,
        negative: 50,
        coherence: 50,
        minKept: 10,
      },
    })),
  );
  // Two rows of each polarity; two rollouts of the first set.
  expect(vetting.map(({ cost }) => [cost.judgeCalls, cost.generations])).toEqual([
    [16, 0],
    [8, 0],
  ]);
  for (const task of tasks.filter(({ kind }) => kind === "activations")) {
    expect(task.needs).toEqual([expect.stringMatching(/^responses\//), expect.stringMatching(/^vetting\//)]);
  }
});

test("without it nothing is judged before steering", () => {
  const { experiment } = compileFiles(projectOf(edited()));
  expect(experiment?.tasks.filter(({ kind }) => kind === "vetting")).toEqual([]);
});

test("a spec that only extracts has a judge for it, and its calls are held to the budget", () => {
  const extractionOnly = vetted.slice(0, vetted.indexOf("steering:"));
  const local = compileFiles(projectOf(extractionOnly)).experiment;
  expect(local?.judge).toEqual({ provider: "local", variant: "judge" });
  expect([...(local?.judgeTemplates.keys() ?? [])]).toEqual(["praise"]);
  expect(local?.datasets.get("set_a/praise")?.definition).toMatch(/^Praise/);
  const paid = (calls: number) =>
    extractionOnly.replace(
      "{ provider: local, variant: judge }",
      `{ provider: openai, model: gpt, budget: { calls: ${calls} } }`,
    );
  expect(reported(paid(24))).toBe("");
  expect(reported(paid(23))).toContain("24 judge calls");
});

test("SF1513: vetting without a judge", () => {
  const spec = vetted.slice(0, vetted.indexOf("steering:")).replace("judge: { provider: local, variant: judge }\n", "");
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:25:3: error SF1513: Vetting needs a judge: nothing would score the responses.
      24 |   component: residual
      25 |   vetting: { positive: 60 }
         |   ^^^^^^^
      26 |   methods: [mean_diff, probe]
    hint: Add judge: { provider: local, variant: ... } or judge: { provider: openai, model: ... }."
  `);
});
