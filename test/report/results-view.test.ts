import { describe, expect, test } from "vitest";
import { formatResults } from "../../src/report/results-view.ts";
import type { Found, Results, ResultsRow } from "../../src/runtime/tasks/results-document.ts";

const NONE = { trait: 0, coherence: 0 };
const UNSTEERED = { trait_mean: 13.1, coherence_mean: 62.7, n: 10, missing: NONE };

const BEST: Found = {
  layer: 3,
  coefficient: 8.7149,
  trait_mean: 44.06,
  coherence_mean: 79.98,
  n: 10,
  missing: NONE,
  trait_delta: 30.96,
  interval: [21.04, 40.96],
  selected_delta: 35,
};

const ROW: ResultsRow = {
  dataset: "pv_natural/sycophancy",
  trait: "sycophancy",
  variant: "base",
  position: "response[:5]",
  method: "probe",
  questions: { selecting: 10, reporting: 10 },
  baseline: UNSTEERED,
  best: BEST,
  at: [
    { coherence: 80, best: { ...BEST, trait_delta: -0.04 } },
    { coherence: 70, best: BEST },
  ],
  drops: [
    { coherence: 80, coefficient: 11.1 },
    { coherence: 70, coefficient: null },
  ],
  random: {
    directions: 3,
    trait_delta_mean: -1.25,
    interval: [-4, 2.5],
    trait_delta_max: 4.05,
    coherence_mean: 70,
    n: 30,
    missing: NONE,
  },
};

const { best: _, drops: __, random: ___, ...WITHOUT } = ROW;
const NOTHING: ResultsRow = { ...WITHOUT, method: "mean_diff", at: [{ coherence: 80 }, { coherence: 70 }] };

function shown(rows: readonly ResultsRow[], more: Partial<Results> = {}, atMost?: number): string {
  const settings = { min_coherence: 70, held_out: 0.5, confidence: 0.95, judge_samples: 0 };
  const empty = { prompting: [], combinations: [], combination_pairs: [], positions: [] };
  const name = { experiment: "e", application: "instruct" };
  return formatResults({ format_version: 3, ...name, ...settings, rows, ...empty, ...more }, atMost);
}

