import type { Found, Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import { formatDelta, formatInterval, formatScore, intervalTitle } from "../units.ts";
import type { Curves } from "./curves.ts";
import { checkpointAnswers } from "./extraction.ts";
import { missingWords, type Made } from "./made.ts";
import { steeringPictures } from "./steering-pictures.ts";
import type { Answer, Section, Table } from "./view.ts";
import { columns, effectWords, fixed, pWords, setName, traitsOf } from "./words.ts";

export function steeringSection(made: Made, results: Results | undefined, curves: readonly Curves[]): Section {
  return {
    id: "steering",
    title: "Steering: single vectors",
    missing: missingWords(made, "steering"),
    answers: [
      ...checkpointAnswers(made, "after_steering"),
      ...(results === undefined ? [] : traitsOf(results).flatMap((trait) => answersOf(trait, results))),
    ],
    tables: results === undefined || results.rows.length === 0 ? [] : [tableOf(results)],
    pictures: steeringPictures(results, curves),
    notes: results === undefined ? [] : notesOf(results),
  };
}

/** The vector set that a trait's Δ is largest for: chosen as everything is, not by the questions that report it. */
export function bestRow(
  rows: readonly ResultsRow[],
  foundOf: (row: ResultsRow) => Found | undefined = ({ best }) => best,
): { readonly row: ResultsRow; readonly found: Found } | undefined {
  const found = rows.flatMap((row) => {
    const one = foundOf(row);
    return one === undefined ? [] : [{ row, found: one }];
  });
  const delta = (one: Found): number => one.selected_delta ?? -Infinity;
  return found.toSorted((a, b) => delta(b.found) - delta(a.found))[0];
}

function answersOf(trait: string, results: Results): Answer[] {
  const rows = results.rows.filter((row) => row.trait === trait);
  const best = bestRow(rows);
  return [
    { question: `Which vector steers ${trait} best?`, answer: foundWords(best) },
    ...(rows[0]?.at ?? []).map(({ coherence }) => ({
      question: `What is the largest Δ of ${trait} at coherence ≥ ${coherence}?`,
      answer: foundWords(bestRow(rows, ({ at }) => at.find((one) => one.coherence === coherence)?.best)),
    })),
    ...(best === undefined ? [] : [...againstRandom(trait, best.row), ...againstPrompting(trait, best.row)]),
    ...positionAnswers(trait, results),
  ];
}

function foundWords(best: ReturnType<typeof bestRow>): string {
  if (best === undefined) return "None that was tried: no evaluation stays that coherent.";
  const { row, found } = best;
  return (
    `${setName(row)}, layer ${found.layer}, coefficient ${fixed(found.coefficient)}: Δ ${effectWords(found)} ` +
    `at coherence ${formatScore(found.coherence_mean)}, on ${found.n} questions.`
  );
}

function againstRandom(trait: string, { best, random }: ResultsRow): Answer[] {
  if (random === undefined || best === undefined) return [];
  const largest = random.trait_delta_max;
  const isBeyond = best.trait_delta !== null && largest !== null && best.trait_delta > largest;
  return [
    {
      question: `Is the best ${trait} vector more than a random direction?`,
      answer:
        `${isBeyond ? "Yes" : "No"}: Δ ${formatDelta(best.trait_delta)} beside ${formatDelta(random.trait_delta_mean)} on average, ` +
        `and ${formatDelta(largest)} at most, of ${random.directions} random directions at the same layer and coefficient.`,
    },
  ];
}

function againstPrompting(trait: string, { beyond_prompting: beyond }: ResultsRow): Answer[] {
  if (beyond === undefined) return [];
  const question = `Is the best ${trait} vector beyond the best system prompt?`;
  const isBeyond = beyond.interval !== null && beyond.interval[0] > 0;
  return [{ question, answer: `${isBeyond ? "Yes" : "No"}: ${effectWords(beyond)} beyond it, question by question.` }];
}

function positionAnswers(trait: string, { positions, confidence }: Results): Answer[] {
  const compared = positions.filter((one) => one.trait === trait);
  if (compared.length === 0) return [];
  const apart = compared.filter(({ p_adjusted: p }) => p <= 1 - confidence);
  const least = Math.min(...compared.map(({ p_adjusted: p }) => p));
  const answer = apart.length === 0 ? "No two positions can be told apart" : `Yes, in ${apart.length} of them`;
  return [
    {
      question: `Does the position matter for ${trait}?`,
      answer: `${answer}: ${compared.length} paired comparisons, smallest adjusted ${pWords(least)}.`,
    },
  ];
}

function tableOf(results: Results): Table {
  const thresholds = results.rows[0]?.at.map(({ coherence }) => coherence) ?? [];
  return {
    caption: `The best of every vector set at coherence ≥ ${results.min_coherence}`,
    columns: columns(
      ["dataset", "variant", "position", "method"],
      [
        "layer",
        "coefficient",
        "Δ",
        intervalTitle(results.confidence),
        "coherence",
        "n",
        ...thresholds.flatMap((coherence) => [`Δ at ≥ ${coherence}`, `< ${coherence} from`]),
        "unsteered",
        "random Δ",
        "random max",
      ],
    ),
    rows: results.rows.map((row) => [
      row.dataset,
      row.variant,
      row.position,
      row.method,
      row.best === undefined ? "none" : String(row.best.layer),
      fixed(row.best?.coefficient),
      formatDelta(row.best?.trait_delta),
      formatInterval(row.best?.interval),
      formatScore(row.best?.coherence_mean),
      String(row.best?.n ?? 0),
      ...row.at.flatMap(({ coherence, best }) => {
        const drop = row.drops?.find((one) => one.coherence === coherence);
        return [
          formatDelta(best?.trait_delta),
          drop === undefined ? "–" : drop.coefficient === null ? "never" : fixed(drop.coefficient),
        ];
      }),
      formatScore(row.baseline.trait_mean),
      formatDelta(row.random?.trait_delta_mean),
      formatDelta(row.random?.trait_delta_max),
    ]),
  };
}

function notesOf({ rows, held_out: heldOut }: Results): string[] {
  const questions = rows[0]?.questions;
  return [
    heldOut === 0 || questions === undefined
      ? "Chosen and reported on the same questions: the best looks better than it is."
      : `Layers and coefficients are chosen on ${questions.selecting} questions; tables and answers are of the other ${questions.reporting}, on which coherence may come out lower than what was asked for. Pictures are of all questions.`,
    "Δ: trait score less the unsteered one, question by question.",
  ];
}
