import { expect, test } from "vitest";
import { planTasks, type PlanOptions } from "../../src/compiler/plan/plan.ts";
import { totalsOf } from "../../src/compiler/plan/totals.ts";
import type { TaskRecord } from "../../src/domain/state.ts";
import { formatPlan } from "../../src/report/plan/view.ts";
import { createStyle } from "../../src/report/style.ts";
import { edited, GOOD, projectOf } from "../compiler/fixture.ts";
import { FULL, fullEdited } from "../compiler/full-fixture.ts";
import { compileFiles } from "../compiler/rig.ts";

type Records = ReadonlyMap<string, TaskRecord>;
const style = createStyle(false);

function view(spec: string, records: Records = new Map(), options: PlanOptions = {}, detail = false): string {
  const { experiment, diagnostics } = compileFiles(projectOf(spec));
  if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const plan = planTasks(experiment, records, () => true, options);
  return formatPlan(experiment, plan, totalsOf(experiment, plan, records), { style, detail });
}

/** The state after everything of a spec was made, a second a task. */
function made(spec: string): Records {
  const { experiment } = compileFiles(projectOf(spec));
  const tasks = experiment === undefined ? [] : planTasks(experiment, new Map(), () => true).tasks;
  return new Map(
    tasks.map(({ id, digest, fingerprint }) => [
      id,
      { id, digest, fingerprint, outputs: [], durationMs: 1000, finishedAt: "", toolVersion: "0" },
    ]),
  );
}

test("a whole experiment fits a screen", () => {
  const text = view(FULL);
  expect(text).toMatchInlineSnapshot(`
    "extraction
      + responses/set_a/praise/instruct  8 responses of ≤ 20 tokens, read at response[:]
      + responses/set_b/praise/base  4 responses of ≤ 10 tokens, read at response[:5] response[:10]
      + activations/set_a/praise/instruct/response_all  one pass over the responses
      + activations/set_b/praise/base/{response__5, response__10}  one pass over the responses
      + 6 vectors  mean_diff, probe
      + checkpoint/after_extraction  later phases wait for it

    steering
      + baseline/set_a/praise/instruct  2 questions, unsteered
      + baseline/set_b/praise/instruct  2 questions, unsteered
      + 6 steering  layers 2–4, 132 answers of ≤ 16 tokens
      + 6 refine  4 coefficients at the best layer, 72 answers
      + checkpoint/after_steering  later phases wait for it
      + selection/praise/asked  the best vector: known after its searches
      + selection/praise/told  the best vector: known after its searches

    combinations
      + combination/praise/sum_at_told  the sum at the best layer of told, coefficient searched
      + combination/praise/halves  each at its own best layer, from 0.5 of its best coefficient
      + combination/praise/at_four  the sum at layer 4, coefficient 6.5

    weights
      + weights/norms  base → instruct
      + weights/logit_lens  base → instruct
      + weights/trait_alignment  base → instruct

    similarity
      + prompts/steering_questions  4 prompts of praise, doubt
      + capture/instruct/steering_questions  4 responses of ≤ 12 tokens
      + replay/base/steering_questions  the same tokens, read by another variant
      + similarity/base  instruct beside base, and how vectors transfer

    results
      + results

    Plan: 40 tasks: 40 to create, 0 to rerun, 0 up to date.
    At most 254 responses, 4,056 new tokens, 476 judge calls, 735 KB on disk."
  `);
  expect(text.split("\n").length).toBeLessThan(50);
});

test("nothing to do", () => {
  expect(view(GOOD, made(GOOD))).toMatchInlineSnapshot(`
    "extraction
      = 2 responses
      = 3 activations
      = 6 vectors

    steering
      = 2 baseline
      = 6 steering

    results
      = 1 results

    Plan: 20 tasks: 0 to create, 0 to rerun, 20 up to date."
  `);
});

