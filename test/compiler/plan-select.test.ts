import { expect, test } from "vitest";
import { explainTask } from "../../src/compiler/plan/why.ts";
import { graphText } from "../../src/compiler/plan/graph-text.ts";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { selectTasks, withUpstream } from "../../src/compiler/plan/select.ts";
import { estimateTime } from "../../src/compiler/plan/timing.ts";
import { totalsOf } from "../../src/compiler/plan/totals.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { TaskRecord } from "../../src/domain/state.ts";
import { formatWhy } from "../../src/report/plan/why.ts";
import { edited, GOOD, projectOf } from "./fixture.ts";
import { FULL } from "./full-fixture.ts";
import { compileFiles } from "./rig.ts";

function experimentOf(spec: string): Experiment {
  const { experiment, diagnostics } = compileFiles(projectOf(spec));
  if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return experiment;
}

/** The state after everything of a spec was made, at a millisecond a token. */
function made(of: Experiment): Map<string, TaskRecord> {
  const cost = new Map(of.tasks.map((task) => [task.id, task.cost]));
  return new Map(
    planTasks(of, new Map(), () => false).tasks.map(({ id, digest, fingerprint }) => [
      id,
      {
        id,
        digest,
        fingerprint,
        outputs: [],
        durationMs: cost.get(id)?.newTokens ?? 0,
        finishedAt: "2026-01-02T03:04:05.000Z",
        toolVersion: "0",
      },
    ]),
  );
}

const good = experimentOf(GOOD);
const present = () => true;
const select = (...patterns: string[]) => selectTasks(good, patterns);

test("patterns: ids, wildcards, coordinates", () => {
  expect([...select("results").ids]).toEqual(["results"]);
  expect([...select("vectors/*/probe").ids]).toEqual([
    "vectors/set_a/praise/instruct/response_all/probe",
    "vectors/set_b/praise/base/response__5/probe",
    "vectors/set_b/praise/base/response__10/probe",
  ]);
  expect([...select("steering[method=probe,position=response[:5]]").ids]).toEqual([
    "steering/set_b/praise/base/response__5/probe",
  ]);
  expect(select("steering[trait=praise,*]").ids.size).toBe(6);
  expect(select("*[max_new_tokens=20]").ids).toEqual(new Set(["responses/set_a/praise/instruct"]));
  expect(select("results", "baseline/*").ids.size).toBe(3);
});

test("a pattern without a match names what was meant", () => {
  expect(select("stering/*").unmatched).toEqual([{ pattern: "stering/*", near: "steering/*" }]);
  expect(select("steerin[method=probe]").unmatched).toEqual([
    { pattern: "steerin[method=probe]", near: "steering[method=probe]" },
  ]);
  expect(select("result").unmatched).toEqual([{ pattern: "result", near: "results" }]);
  expect(select("steering[method=pca]").unmatched).toEqual([{ pattern: "steering[method=pca]", near: undefined }]);
  // What a pattern holds is text, not a program.
  expect(select("(a+)+$").unmatched).toHaveLength(1);
});

test("a target brings what it needs, and nothing else", () => {
  const { ids } = select("steering/set_b/praise/base/response__5/probe");
  const plan = planTasks(good, new Map(), present, { only: withUpstream(good, ids) });
  expect(plan.tasks.map(({ id }) => id)).toEqual([
    "responses/set_b/praise/base",
    "activations/set_b/praise/base/response__5",
    "vectors/set_b/praise/base/response__5/probe",
    "baseline/set_b/praise/instruct",
    "steering/set_b/praise/base/response__5/probe",
  ]);
  // Orphans are the whole experiment's affair.
  const records = new Map([...made(good), ["gone", made(good).get("results") as TaskRecord]]);
  expect(planTasks(good, records, present).orphans).toEqual(["gone"]);
  expect(planTasks(good, records, present, { only: ids }).orphans).toEqual([]);
});

test("a target waits for its checkpoints", () => {
  const full = experimentOf(FULL);
  const only = withUpstream(full, selectTasks(full, ["combination/praise/halves"]).ids);
  expect(only).toContain("checkpoint/after_steering");
  expect(only).toContain("checkpoint/after_extraction");
  expect(only).not.toContain("weights/norms");
});

test("a task made again leaves what was made from it", () => {
  const replace = select("responses/set_b/praise/base").ids;
  const plan = planTasks(good, made(good), present, { replace });
  expect(plan.tasks.filter(({ action }) => action !== "keep")).toMatchObject([
    { id: "responses/set_b/praise/base", action: "rerun", reasons: ["asked for"] },
  ]);
});

