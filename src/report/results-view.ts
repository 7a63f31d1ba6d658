import type { CombinationRow, Found, Results, ResultsRow } from "../runtime/tasks/results-document.ts";
import { positionLines } from "./position-view.ts";
import { formatTable, type Column } from "./table.ts";
import { formatDelta, formatEffect, formatInterval, formatScore, intervalTitle, plural } from "./units.ts";

/**
 * The results table, then the best vector in words, and whether the position matters. Of more vectors than `atMost`, how many
 * there are in the table's place.
 */
export function formatResults(results: Results, atMost: number = Infinity): string {
  const count = results.rows.length;
  return [
    count > atMost ? `${plural(count, "vector set")}: steerform show results has them all.` : resultsTable(results),
    "",
    ...combinationLines(results),
    ...bestLines(results),
    ...positionLines(results),
    ...legend(results),
  ].join("\n");
}

function resultsTable(results: Results): string {
  const thresholds = otherThresholds(results);
  const datasets = new Map(results.rows.map((row) => [row.dataset, row]));
  const rows = [...datasets.values()].flatMap((first) => [
    unsteeredCells(first, results),
    ...promptingCells(first.dataset, results),
    ...results.rows.filter(({ dataset }) => dataset === first.dataset).map((row) => vectorCells(row, thresholds)),
  ]);
  return formatTable(columnsOf(results, thresholds), rows);
}

/** Least coherences that the table has columns for, besides the search's own. */
function otherThresholds({ rows, min_coherence: own }: Results): number[] {
  return rows[0]?.at.map(({ coherence }) => coherence).filter((coherence) => coherence !== own) ?? [];
}

function columnsOf({ confidence }: Results, thresholds: readonly number[]): Column[] {
  const left = ["dataset", "variant", "position", "method"].map((title): Column => ({ title, align: "left" }));
  const interval = intervalTitle(confidence);
  const right = ["layer", "coefficient", "trait", "trait Δ", interval, "coherence", "n"];
  const at = thresholds.flatMap((coherence) => [`Δ at ≥ ${coherence}`, `< ${coherence} from`]);
  const random = ["random Δ", interval, "random max"];
  return [...left, ...[...right, ...at, ...random].map((title): Column => ({ title, align: "right" }))];
}

function unsteeredCells({ dataset, baseline }: ResultsRow, { application }: Results): string[] {
  const { trait_mean: trait, coherence_mean: coherence, n } = baseline;
  return [dataset, application, "", "unsteered", "", "", formatScore(trait), "", "", formatScore(coherence), String(n)];
}

function promptingCells(dataset: string, { prompting, application }: Results): string[][] {
  return prompting
    .filter((row) => row.dataset === dataset)
    .map(({ prompts, best }) => [
      dataset,
      application,
      "",
      best === undefined ? "system prompt: none" : `system prompt (best of ${prompts})`,
      "",
      "",
      formatScore(best?.trait_mean),
      formatDelta(best?.trait_delta),
      formatInterval(best?.interval),
      formatScore(best?.coherence_mean),
      String(best?.n ?? 0),
    ]);
}

function vectorCells(row: ResultsRow, thresholds: readonly number[]): string[] {
  const { dataset, variant, position, method, best, random } = row;
  const at = thresholds.flatMap((coherence) => {
    const drop = row.drops?.find((one) => one.coherence === coherence);
    return [
      formatDelta(row.at.find((one) => one.coherence === coherence)?.best?.trait_delta),
      drop === undefined ? "–" : (drop.coefficient?.toFixed(2) ?? "never"),
    ];
  });
  return [
    dataset,
    variant,
    position,
    method,
    best === undefined ? "none" : String(best.layer),
    best === undefined ? "–" : best.coefficient.toFixed(2),
    formatScore(best?.trait_mean),
    formatDelta(best?.trait_delta),
    formatInterval(best?.interval),
    formatScore(best?.coherence_mean),
    String(best?.n ?? 0),
    ...at,
    formatDelta(random?.trait_delta_mean),
    formatInterval(random?.interval),
    formatDelta(random?.trait_delta_max),
  ];
}

/** Strategies beside the best single vector of their trait. */
function combinationLines(results: Results): string[] {
  const { combinations, confidence } = results;
  if (combinations.length === 0) return [];
  const left = ["trait", "combination"].map((title): Column => ({ title, align: "left" }));
  const interval = intervalTitle(confidence);
  const right = ["layer × coefficient", "trait Δ", interval, "coherence", "n", "beyond best single", interval];
  const columns = [...left, ...right.map((title): Column => ({ title, align: "right" }))];
  const rows = combinations.map(combinationCells);
  return [formatTable(columns, rows), "", ...pairLines(results)];
}

