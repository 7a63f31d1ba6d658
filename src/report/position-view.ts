import type { Results } from "../runtime/tasks/results-document.ts";
import type { PositionComparison } from "../runtime/positions.ts";
import { groupBy } from "../util/group-by.ts";
import { formatTable, type Column } from "./table.ts";
import { formatDelta, formatInterval, intervalTitle, plural } from "./units.ts";

/** Whether the position matters: every two of them, and the answer for each trait in words. None with one position. */
export function positionLines({ positions, confidence }: Results): string[] {
  if (positions.length === 0) return [];
  const left = ["trait", "dataset", "method", "position", "less"].map((title): Column => ({ title, align: "left" }));
  const right = ["trait Δ", intervalTitle(confidence), "n", "p", "p adjusted"];
  const columns = [...left, ...right.map((title): Column => ({ title, align: "right" }))];
  const rows = positions.map((one) => [
    one.trait,
    one.dataset,
    one.method,
    one.position,
    one.beside,
    formatDelta(one.trait_delta),
    formatInterval(one.interval),
    String(one.n),
    formatP(one.p),
    formatP(one.p_adjusted),
  ]);
  const answers = [...groupBy(positions, ({ trait }) => trait)].map(([trait, of]) => inWords(trait, of, confidence));
  return ["", formatTable(columns, rows), "", ...answers];
}

function inWords(trait: string, comparisons: readonly PositionComparison[], confidence: number): string {
  const ps = comparisons.map(({ p_adjusted: p }) => p);
  const apart = ps.filter((p) => p <= 1 - confidence).length;
  const answer =
    apart === 0
      ? `No two positions can be told apart (p ≥ ${formatP(Math.min(...ps))})`
      : `Yes, in ${apart} of ${plural(ps.length, "comparison")} (p ≤ ${formatP(1 - confidence)})`;
  const how = `sign-flip test over the questions, ${plural(ps.length, "comparison")}, p adjusted for them (Holm)`;
  return `Does the position matter for ${trait}? ${answer}: ${how}.`;
}

function formatP(p: number): string {
  return p.toFixed(3);
}
