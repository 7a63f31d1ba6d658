import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { JsonValue } from "../../src/util/json.ts";
import { edited, FILES, projectOf } from "./fixture.ts";
import { compileFiles, REPOSITORY } from "./rig.ts";

/** Everything that has a default left out. */
const minimal = edited(
  ["engine: { provider: cpu, max_batch_tokens: 1024 }\n", ""],
  ["{ provider: local, variant: judge }", "{ provider: openai, model: gpt }"],
  ["{ max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: 42 }", "{ max_new_tokens: 20 }"],
  ["  component: residual\n", ""],
  ["  vectors: all\n", ""],
  ["  search: { evaluations: 3 }\n  null_directions: 2\n", ""],
);

/** The schema's defaults, by path. */
function schemaDefaults(schema: unknown, path = ""): [string, JsonValue][] {
  if (typeof schema !== "object" || schema === null) return [];
  const found = Object.entries(schema).flatMap(([key, value]) => schemaDefaults(value, `${path}/${key}`));
  return "default" in schema ? [[path, schema.default as JsonValue], ...found] : found;
}

const BRACKET = "/$defs/bracketSearch/";
const LATER = /^\/properties\/(?:combinations|weight_analysis|activation_similarity|checkpoints)\//;

test("the schema's defaults are what the compiler fills in", () => {
  const schema: unknown = JSON.parse(readFileSync(join(REPOSITORY, "schema/experiment.schema.json"), "utf8"));
  const all = schemaDefaults(schema).filter(([path]) => !LATER.test(path) && !path.startsWith(BRACKET));
  const defaults = Object.fromEntries(all.map(([path, value]) => [path.split("/").at(-1), value]));
  const { experiment } = compileFiles(projectOf(minimal));
  const responses = experiment?.tasks.find(({ kind }) => kind === "responses");
  const steering = experiment?.tasks.find(({ kind }) => kind === "steering");
  const { algorithm, evaluations, start, up, down, momentum, min_coherence: minCoherence } = defaults;
  expect(experiment?.engine).toEqual({
    provider: defaults["provider"],
    maxBatchTokens: defaults["max_batch_tokens"],
    workers: defaults["workers"],
    devices: undefined,
    dtype: defaults["dtype"],
  });
  expect(experiment?.judge).toEqual({
    provider: "openai",
    model: "gpt",
    baseUrl: defaults["base_url"],
    apiKeyEnv: undefined,
    maxConcurrency: defaults["max_concurrency"],
    samples: defaults["samples"],
    maxCalls: undefined,
    price: undefined,
  });
  expect(responses?.params).toMatchObject({
    rollouts: defaults["rollouts"],
    temperature: defaults["temperature"],
    topP: defaults["top_p"],
    seed: defaults["seed"],
  });
  const activations = experiment?.tasks.find(({ kind }) => kind === "activations");
  expect(activations?.params["heldOut"]).toBe(Object.fromEntries(all)["/properties/extraction/properties/held_out"]);
  expect(steering?.params).toMatchObject({
    component: defaults["component"],
    search: { algorithm, evaluations, start, up, down, momentum, minCoherence },
    nullDirections: defaults["null_directions"],
    nullSeed: defaults["null_seed"],
    questions: defaults["questions"],
  });
  expect(experiment?.tasks.at(-1)?.params).toEqual({
    minCoherence,
    heldOut: defaults["held_out"],
    confidence: defaults["confidence"],
    coherence: defaults["coherence"],
  });
  expect(defaults["vectors"]).toBe("all");
  expect(experiment?.tasks.filter(({ kind }) => kind === "steering")).toHaveLength(6);
});

test("the schema's defaults of vetting are what the compiler fills in", () => {
  const schema: unknown = JSON.parse(readFileSync(join(REPOSITORY, "schema/experiment.schema.json"), "utf8"));
  const vetting = "/properties/extraction/properties/vetting/properties/";
  const defaults = schemaDefaults(schema).filter(([path]) => path.startsWith(vetting));
  const spec = minimal.replace("extraction:\n", "extraction:\n  vetting: {}\n");
  const task = compileFiles(projectOf(spec)).experiment?.tasks.find(({ kind }) => kind === "vetting");
  const { positive, negative, coherence, minKept } = task?.params ?? {};
  expect(Object.fromEntries(defaults.map(([path, value]) => [path.slice(vetting.length), value]))).toEqual({
    positive,
    negative,
    coherence,
    min_kept: minKept,
  });
});

test("the defaults of the bracket search", () => {
  const schema: unknown = JSON.parse(readFileSync(join(REPOSITORY, "schema/experiment.schema.json"), "utf8"));
  const all = schemaDefaults(schema).filter(([path]) => path.startsWith(BRACKET));
  const { min_coherence: minCoherence, ...defaults } = Object.fromEntries(
    all.map(([path, value]) => [path.split("/").at(-1), value]),
  );
  const spec = edited(["search: { evaluations: 3 }", "search: { algorithm: bracket }"]);
  const search = compileFiles(projectOf(spec)).experiment?.tasks.find(({ kind }) => kind === "steering")?.params;
  expect(search).toMatchObject({ search: { ...defaults, algorithm: "bracket", minCoherence } });
});

