import type { Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import { formatDelta, formatInterval } from "../units.ts";
import type { Column } from "./view.ts";

type Named = Pick<ResultsRow, "dataset" | "position" | "method">;

/** `pv_natural/sycophancy response[:5] probe` */
export function setName({ dataset, position, method }: Named): string {
  return `${dataset} ${position} ${method}`;
}

export function columns(texts: readonly string[], numbers: readonly string[]): Column[] {
  return [...texts.map((title) => ({ title, numeric: false })), ...numbers.map((title) => ({ title, numeric: true }))];
}

/** `+12.0 (+8.1 … +15.9)` */
export function effectWords({
  trait_delta: delta,
  interval,
}: {
  readonly trait_delta: number | null;
  readonly interval: readonly [number, number] | null;
}): string {
  return interval === null ? formatDelta(delta) : `${formatDelta(delta)} (${formatInterval(interval)})`;
}

/** Two digits after the point; `–` for a number that is missing. */
export function fixed(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−");
}

/** `2, 3 and 4` */
export function listed(items: readonly (string | number)[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** `p = 0.012`, `p < 0.001` */
export function pWords(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

export function traitsOf({ rows }: Pick<Results, "rows">): string[] {
  return [...new Set(rows.map(({ trait }) => trait))];
}