test("a position more: what is new by name, the rest by number", () => {
  expect(view(edited(['"response[:10]"]', '"response[:10]", "response[:3]"]']), made(GOOD))).toMatchInlineSnapshot(`
    "extraction
      = 2 responses
      = 3 activations
      = 6 vectors
      + activations/set_b/praise/base/response__3  one pass over the responses
      + vectors/set_b/praise/base/response__3/mean_diff  mean_diff
      + vectors/set_b/praise/base/response__3/probe  probe

    steering
      = 2 baseline
      = 6 steering
      + steering/set_b/praise/base/response__3/mean_diff  layers 2–4, 22 answers of ≤ 16 tokens
      + steering/set_b/praise/base/response__3/probe  layers 2–4, 22 answers of ≤ 16 tokens

    results
      ~ results  (what it is made from changes)

    Plan: 25 tasks: 5 to create, 1 to rerun, 19 up to date.
    At most 44 responses, 704 new tokens, 88 judge calls, 64 KB on disk.
    About 5.8 s by recorded timings."
  `);
});

test("a field that changed, and what that means", () => {
  expect(view(edited(["seed: 42", "seed: 43"]), made(GOOD))).toMatchInlineSnapshot(`
    "extraction
      ~ responses/set_a/praise/instruct  (seed: 42 → 43)
      ~ activations/set_a/praise/instruct/response_all  (responses/set_a/praise/instruct reruns)
      ~ vectors/set_a/praise/instruct/response_all/mean_diff  (activations/set_a/praise/instruct/response_all reruns)
      ~ vectors/set_a/praise/instruct/response_all/probe  (activations/set_a/praise/instruct/response_all reruns)
      = 1 responses
      = 2 activations
      = 4 vectors

    steering
      = 2 baseline
      ~ steering/set_a/praise/instruct/response_all/mean_diff  (vectors/set_a/praise/instruct/response_all/mean_diff reruns)
      ~ steering/set_a/praise/instruct/response_all/probe  (vectors/set_a/praise/instruct/response_all/probe reruns)
      = 4 steering

    results
      ~ results  (what it is made from changes)

    Plan: 20 tasks: 0 to create, 7 to rerun, 13 up to date.
    At most 52 responses, 864 new tokens, 88 judge calls, 86 KB on disk.
    About 8.1 s by recorded timings."
  `);
});

test("what the spec no longer has", () => {
  expect(view(edited(["methods: [mean_diff, probe]", "methods: [probe]"]), made(GOOD))).toMatchInlineSnapshot(`
    "extraction
      = 2 responses
      = 3 activations
      = 3 vectors

    steering
      = 2 baseline
      = 3 steering

    results
      ~ results  (what it is made from changes)

      - steering/set_a/praise/instruct/response_all/mean_diff (no longer in the spec; its files stay)
      - steering/set_b/praise/base/response__10/mean_diff (no longer in the spec; its files stay)
      - steering/set_b/praise/base/response__5/mean_diff (no longer in the spec; its files stay)
      - vectors/set_a/praise/instruct/response_all/mean_diff (no longer in the spec; its files stay)
      - vectors/set_b/praise/base/response__10/mean_diff (no longer in the spec; its files stay)
      - vectors/set_b/praise/base/response__5/mean_diff (no longer in the spec; its files stay)

    Plan: 14 tasks: 0 to create, 1 to rerun, 13 up to date, 6 orphaned.
    At most 0 responses, 0 new tokens, 0 judge calls, 1.8 KB on disk.
    About 1.0 s by recorded timings."
  `);
});

test("in detail, a line a task", () => {
  const only = new Set(["vectors/set_b/praise/base/response__5/probe", "results"]);
  expect(view(GOOD, new Map(), { only }, true)).toMatchInlineSnapshot(`
    "extraction
      + vectors/set_b/praise/base/response__5/probe  probe

    results
      + results

    Plan: 2 tasks: 2 to create, 0 to rerun, 0 up to date.
    At most 0 responses, 0 new tokens, 0 judge calls, 7.7 KB on disk."
  `);
});

test("money, where the judge has a price", () => {
  const judge = "judge: { provider: openai, model: gpt, price: { input: 0.4, output: 1.6 } }";
  const text = view(fullEdited(["judge: { provider: local, variant: judge }", judge]));
  expect(text.split("\n").at(-1)).toMatchInlineSnapshot(
    `"At most 254 responses, 4,056 new tokens, 476 judge calls (about $0.05), 735 KB on disk."`,
  );
});
