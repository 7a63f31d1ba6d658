import { expect, test } from "vitest";
import { planDocument } from "../../src/compiler/plan/document.ts";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { totalsOf } from "../../src/compiler/plan/totals.ts";
import { schemaCheck } from "../../src/runtime/schemas.ts";
import { diagnosticToJson } from "../../src/diagnostics/render.ts";
import type { JsonValue } from "../../src/util/json.ts";
import { edited, GOOD, projectOf } from "./fixture.ts";
import { compileFiles, missingWeights } from "./rig.ts";

const check = schemaCheck("plan");

/** As through a pipe. */
const json = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

test("a plan, and why there is none, are as the schema says", () => {
  const good = compileFiles(projectOf(GOOD, { weights: { "models/base": missingWeights("models/base") } }));
  if (good.experiment === undefined) throw new Error("the fixture is wrong");
  const planned = planTasks(good.experiment, new Map(), () => true);
  const diagnostics = good.diagnostics.map(diagnosticToJson);
  expect(diagnostics).toHaveLength(1);
  const totals = totalsOf(good.experiment, planned, new Map());
  const request = { set: [], target: ["results"], replace: [] };
  const options = { spec: "specs/test.yaml", request, toolVersion: "0.1.0", fingerprints: false };
  const plan = { ...planDocument(good.experiment, planned, totals, options), diagnostics };
  expect(check(json(plan))).toEqual([]);
  const bad = compileFiles(projectOf(edited(["variant: base", "variant: bsae"]))).diagnostics.map(diagnosticToJson);
  expect(check(json({ format_version: 1, ok: false, diagnostics: bad }))).toEqual([]);
  expect(check(json({ format_version: 1, ok: true, diagnostics: bad })).length).toBeGreaterThan(0);
});
