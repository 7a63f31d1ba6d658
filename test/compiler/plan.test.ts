import { expect, test } from "vitest";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { Plan, TaskRecord } from "../../src/domain/state.ts";
import { edited, GOOD, projectOf } from "./fixture.ts";
import { compileFiles, missingWeights } from "./rig.ts";

function experiment(spec: string, edit?: Parameters<typeof projectOf>[1]): Experiment {
  const compiled = compileFiles(projectOf(spec, edit));
  if (compiled.experiment === undefined) throw new Error(compiled.diagnostics.map(({ message }) => message).join("\n"));
  return compiled.experiment;
}

/** The state after everything of a spec was made. */
function made(of: Experiment): Map<string, TaskRecord> {
  const plan = planTasks(of, new Map(), () => false);
  return new Map(
    plan.tasks.map(({ id, digest, fingerprint }) => [
      id,
      { id, digest, fingerprint, outputs: [], durationMs: 1, finishedAt: "", toolVersion: "0" },
    ]),
  );
}

const records = made(experiment(GOOD));
const present = () => true;

/** What is not kept, a line each. */
const lines = (plan: Plan): string[] =>
  plan.tasks
    .filter(({ action }) => action !== "keep")
    .map(({ id, action, reasons }) => `${action} ${id}: ${reasons.join("; ")}`);

test("an empty state: everything is created", () => {
  const plan = planTasks(experiment(GOOD), new Map(), present);
  expect(new Set(plan.tasks.map(({ action }) => action))).toEqual(new Set(["create"]));
  expect(plan.orphans).toEqual([]);
});

test("nothing to do", () => {
  const plan = planTasks(experiment(`# a comment\n${GOOD}`), records, present);
  expect(lines(plan)).toEqual([]);
  expect(plan.tasks.every(({ reasons }) => reasons.length === 0)).toBe(true);
});

test("a position more", () => {
  const plan = planTasks(
    experiment(edited(['"response[:10]"]', '"response[:10]", "response[:3]"]'])),
    records,
    present,
  );
  expect(lines(plan)).toMatchInlineSnapshot(`
    [
      "create activations/set_b/praise/base/response__3: new",
      "create vectors/set_b/praise/base/response__3/mean_diff: new",
      "create vectors/set_b/praise/base/response__3/probe: new",
      "create steering/set_b/praise/base/response__3/mean_diff: new",
      "create steering/set_b/praise/base/response__3/probe: new",
      "rerun results: steering/set_b/praise/base/response__3/mean_diff is new; steering/set_b/praise/base/response__3/probe is new",
    ]
  `);
});

test("a changed field, and what follows from it", () => {
  const plan = planTasks(experiment(edited(["seed: 42", "seed: 43"])), records, present);
  expect(lines(plan)).toMatchInlineSnapshot(`
    [
      "rerun responses/set_a/praise/instruct: seed: 42 → 43",
      "rerun activations/set_a/praise/instruct/response_all: responses/set_a/praise/instruct reruns",
      "rerun vectors/set_a/praise/instruct/response_all/mean_diff: activations/set_a/praise/instruct/response_all reruns",
      "rerun vectors/set_a/praise/instruct/response_all/probe: activations/set_a/praise/instruct/response_all reruns",
      "rerun steering/set_a/praise/instruct/response_all/mean_diff: vectors/set_a/praise/instruct/response_all/mean_diff reruns",
      "rerun steering/set_a/praise/instruct/response_all/probe: vectors/set_a/praise/instruct/response_all/probe reruns",
      "rerun results: steering/set_a/praise/instruct/response_all/mean_diff reruns; steering/set_a/praise/instruct/response_all/probe reruns",
    ]
  `);
});

test("several fields of steering", () => {
  const plan = planTasks(
    experiment(edited(["{ evaluations: 3 }", "{ evaluations: 4, min_coherence: 80 }"], ["30%-60%", "[2]"])),
    records,
    present,
  );
  expect(lines(plan)[0]).toMatchInlineSnapshot(
    `"rerun steering/set_a/praise/instruct/response_all/mean_diff: layers: [2, 3, 4] → [2]; search.evaluations: 3 → 4; search.min_coherence: 70 → 80"`,
  );
  expect(lines(plan).at(-1)).toContain("rerun results: min_coherence: 70 → 80; steering/");
});

test("changed inputs are named", () => {
  const files = {
    "datasets/traits/set_a/praise/positive.jsonl": '{"prompt": "b"}',
    "templates/judge/trait.hbs": "other",
    "datasets/traits/set_a/praise/definition.txt": "other",
  };
  const plan = lines(planTasks(experiment(GOOD, { files }), records, present));
  expect(plan[0]).toBe("rerun responses/set_a/praise/instruct: rows changed");
  expect(plan.find((line) => line.includes(" baseline/"))).toBe(
    "rerun baseline/set_a/praise/instruct: definition changed; judge trait template changed",
  );
});

test("a task whose output is gone is made again, and what was made from it is kept", () => {
  const plan = planTasks(experiment(GOOD), records, ({ id }) => id !== "responses/set_b/praise/base");
  expect(lines(plan)).toEqual(["rerun responses/set_b/praise/base: output missing or changed"]);
});

test("weights that are not here", () => {
  const plan = planTasks(
    experiment(GOOD, { weights: { "models/base": missingWeights("models/base") } }),
    records,
    present,
  );
  expect(lines(plan)[0]).toBe("rerun responses/set_b/praise/base: weights not on this machine");
});

test("orphans: what the spec no longer has", () => {
  const plan = planTasks(
    experiment(edited(['["response[:5]", "response[:10]"]', '"response[:10]"'])),
    records,
    present,
  );
  expect(plan.orphans).toMatchInlineSnapshot(`
    [
      "activations/set_b/praise/base/response__5",
      "steering/set_b/praise/base/response__5/mean_diff",
      "steering/set_b/praise/base/response__5/probe",
      "vectors/set_b/praise/base/response__5/mean_diff",
      "vectors/set_b/praise/base/response__5/probe",
    ]
  `);
  expect(lines(plan)).toEqual([
    "rerun results: steering/set_b/praise/base/response__5/mean_diff is gone; steering/set_b/praise/base/response__5/probe is gone",
  ]);
});

test("a new version of a task kind", () => {
  const record = records.get("results") as TaskRecord;
  const old = { ...record, digest: "old", fingerprint: { ...record.fingerprint, version: "0" } };
  const plan = planTasks(experiment(GOOD), new Map([...records, ["results", old]]), present);
  expect(lines(plan)).toEqual(["rerun results: version: 0 → 4"]);
});
