import type { IntervalRow, Intervals } from "../experiment/view.ts";
import { drawSvg, labelMargin, Plot } from "./plot.ts";

const ROW_HEIGHT = 20;
const MARGINS = 52;
const LOOKS: Readonly<Record<IntervalRow["what"], { readonly colour: string; readonly symbol: Plot.SymbolType }>> = {
  vector: { colour: "var(--c0)", symbol: "circle" },
  combination: { colour: "var(--c2)", symbol: "square" },
  prompt: { colour: "var(--c1)", symbol: "triangle" },
  random: { colour: "currentColor", symbol: "times" },
};

export function drawIntervals({ rows, alt, x }: Intervals): string {
  const names = rows.map(({ name }) => name);
  const ends = rows.flatMap(({ name, interval, what }) =>
    interval === null ? [] : [{ name, low: interval[0], high: interval[1], what }],
  );
  const colourOf = ({ what }: Pick<IntervalRow, "what">): string => LOOKS[what].colour;
  return drawSvg(alt, {
    height: rows.length * ROW_HEIGHT + MARGINS,
    marginTop: 8,
    marginLeft: labelMargin(names),
    marginRight: 12,
    x: { label: x, labelAnchor: "right", grid: true, nice: true, ticks: 5 },
    y: { label: null, type: "point", domain: names, padding: 0.5, tickSize: 0 },
    color: { type: "identity" },
    symbol: { type: "identity" },
    marks: [
      Plot.ruleX([0], { stroke: "currentColor", strokeDasharray: "5 4" }),
      Plot.ruleY(ends, { y: "name", x1: "low", x2: "high", stroke: colourOf, strokeWidth: 2 }),
      Plot.dot(rows, {
        x: "value",
        y: "name",
        stroke: colourOf,
        fill: colourOf,
        symbol: ({ what }: IntervalRow) => LOOKS[what].symbol,
        r: 4,
      }),
    ],
  });
}