test("why: up to the first cause, each told once", () => {
  const changed = experimentOf(edited(["seed: 42", "seed: 43"]));
  const records = made(good);
  const plan = planTasks(changed, records, present);
  const why = (id: string) => {
    const found = explainTask(id, changed, plan, records);
    return found === undefined ? "" : formatWhy(found);
  };
  expect(why("steering/set_a/praise/instruct/response_all/probe")).toMatchInlineSnapshot(`
    "steering/set_a/praise/instruct/response_all/probe runs again  [specs/test.yaml:30:36]
      vectors/set_a/praise/instruct/response_all/probe runs again
        activations/set_a/praise/instruct/response_all runs again
          responses/set_a/praise/instruct runs again: seed: 42 → 43  [specs/test.yaml:18:3]"
  `);
  expect(why("baseline/set_b/praise/instruct")).toMatchInlineSnapshot(
    `"baseline/set_b/praise/instruct is up to date: made 2026-01-02T03:04:05.000Z  [specs/test.yaml:14:40]"`,
  );
  expect(why("results")).toMatchInlineSnapshot(`
    "results runs again  [specs/test.yaml:33:1]
      steering/set_a/praise/instruct/response_all/mean_diff runs again
        vectors/set_a/praise/instruct/response_all/mean_diff runs again
          activations/set_a/praise/instruct/response_all runs again
            responses/set_a/praise/instruct runs again: seed: 42 → 43  [specs/test.yaml:18:3]
      steering/set_a/praise/instruct/response_all/probe runs again
        vectors/set_a/praise/instruct/response_all/probe runs again
          activations/set_a/praise/instruct/response_all runs again (told above)"
  `);
});

test("time from what was recorded, by kind", () => {
  const longer = experimentOf(edited(["max_new_tokens: 16", "max_new_tokens: 32"]));
  const records = made(good);
  const plan = planTasks(longer, records, present);
  const tokens = longer.tasks.reduce((sum, { kind, cost }) => sum + (kind === "responses" ? 0 : cost.newTokens), 0);
  expect(estimateTime(longer, plan, new Map())).toBeUndefined();
  // The searches and baselines run again, at the recorded rate of answers half as long.
  expect(estimateTime(longer, plan, records)).toEqual({ ms: (tokens / 2) * 1, unknown: [] });
});

test("totals by the arithmetic", () => {
  const { counts, cost, dollars } = totalsOf(good, planTasks(good, new Map(), present), new Map());
  expect(counts).toEqual({ create: 20, rerun: 0, keep: 0 });
  // 4 rows × 2 rollouts; 4 rows; 2 baselines of 2 questions; 6 searches of 2 questions × (3 layers × 3 + 2).
  expect(cost.generations).toBe(8 + 4 + 4 + 6 * 22);
  expect(cost.judgeCalls).toBe(2 * (4 + 6 * 22));
  expect(cost.newTokens).toBe(8 * 20 + 4 * 10 + (4 + 6 * 22) * 16);
  expect(dollars).toBeUndefined();
});

test("graphs", () => {
  const only = withUpstream(good, select("vectors/set_b/praise/base/response__5/probe").ids);
  const plan = planTasks(good, new Map(), present, { only });
  expect(graphText(good, plan, "mermaid")).toMatchInlineSnapshot(`
    "flowchart LR
      classDef create fill:#2da44e,color:#fff
      classDef rerun fill:#bf8700,color:#fff
      classDef keep fill:#8c959f,color:#fff
      subgraph extraction
        t0["responses/set_b/praise/base"]:::create
        t1["activations/set_b/praise/base/response__5"]:::create
        t2["vectors/set_b/praise/base/response__5/probe"]:::create
      end
      t0 --> t1
      t1 --> t2"
  `);
  expect(graphText(good, plan, "dot")).toMatchInlineSnapshot(`
    "digraph plan {
      rankdir=LR; node [shape=box, style=filled, fontcolor=white, fontname=monospace];
      subgraph cluster_extraction {
        label=extraction;
        t0 [label="responses/set_b/praise/base", fillcolor="#2da44e"];
        t1 [label="activations/set_b/praise/base/response__5", fillcolor="#2da44e"];
        t2 [label="vectors/set_b/praise/base/response__5/probe", fillcolor="#2da44e"];
      }
      t0 -> t1;
      t1 -> t2;
    }"
  `);
});
