import { expect, test } from "vitest";
import { taskDigests } from "../../src/compiler/fingerprint/fingerprint.ts";
import { edited, GOOD, projectOf, type Edit } from "./fixture.ts";
import { compileFiles, okWeights } from "./rig.ts";

const SEARCH = "steering/set_b/praise/base/response__5/probe";

function digest(spec: string = GOOD, edit: Edit = {}): string | undefined {
  const { experiment, diagnostics } = compileFiles(projectOf(spec, edit));
  if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return taskDigests(experiment.tasks).get(SEARCH);
}

const local = "judge: { provider: local, variant: judge }";
const server = (more = "") => edited([local, `judge: { provider: openai, model: m${more} }`]);
const searching = (search: string) => edited(["search: { evaluations: 3 }", `search: { ${search} }`]);

/** What an answer or its score depends on: a search that was made with another is never taken for this one. */
test.each<readonly [what: string, spec: string, edit: Edit]>([
  [
    "the questions",
    GOOD,
    { files: { "datasets/traits/set_b/praise/steering.json": '{"questions": ["Other?", "And?"]}' } },
  ],
  ["the rubric", GOOD, { files: { "datasets/traits/set_b/praise/definition.txt": "Praise: other anchors." } }],
  ["the tokens of an answer", edited(["  max_new_tokens: 16", "  max_new_tokens: 17"]), {}],
  ["the application's weights", GOOD, { weights: { "models/instruct": okWeights("another digest") } }],
  ["the weights that the vector comes from", GOOD, { weights: { "models/base": okWeights("another digest") } }],
  ["the judge's weights", GOOD, { weights: { "models/judge": okWeights("another digest") } }],
  ["another kind of judge", server(), {}],
  ["what the judge is asked", GOOD, { files: { "templates/judge/coherence.hbs": "Coherent? {{answer}}" } }],
  ["the layers", edited(["30%-60%", "[3]"]), {}],
  [
    "the share that is held out",
    edited(["  max_new_tokens: 16", "  report: { held_out: 0.9 }\n  max_new_tokens: 16"]),
    {},
  ],
  ["what is computed in", edited(["provider: cpu,", "provider: cpu, dtype: float32,"]), {}],
  ["the number of evaluations", searching("evaluations: 4"), {}],
  ["the least coherence", searching("evaluations: 3, min_coherence: 80"), {}],
  ["the algorithm", searching("algorithm: bracket"), {}],
  ["the null's directions", edited(["null_directions: 2", "null_directions: 3"]), {}],
  ["the null's seed", edited(["null_directions: 2", "null_directions: 2\n  null_seed: 1"]), {}],
])("a search is another one with another: %s", (_, spec, edit) => {
  expect(digest(spec, edit)).toBeDefined();
  expect(digest(spec, edit)).not.toBe(digest());
});

test.each<readonly [string, string]>([
  ["server", server(', base_url: "http://127.0.0.1:9/v1"')],
  ["model", server().replace("model: m", "model: n")],
  ["number of samples", server(", samples: 5")],
])("another %s of the judge gives other scores", (_, spec) => {
  expect(digest(spec)).not.toBe(digest(server()));
});

test("so does another number of questions", () => {
  const all = edited(["  max_new_tokens: 16", "  report: { held_out: 0 }\n  max_new_tokens: 16"]);
  expect(digest(all.replace("  max_new_tokens: 16", "  questions: 1\n  max_new_tokens: 16"))).not.toBe(digest(all));
});

test("how fast, and with which key, a judge is asked changes no score", () => {
  expect(digest(server(", max_concurrency: 3, api_key_env: ANY_KEY, budget: { calls: 100000 }"))).toBe(
    digest(server()),
  );
});