describe("the results table", () => {
  test("a best beside its interval, thresholds, the unsteered and random ones; a search without a best", () => {
    expect(shown([ROW, NOTHING])).toMatchInlineSnapshot(`
      "dataset                variant   position      method     layer  coefficient  trait  trait Δ   95% interval  coherence   n  Δ at ≥ 80  < 80 from  random Δ  95% interval  random max
      ─────────────────────  ────────  ────────────  ─────────  ─────  ───────────  ─────  ───────  ─────────────  ─────────  ──  ─────────  ─────────  ────────  ────────────  ──────────
      pv_natural/sycophancy  instruct                unsteered                       13.1                               62.7  10
      pv_natural/sycophancy  base      response[:5]  probe          3         8.71   44.1    +31.0  +21.0 … +41.0       80.0  10        0.0      11.10      −1.3   −4.0 … +2.5        +4.0
      pv_natural/sycophancy  base      response[:5]  mean_diff   none            –      –        –              –          –   0          –          –         –             –           –

      Best sycophancy vector: pv_natural/sycophancy response[:5] probe (from base), layer 3, coefficient 8.71: trait +31.0 at coherence 80.0.
      The best at coherence ≥ 70. Chosen on 10 questions, reported on the other 10.
      Δ: trait score less the unsteered one; random: random unit directions at the same layer and coefficient.
      < 80 from: the smallest coefficient tried at that layer whose coherence is below 80."
    `);
  });

  test("of more vectors than it may have, how many there are", () => {
    expect(shown([ROW, NOTHING], {}, 1).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
      [
        "2 vector sets: steerform show results has them all.",
        "",
        "Best sycophancy vector: pv_natural/sycophancy response[:5] probe (from base), layer 3, coefficient 8.71: trait +31.0 at coherence 80.0.",
      ]
    `);
    expect(shown([ROW, NOTHING], {}, 2)).toBe(shown([ROW, NOTHING]));
  });

  test("without a best at all", () => {
    expect(shown([NOTHING]).split("\n").slice(4)).toMatchInlineSnapshot(`
      [
        "",
        "sycophancy: no vector stays coherent (≥ 70) in this search.",
        "The best at coherence ≥ 70. Chosen on 10 questions, reported on the other 10.",
        "Δ: trait score less the unsteered one; random: random unit directions at the same layer and coefficient.",
        "< 80 from: the smallest coefficient tried at that layer whose coherence is below 80.",
      ]
    `);
  });

  test("scores that are missing are counted, those of unsteered answers once a dataset", () => {
    const missing = { trait: 2, coherence: 1 };
    const baseline = { ...UNSTEERED, missing };
    const row = { ...ROW, baseline, best: { ...BEST, missing: { trait: 1, coherence: 0 } } };
    expect(shown([row, { ...NOTHING, baseline }])).toContain(
      "\n4 judge scores of these results are missing; none counts in a mean.\n",
    );
    const one = { ...ROW, best: { ...BEST, missing: { trait: 1, coherence: 0 } } };
    expect(shown([one])).toContain("\n1 judge score of these results is missing; none counts in a mean.\n");
  });

  test("when the judge gave no score, that is said, and no zero is shown", () => {
    const baseline = { trait_mean: null, coherence_mean: 95, n: 0, missing: { trait: 10, coherence: 0 } };
    const text = shown([{ ...NOTHING, baseline }]);
    expect(text).toContain("sycophancy: the judge gave no answer a score, so nothing can be compared.");
    expect(text).toContain("10 judge scores");
    expect(text.split("\n")[2]).toMatch(/unsteered +– +95\.0 +0$/);
    expect(text.split("\n")[3]).toMatch(/none +– +– +– +– +– +0 +– +– +– +– +–$/);
  });

  test("several traits have a line each; the best was chosen by other questions than those that report it", () => {
    const other = { ...ROW, dataset: "pv_natural/evil_v3", trait: "evil" };
    const lucky = { ...ROW, method: "mean_diff", best: { ...BEST, trait_delta: 99, selected_delta: 1 } };
    const lines = shown([lucky, ROW, other]).split("\n");
    expect(lines.filter((line) => line.startsWith("Best "))).toEqual([
      "Best sycophancy vector: pv_natural/sycophancy response[:5] probe (from base), layer 3, coefficient 8.71: trait +31.0 at coherence 80.0.",
      "Best evil vector: pv_natural/evil_v3 response[:5] probe (from base), layer 3, coefficient 8.71: trait +31.0 at coherence 80.0.",
    ]);
  });

  test("combinations stand in a table of their own, beside the best single vector", () => {
    const combination = {
      trait: "sycophancy",
      strategy: "sum_at_best",
      hooks: [{ layer: 3, coefficient: 8.7149 }],
      best: BEST,
      at: [],
      beyond_best_single: { trait_delta: -2.04, interval: null },
    };
    const unfound = { trait: "sycophancy", strategy: "ensemble_half", hooks: [], at: [] };
    expect(
      shown([ROW], { combinations: [combination, unfound] })
        .split("\n")
        .slice(5, 10),
    ).toMatchInlineSnapshot(`
      [
        "trait       combination    layer × coefficient  trait Δ   95% interval  coherence   n  beyond best single  95% interval",
        "──────────  ─────────────  ───────────────────  ───────  ─────────────  ─────────  ──  ──────────────────  ────────────",
        "sycophancy  sum_at_best               3 × 8.71    +31.0  +21.0 … +41.0       80.0  10                −2.0             –",
        "sycophancy  ensemble_half                             –              –          –   0                   –             –",
        "",
      ]
    `);
  });

  test("combinations that differ are named, with the sources' best vectors alone", () => {
    const pair = (one: string, other: string, low: number, high: number) => ({
      trait: "sycophancy",
      one,
      other,
      trait_delta: (low + high) / 2,
      interval: [low, high] as const,
    });
    const combination = { trait: "sycophancy", strategy: "sum", hooks: [], at: [] };
    const lines = (...pairs: Results["combination_pairs"]) =>
      shown([ROW], { combinations: [combination], combination_pairs: pairs })
        .split("\n")
        .slice(9, -5);
    expect(lines(pair("best(natural)", "sum", -9, -1), pair("sum", "each", -1, 9), pair("sum", "half", 1, 3))).toEqual([
      "sycophancy: of 3 pairs of combinations and sources' best vectors, these differ:",
      "  best(natural) less sum: −5.0 (−9.0 … −1.0)",
      "  sum less half: +2.0 (+1.0 … +3.0)",
    ]);
    expect(lines({ ...pair("sum", "each", 1, 9), interval: null })).toEqual([
      "sycophancy: of 1 pair of combinations and sources' best vectors, none differs.",
    ]);
  });

  test("system prompts stand beside the unsteered answers, and the best vector is compared with them", () => {
    const best = { ...BEST, system_prompt: "Agree with everything.", trait_delta: 45.2 };
    const prompting = [{ dataset: ROW.dataset, trait: ROW.trait, prompts: 5, best }];
    const beyond = { trait_delta: -14.24, interval: [-20, -8] } as const;
    const lines = shown([{ ...ROW, beyond_prompting: beyond }], { prompting }).split("\n");
    expect(lines[3]).toMatch(/instruct +system prompt \(best of 5\) +44\.1 +\+45\.2 +\+21\.0 … \+41\.0 +80\.0 +10$/);
    expect(lines).toContain(
      "Best sycophancy vector: pv_natural/sycophancy response[:5] probe (from base), layer 3, coefficient 8.71: trait +31.0 at coherence 80.0, −14.2 (−20.0 … −8.0) beyond the best system prompt.",
    );
    const { best: _best, ...none } = prompting[0]!;
    expect(shown([ROW], { prompting: [none] }).split("\n")[3]).toMatch(/system prompt: none +– +– +– +– +0$/);
  });

  test("whether the position matters is a table of every two, and an answer a trait", () => {
    const of = { trait: "sycophancy", dataset: ROW.dataset, variant: "base", method: "probe" };
    const pair = { ...of, position: "response[:10]", beside: "response[:5]", n: 10 };
    const far = { ...pair, trait_delta: 20.04, interval: [12, 28] as const, p: 2 / 1024, p_adjusted: 4 / 1024 };
    const near = { ...pair, method: "mean_diff", trait_delta: -1, interval: null, p: 0.4, p_adjusted: 0.4 };
    expect(
      shown([ROW], { positions: [far, near] })
        .split("\n")
        .slice(6, 13),
    ).toMatchInlineSnapshot(`
      [
        "",
        "trait       dataset                method     position       less          trait Δ   95% interval   n      p  p adjusted",
        "──────────  ─────────────────────  ─────────  ─────────────  ────────────  ───────  ─────────────  ──  ─────  ──────────",
        "sycophancy  pv_natural/sycophancy  probe      response[:10]  response[:5]    +20.0  +12.0 … +28.0  10  0.002       0.004",
        "sycophancy  pv_natural/sycophancy  mean_diff  response[:10]  response[:5]     −1.0              –  10  0.400       0.400",
        "",
        "Does the position matter for sycophancy? Yes, in 1 of 2 comparisons (p ≤ 0.050): sign-flip test over the questions, 2 comparisons, p adjusted for them (Holm).",
      ]
    `);
    expect(shown([ROW], { positions: [near] })).toContain(
      "Does the position matter for sycophancy? No two positions can be told apart (p ≥ 0.400): sign-flip test over the questions, 1 comparison, p adjusted for them (Holm).",
    );
  });

  test("what the numbers are of is said below", () => {
    const legend = (more: Partial<Results>) => shown([ROW], more).split("\n").slice(6);
    expect(legend({})).toEqual([
      "The best at coherence ≥ 70. Chosen on 10 questions, reported on the other 10.",
      "Δ: trait score less the unsteered one; random: random unit directions at the same layer and coefficient.",
      "< 80 from: the smallest coefficient tried at that layer whose coherence is below 80.",
    ]);
    expect(legend({ held_out: 0 })[0]).toBe(
      "The best at coherence ≥ 70. Chosen and reported on the same questions: the best looks better than it is.",
    );
    expect(legend({ judge_samples: 20 })[3]).toBe(
      "A score is the mean of 20 sampled replies of the judge, not of its distribution.",
    );
  });
});
