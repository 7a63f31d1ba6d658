import type { Results } from "../runtime/tasks/results.ts";
import type { SteeringBest } from "../runtime/tasks/steering.ts";
import { formatTable, type Column } from "./table.ts";
import { formatDelta, formatScore } from "./units.ts";

const COLUMNS: readonly Column[] = [
  { title: "dataset", align: "left" },
  { title: "variant", align: "left" },
  { title: "position", align: "left" },
  { title: "method", align: "left" },
  { title: "layer", align: "right" },
  { title: "coefficient", align: "right" },
  { title: "trait Δ", align: "right" },
  { title: "coherence", align: "right" },
  { title: "n", align: "right" },
  { title: "unsteered", align: "right" },
  { title: "random Δ", align: "right" },
  { title: "random max", align: "right" },
];

/** The results table, then the best vector in words. */
export function formatResults(results: Results): string {
  const rows = results.rows.map(rowOf);
  return [
    formatTable(COLUMNS, rows),
    "",
    ...bestLines(results),
    `Best of the search at coherence ≥ ${results.min_coherence}. Δ: trait score less the unsteered one; random: random unit`,
    "directions at the same layer and coefficient, their mean Δ and their largest. Selected and reported on the same questions.",
  ].join("\n");
}

function rowOf(row: SteeringBest): string[] {
  const { dataset, variant, position, method, baseline, best, random } = row;
  return [
    dataset,
    variant,
    position,
    method,
    best === undefined ? "none" : String(best.layer),
    best === undefined ? "–" : best.coefficient.toFixed(2),
    formatDelta(best?.trait_delta),
    formatScore(best?.coherence_mean),
    String(best?.n ?? 0),
    formatScore(baseline.trait_mean),
    formatDelta(random?.trait_delta_mean),
    formatDelta(random?.trait_delta_max),
  ];
}

/** One line a trait, and one for scores that are missing. */
function bestLines(results: Results): string[] {
  const traits = new Map<string, SteeringBest[]>();
  for (const row of results.rows) {
    const trait = row.dataset.split("/").at(-1) ?? row.dataset;
    traits.set(trait, [...(traits.get(trait) ?? []), row]);
  }
  const lines = [...traits].map(([trait, rows]) => {
    const found = rows.flatMap((row) => (row.best === undefined ? [] : [{ row, best: row.best }]));
    const top = found.toSorted((a, b) => b.best.trait_delta - a.best.trait_delta)[0];
    if (top === undefined) return `${trait}: no vector stays coherent (≥ ${results.min_coherence}) in this search.`;
    const { row, best } = top;
    return (
      `Best ${trait} vector: ${row.dataset} ${row.position} ${row.method} (from ${row.variant}), layer ${best.layer}, ` +
      `coefficient ${best.coefficient.toFixed(2)}: trait ${formatDelta(best.trait_delta)} at coherence ${formatScore(best.coherence_mean)}.`
    );
  });
  const missing = results.rows.reduce(
    (sum, { best }) => sum + (best === undefined ? 0 : best.missing.trait + best.missing.coherence),
    0,
  );
  return missing === 0
    ? lines
    : [...lines, `${missing} judge scores of the rows above are missing; they count in no mean.`];
}
