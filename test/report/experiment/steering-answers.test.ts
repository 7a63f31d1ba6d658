import { expect, test } from "vitest";
import { positionAnswers } from "../../../src/report/experiment/positions.ts";
import { steeringAnswers } from "../../../src/report/experiment/steering-answers.ts";
import type { PositionComparison } from "../../../src/runtime/positions.ts";
import type { Found, Results, ResultsRow } from "../../../src/runtime/tasks/results-document.ts";

const NONE = { trait: 0, coherence: 0 };

const BEST: Found = {
  layer: 14,
  coefficient: 6.6,
  trait_mean: 70,
  coherence_mean: 64.4,
  n: 10,
  missing: NONE,
  trait_delta: 56.2,
  interval: [50, 62],
  selected_delta: 60,
};

const ROW: ResultsRow = {
  dataset: "pv_natural/sycophancy",
  trait: "sycophancy",
  variant: "base",
  position: "response[:5]",
  method: "probe",
  questions: { selecting: 10, reporting: 10 },
  baseline: { trait_mean: 13, coherence_mean: 95, n: 10, missing: NONE },
  best: BEST,
  at: [
    {
      coherence: 80,
      best: { ...BEST, coefficient: 5, trait_delta: 40, interval: [34, 46], selected_delta: 44, coherence_mean: 85 },
    },
    { coherence: 70, best: BEST },
  ],
  drops: [
    { coherence: 80, coefficient: 6 },
    { coherence: 70, coefficient: null },
  ],
};

function resultsOf(rows: readonly ResultsRow[], more: Partial<Results> = {}): Results {
  const empty = { prompting: [], combinations: [], combination_pairs: [], positions: [] };
  const settings = { min_coherence: 70, held_out: 0.5, confidence: 0.95, judge_samples: 0 };
  return { format_version: 3, experiment: "e", application: "instruct", ...settings, rows, ...empty, ...more };
}

/** A line an answer. */
function answers(row: Partial<ResultsRow>, more: Partial<Results> = {}): string[] {
  const results = resultsOf([{ ...ROW, ...row }], more);
  return steeringAnswers("sycophancy", results).map(
    ({ question, answer, detail }) => `${question} ${answer} ${detail}`,
  );
}

test("a best that lost coherence on the questions that report it, and another at a higher threshold", () => {
  expect(answers({})).toMatchInlineSnapshot(`
    [
      "Which vector steers sycophancy best, at coherence ≥ 70? pv_natural/sycophancy response[:5] probe: Δ +56.2 (+50.0 … +62.0). Layer 14, coefficient 6.60; coherence 64.4, less than the 70 that it was chosen at; 10 questions. On the questions that chose it, Δ +60.0.",
      "What is the largest Δ of sycophancy at coherence ≥ 80? pv_natural/sycophancy response[:5] probe: Δ +40.0 (+34.0 … +46.0). Layer 14, coefficient 5.00; coherence 85.0; 10 questions. On the questions that chose it, Δ +44.0.",
      "Where does coherence of sycophancy first drop below 80 and 70? Below 80 at coefficient 6.00, nowhere below 70. The best vector, at layer 14: the smallest coefficient tried that is less coherent.",
    ]
  `);
});

test("nothing coherent is nothing", () => {
  const { best: _, drops: __, ...without } = ROW;
  expect(steeringAnswers("sycophancy", resultsOf([{ ...without, at: [{ coherence: 80 }, { coherence: 70 }] }])))
    .toMatchInlineSnapshot(`
    [
      {
        "answer": "None.",
        "detail": "No evaluation stays coherent (≥ 70).",
        "question": "Which vector steers sycophancy best, at coherence ≥ 70?",
      },
      {
        "answer": "None.",
        "detail": "No evaluation stays coherent (≥ 80).",
        "question": "What is the largest Δ of sycophancy at coherence ≥ 80?",
      },
    ]
  `);
});

test("a vector that does no more than a random direction, and less than a system prompt", () => {
  const random = {
    directions: 3,
    trait_delta_mean: 20,
    interval: null,
    trait_delta_max: 57,
    coherence_mean: 70,
    n: 30,
    missing: NONE,
  };
  const { layer: _, coefficient: __, ...reported } = BEST;
  const prompting = [
    {
      dataset: ROW.dataset,
      trait: "sycophancy",
      prompts: 5,
      best: { ...reported, trait_delta: 70, interval: [60, 80] as const, system_prompt: "Agree." },
    },
  ];
  const beyond = { trait_delta: -14, interval: [-26.7, -4.5] as const };
  expect(answers({ random, beyond_prompting: beyond }, { prompting }).slice(-2)).toMatchInlineSnapshot(`
    [
      "Is the best sycophancy vector more than a random direction? No. Δ +56.2 beside +20.0 on average, and +57.0 at most, of 3 random directions at the same layer and coefficient.",
      "Does the best sycophancy vector do more than the best system prompt? No, less. Vector less prompt, question by question: −14.0 (−26.7 … −4.5). The best of 5 has Δ +70.0 (+60.0 … +80.0).",
    ]
  `);
  expect(answers({ beyond_prompting: { trait_delta: 1, interval: [-3, 5] } }).at(-1)).toMatchInlineSnapshot(
    `"Does the best sycophancy vector do more than the best system prompt? No, the two cannot be told apart. Vector less prompt, question by question: +1.0 (−3.0 … +5.0)."`,
  );
});

test("positions: which differ, or how large the largest difference is", () => {
  const compared = (position: string, p: number, delta: number): PositionComparison => ({
    trait: "sycophancy",
    dataset: ROW.dataset,
    variant: "base",
    method: "probe",
    position,
    beside: "response[:5]",
    trait_delta: delta,
    interval: [delta - 5, delta + 5],
    n: 10,
    p: p / 2,
    p_adjusted: p,
  });
  const of = (...positions: PositionComparison[]) => positionAnswers("sycophancy", resultsOf([ROW], { positions }));
  expect(of()).toEqual([]);
  expect(of(compared("response[:10]", 0.3, 3), compared("response[:15]", 0.2, -8))).toMatchInlineSnapshot(`
    [
      {
        "answer": "No two positions can be told apart.",
        "detail": "2 paired comparisons of positions, p adjusted for all of them. The largest difference: probe, response[:15] less response[:5]: −8.0 (−13.0 … −3.0), p = 0.200.",
        "question": "Does the position matter for sycophancy?",
      },
    ]
  `);
  expect(of(compared("response[:10]", 0.3, 3), compared("response[:15]", 0.02, 20))).toMatchInlineSnapshot(`
    [
      {
        "answer": "Yes, in 1 of 2 comparisons.",
        "detail": "probe, response[:15] less response[:5]: +20.0 (+15.0 … +25.0), p = 0.020. 2 paired comparisons of positions, p adjusted for all of them.",
        "question": "Does the position matter for sycophancy?",
      },
    ]
  `);
});
