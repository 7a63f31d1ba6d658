import type { PositionComparison } from "../../runtime/positions.ts";
import type { Results } from "../../runtime/tasks/results-document.ts";
import { formatEffect, intervalTitle, plural } from "../units.ts";
import type { Answer, Table } from "./view.ts";
import { columns, pWords, semicolons } from "./words.ts";

/** Comparisons of a trait, and those whose positions can be told apart: p, adjusted for all of them, is small. */
export function positionsOf(
  trait: string,
  { positions, confidence }: Results,
): { readonly compared: readonly PositionComparison[]; readonly apart: readonly PositionComparison[] } {
  const compared = positions.filter((one) => one.trait === trait);
  return { compared, apart: compared.filter(({ p_adjusted: p }) => p <= 1 - confidence) };
}

export function positionAnswers(trait: string, results: Results): Answer[] {
  const { compared, apart } = positionsOf(trait, results);
  const [largest] = compared.toSorted((a, b) => Math.abs(b.trait_delta) - Math.abs(a.trait_delta));
  if (largest === undefined) return [];
  const question = `Does the position matter for ${trait}?`;
  const how = `${plural(compared.length, "paired comparison")} of positions, p adjusted for all of them.`;
  if (apart.length === 0) {
    return [
      {
        question,
        answer: "No two positions can be told apart.",
        detail: `${how} The largest difference: ${differenceWords(largest)}.`,
      },
    ];
  }
  const list = semicolons(apart.map(differenceWords));
  return [
    { question, answer: `Yes, in ${apart.length} of ${compared.length} comparisons.`, detail: `${list}. ${how}` },
  ];
}

function differenceWords({ position, beside, method, p_adjusted: p, ...effect }: PositionComparison): string {
  return `${method}, ${position} less ${beside}: ${formatEffect(effect)}, ${pWords(p)}`;
}

export function positionsTable({ positions, confidence }: Results): Table {
  return {
    isFolded: true,
    caption: "Every two positions of a dataset and method, the trait score of one less that of the other",
    columns: columns(
      ["dataset", "method", "position", "less"],
      [`difference (${intervalTitle(confidence)})`, "n", "p", "p adjusted"],
    ),
    rows: positions.map((one) => [
      one.dataset,
      one.method,
      one.position,
      one.beside,
      formatEffect(one),
      String(one.n),
      one.p.toFixed(3),
      one.p_adjusted.toFixed(3),
    ]),
  };
}
