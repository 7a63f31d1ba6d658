import type { Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import type { Column } from "./view.ts";

type Named = Pick<ResultsRow, "dataset" | "position" | "method">;

/** `pv_natural/sycophancy response[:5] probe` */
export function setName({ dataset, position, method }: Named): string {
  return `${dataset} ${position} ${method}`;
}

/** `pv_natural [:5] probe`: enough beside other vector sets of the trait. */
export function shortName({ dataset, position, method }: Named): string {
  return `${dataset.split("/")[0]} ${position.replace("response", "")} ${method}`;
}

export function columns(texts: readonly string[], numbers: readonly string[]): Column[] {
  return [...texts.map((title) => ({ title, numeric: false })), ...numbers.map((title) => ({ title, numeric: true }))];
}

/** Two digits after the point; `–` for a number that is missing. */
export function fixed(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−");
}

/** `0.75 to 1.00`; one number where both are the same. Of at least one value. */
export function spread(values: readonly number[]): string {
  const [low, high] = [fixed(Math.min(...values)), fixed(Math.max(...values))];
  return low === high ? low : `${low} to ${high}`;
}

/** `2, 3 and 4` */
export function listed(items: readonly (string | number)[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st` */
export function ordinal(count: number): string {
  const teens = count % 100 > 10 && count % 100 < 14;
  const ending = teens ? undefined : ["st", "nd", "rd"][(count % 10) - 1];
  return `${count}${ending ?? "th"}`;
}

const MAX_QUOTED = 4;

/** `a; b; and 3 more in the table` */
export function semicolons(items: readonly string[]): string {
  const more = items.length - MAX_QUOTED;
  return more > 1 ? `${items.slice(0, MAX_QUOTED).join("; ")}; and ${more} more in the table` : items.join("; ");
}

/** What to think of a correlation of so many points. */
export function fewWords(points: number): string {
  return points < 8 ? "; so few points say little" : "";
}

/** `p = 0.012`, `p < 0.001` */
export function pWords(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
}

export function traitsOf({ rows }: Pick<Results, "rows">): string[] {
  return [...new Set(rows.map(({ trait }) => trait))];
}
