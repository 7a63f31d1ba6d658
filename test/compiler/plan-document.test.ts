import { expect, test } from "vitest";
import { parsePlanDocument, planDocument, staleness, type PlanDocument } from "../../src/compiler/plan/document.ts";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { totalsOf } from "../../src/compiler/plan/totals.ts";
import type { TaskRecord } from "../../src/domain/state.ts";
import { edited, GOOD, projectOf } from "./fixture.ts";
import { schemaCheck } from "../../src/runtime/schemas.ts";
import { compileFiles } from "./rig.ts";

const schema = schemaCheck("plan");

function planned(spec: string, records: ReadonlyMap<string, TaskRecord> = new Map()) {
  const { experiment } = compileFiles(projectOf(spec));
  if (experiment === undefined) throw new Error("the spec is wrong");
  return { experiment, plan: planTasks(experiment, records, () => true) };
}

function saved(spec: string): PlanDocument {
  const { experiment, plan } = planned(spec);
  const request = { set: [], target: [], replace: [] };
  const options = { spec: "test.yaml", request, toolVersion: "0", fingerprints: true };
  const document = planDocument(experiment, plan, totalsOf(experiment, plan, new Map()), options);
  const parsed = parsePlanDocument(JSON.stringify(document), schema);
  if (parsed === undefined) throw new Error("a saved plan is not as its schema says");
  return parsed;
}

test("a plan that was saved holds while nothing changes", () => {
  expect(staleness(saved(GOOD), planned(`# moved\n${GOOD}`).plan)).toEqual([]);
});

test("what has changed since, by name", () => {
  const before = saved(GOOD);
  const seed = staleness(before, planned(edited(["seed: 42", "seed: 43"])).plan);
  expect(seed.slice(0, 2)).toEqual([
    "responses/set_a/praise/instruct: seed: 42 → 43",
    "activations/set_a/praise/instruct/response_all has other inputs",
  ]);
  const wider = edited(['"response[:10]"]', '"response[:10]", "response[:3]"]']);
  expect(staleness(before, planned(wider).plan)).toContain("activations/set_b/praise/base/response__3 is new");
  expect(staleness(saved(wider), planned(GOOD).plan)).toContain("activations/set_b/praise/base/response__3 is gone");
});

test("what was made since, by name", () => {
  const { plan } = planned(GOOD);
  const first = plan.tasks[0];
  if (first === undefined) throw new Error("no tasks");
  const record = { ...first, outputs: [], durationMs: 1, finishedAt: "", toolVersion: "0" };
  const now = planned(GOOD, new Map([[first.id, record]])).plan;
  expect(staleness(saved(GOOD), now)).toEqual(["responses/set_a/praise/instruct has been made"]);
});

test("other files are no plans", () => {
  expect(parsePlanDocument("not JSON", schema)).toBeUndefined();
  expect(parsePlanDocument("{}", schema)).toBeUndefined();
  expect(parsePlanDocument('{"format_version":1,"ok":false,"diagnostics":[]}', schema)).toBeUndefined();
  expect(parsePlanDocument('{"format_version":2,"ok":true}', schema)).toBeUndefined();
});