test("a spec without steering makes vectors and nothing else", () => {
  const spec = minimal.slice(0, minimal.indexOf("steering:"));
  const files = { "datasets/traits/set_b/praise/steering.json": undefined, "templates/judge/trait.hbs": undefined };
  const { diagnostics, experiment } = compileFiles(projectOf(spec, { files }));
  expect(diagnostics).toEqual([]);
  expect(new Set(experiment?.tasks.map(({ phase }) => phase))).toEqual(new Set(["extraction"]));
  expect(experiment?.judge).toBeUndefined();
});

test("the steered vectors can be chosen, all are made", () => {
  const spec = edited(["vectors: all", "vectors: { source: told, method: [probe] }"]);
  const ids = compileFiles(projectOf(spec)).experiment?.tasks.map(({ id }) => id) ?? [];
  expect(ids.filter((id) => id.startsWith("vectors/"))).toHaveLength(6);
  expect(ids.filter((id) => /^(baseline|steering)/.test(id))).toEqual([
    "baseline/set_b/praise/instruct",
    "steering/set_b/praise/base/response__5/probe",
    "steering/set_b/praise/base/response__10/probe",
  ]);
});

test("exclude takes out what has all its values", () => {
  const spec = edited([
    "steering:",
    '    exclude: [{ source: told, position: "response[:10]", method: probe }]\n\nsteering:',
  ]);
  const ids = compileFiles(projectOf(spec)).experiment?.tasks.map(({ id }) => id) ?? [];
  expect(ids).toContain("vectors/set_b/praise/base/response__10/mean_diff");
  expect(ids).not.toContain("vectors/set_b/praise/base/response__10/probe");
  const all = edited(["steering:", '    exclude: [{ position: "response[:10]" }]\n\nsteering:']);
  const responses = compileFiles(projectOf(all)).experiment?.tasks.find(
    ({ id }) => id === "responses/set_b/praise/base",
  );
  expect(responses?.params).toMatchObject({ maxNewTokens: 5 });
});

test("rows, definition and questions as the files have them", () => {
  const folder = "datasets/traits/set_b/praise";
  const files = {
    [`${folder}/positive.jsonl`]: undefined,
    [`${folder}/positive.txt`]: "I said: \r\n\r\nI wrote:",
    [`${folder}/negative.jsonl`]:
      '{"prompt": "a", "system_prompt": "b", "id": 3}\n\n{"prompt": "c", "system_prompt": null}',
  };
  expect(Object.keys(FILES)).toContain(`${folder}/definition.txt`);
  expect(compileFiles(projectOf(edited(), { files })).experiment?.datasets.get("set_b/praise")).toEqual({
    ref: "set_b/praise",
    positive: [{ prompt: "I said: " }, { prompt: "I wrote:" }],
    negative: [{ prompt: "a", systemPrompt: "b" }, { prompt: "c" }],
    definition: "Praise: 0 none, 100 much.",
    questions: ["How is my poem?", "And my song?"],
  });
});

test("the defaults of the phases after steering", () => {
  const schema: unknown = JSON.parse(readFileSync(join(REPOSITORY, "schema/experiment.schema.json"), "utf8"));
  const later = schemaDefaults(schema).filter(([path]) => LATER.test(path));
  const defaults = Object.fromEntries(later.map(([path, value]) => [path.split("/").at(-1), value]));
  const sections = `
combinations: { sources: [asked, told], strategies: [{ name: a, vectors: sum, layer: best }] }
weight_analysis: { compare: [base, instruct] }
activation_similarity: { generate: { variant: instruct, max_new_tokens: 5 }, replay: [base] }
`;
  const tasks = compileFiles(projectOf(`${minimal}${sections}`)).experiment?.tasks ?? [];
  const params = (id: string) => tasks.find((task) => task.id === id)?.params;
  expect(params("combination/praise/a")).toMatchObject({ coefficient: { kind: defaults["coefficient"] } });
  expect(tasks.filter(({ kind }) => kind === "weights").map((task) => task.params)).toMatchObject(
    (defaults["steps"] as string[]).map((step) => ({ step })),
  );
  expect(params("weights/logit_lens")).toMatchObject({ topK: defaults["top_k"] });
  expect(params("weights/trait_alignment")).toMatchObject({
    nullDirections: defaults["null_directions"],
    nullSeed: defaults["null_seed"],
  });
  expect(params("prompts/steering_questions")).toEqual({ from: defaults["from"], traits: ["praise"] });
  const { temperature, seed } = defaults;
  expect(params("capture/instruct/steering_questions")).toMatchObject({ temperature, topP: defaults["top_p"], seed });
  expect(params("similarity/base")).toMatchObject({ minCoverage: defaults["min_coverage"] });
});