/** From the trait to the interval of what it is beyond the best single vector. */
function combinationCells({ trait, strategy, hooks, best, beyond_best_single: beyond }: CombinationRow): string[] {
  return [
    trait,
    strategy,
    hooks.map(({ layer, coefficient }) => `${layer} × ${coefficient.toFixed(2)}`).join(", "),
    formatDelta(best?.trait_delta),
    formatInterval(best?.interval),
    formatScore(best?.coherence_mean),
    String(best?.n ?? 0),
    formatDelta(beyond?.trait_delta),
    formatInterval(beyond?.interval),
  ];
}

/** Which combinations, and sources' best vectors alone, differ. */
function pairLines({ combinations, combination_pairs: pairs }: Results): string[] {
  if (pairs.length === 0) return [];
  const lines = [...new Set(combinations.map(({ trait }) => trait))].flatMap((trait) => {
    const ofTrait = pairs.filter((pair) => pair.trait === trait);
    if (ofTrait.length === 0) return [];
    const apart = ofTrait.flatMap(({ one, other, trait_delta: delta, interval }) => {
      if (interval === null || (interval[0] <= 0 && interval[1] >= 0)) return [];
      return `  ${one} less ${other}: ${formatEffect({ trait_delta: delta, interval })}`;
    });
    const among = `of ${plural(ofTrait.length, "pair")} of combinations and sources' best vectors`;
    return [`${trait}: ${among}, ${apart.length === 0 ? "none differs." : "these differ:"}`, ...apart];
  });
  return [...lines, ""];
}

/** One line a trait, and one for scores that are missing. */
function bestLines(results: Results): string[] {
  const { rows, min_coherence: minCoherence } = results;
  const lines = [...new Set(rows.map(({ trait }) => trait))].map((trait) => {
    const found = rows.flatMap((row) =>
      row.trait !== trait || row.best === undefined ? [] : [{ row, best: row.best }],
    );
    // Which vector is best is chosen as everything is: not by the questions that report it.
    const top = found.toSorted((a, b) => selectedDelta(b.best) - selectedDelta(a.best))[0];
    if (top === undefined) return whyNone(trait, rows, minCoherence);
    const { row, best } = top;
    return (
      `Best ${trait} vector: ${row.dataset} ${row.position} ${row.method} (from ${row.variant}), layer ${best.layer}, ` +
      `coefficient ${best.coefficient.toFixed(2)}: trait ${formatDelta(best.trait_delta)} at coherence ${formatScore(best.coherence_mean)}${besidePrompting(row)}.`
    );
  });
  const missing = missingScores(results);
  return missing === 0
    ? lines
    : [
        ...lines,
        `${plural(missing, "judge score")} of these results ${missing === 1 ? "is" : "are"} missing; none counts in a mean.`,
      ];
}

function besidePrompting({ beyond_prompting: beyond }: ResultsRow): string {
  return beyond === undefined ? "" : `, ${formatEffect(beyond)} beyond the best system prompt`;
}

function whyNone(trait: string, rows: readonly ResultsRow[], minCoherence: number): string {
  const unscored = rows.every((row) => row.trait !== trait || row.baseline.trait_mean === null);
  return unscored
    ? `${trait}: the judge gave no answer a score, so nothing can be compared.`
    : `${trait}: no vector stays coherent (≥ ${minCoherence}) in this search.`;
}

/** Of what the table shows; the unsteered answers once a dataset. */
function missingScores({ rows, prompting }: Results): number {
  const baselines = new Map(rows.map(({ dataset, baseline }) => [dataset, baseline]));
  const shown = [
    ...baselines.values(),
    ...prompting.flatMap(({ best }) => best ?? []),
    ...rows.flatMap(({ best, random }) => [best, random].filter((one) => one !== undefined)),
  ];
  return shown.reduce((sum, { missing }) => sum + missing.trait + missing.coherence, 0);
}

function selectedDelta({ selected_delta: delta }: Found): number {
  return delta ?? -Infinity;
}

function legend(results: Results): string[] {
  const { rows, held_out: heldOut, min_coherence: minCoherence, judge_samples: samples } = results;
  const questions = rows[0]?.questions;
  const split =
    heldOut === 0 || questions === undefined
      ? "Chosen and reported on the same questions: the best looks better than it is."
      : `Chosen on ${questions.selecting} questions, reported on the other ${questions.reporting}.`;
  const drops = otherThresholds(results).map(
    (coherence) =>
      `< ${coherence} from: the smallest coefficient tried at that layer whose coherence is below ${coherence}.`,
  );
  return [
    `The best at coherence ≥ ${minCoherence}. ${split}`,
    "Δ: trait score less the unsteered one; random: random unit directions at the same layer and coefficient.",
    ...drops,
    ...(samples > 0
      ? [`A score is the mean of ${samples} sampled replies of the judge, not of its distribution.`]
      : []),
  ];
}
