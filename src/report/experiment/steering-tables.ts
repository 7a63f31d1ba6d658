import type { Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import { formatDelta, formatEffect, formatScore, intervalTitle } from "../units.ts";
import { bestRow } from "./steering-answers.ts";
import type { Table } from "./view.ts";
import { columns, fixed, setName, traitsOf } from "./words.ts";

/** What a trait's vectors do, beside what they have to beat. */
export function traitTable(trait: string, results: Results): Table {
  const rows = results.rows.filter((row) => row.trait === trait);
  const thresholds = rows[0]?.at.map(({ coherence }) => coherence) ?? [];
  const others = thresholds.filter((coherence) => coherence !== results.min_coherence);
  return {
    caption: `${trait}: the best of every vector set at coherence ≥ ${results.min_coherence}`,
    columns: columns(
      ["dataset", "variant", "position", "method"],
      [
        "layer × coefficient",
        `Δ (${intervalTitle(results.confidence)})`,
        "coherence",
        "n",
        "Δ when chosen",
        ...others.map((coherence) => `Δ at ≥ ${coherence}`),
        ...thresholds.map((coherence) => `< ${coherence} from`),
        "random Δ (largest)",
      ],
    ),
    rows: rows.map((row) => [
      row.dataset,
      row.variant,
      row.position,
      row.method,
      row.best === undefined ? "none" : `${row.best.layer} × ${fixed(row.best.coefficient)}`,
      formatEffect(row.best),
      formatScore(row.best?.coherence_mean),
      String(row.best?.n ?? 0),
      formatDelta(row.best?.selected_delta),
      ...others.map((coherence) => formatDelta(row.at.find((one) => one.coherence === coherence)?.best?.trait_delta)),
      ...thresholds.map((coherence) => dropCell(row, coherence)),
      randomCell(row),
    ]),
  };
}

function randomCell({ random }: ResultsRow): string {
  return random === undefined
    ? "–"
    : `${formatDelta(random.trait_delta_mean)} (${formatDelta(random.trait_delta_max)})`;
}

function dropCell({ drops }: ResultsRow, coherence: number): string {
  const drop = drops?.find((one) => one.coherence === coherence);
  if (drop === undefined) return "–";
  return drop.coefficient === null ? "never" : fixed(drop.coefficient);
}

/** The experiment in a row a trait. */
export function glanceTable(results: Results): Table {
  const interval = intervalTitle(results.confidence);
  return {
    caption: `At a glance: Δ of the trait score (${interval}), on questions that chose nothing`,
    columns: columns(
      ["trait", "best vector"],
      ["unsteered", "its Δ", "its coherence", "random, largest", "system prompt", "best combination"],
    ),
    rows: traitsOf(results).map((trait) => {
      const rows = results.rows.filter((row) => row.trait === trait);
      const best = bestRow(rows);
      const prompt = results.prompting.find(({ dataset }) => dataset === best?.row.dataset);
      const combinations = results.combinations.filter((one) => one.trait === trait);
      const [combination] = combinations
        .flatMap(({ best: found }) => found ?? [])
        .toSorted((a, b) => (b.selected_delta ?? -Infinity) - (a.selected_delta ?? -Infinity));
      return [
        trait,
        best === undefined ? "none is coherent" : `${setName(best.row)}, layer ${best.found.layer}`,
        formatScore(rows[0]?.baseline.trait_mean),
        formatEffect(best?.found),
        formatScore(best?.found.coherence_mean),
        formatDelta(best?.row.random?.trait_delta_max),
        formatEffect(prompt?.best),
        formatEffect(combination),
      ];
    }),
  };
}
