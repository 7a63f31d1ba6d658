import type { Lines, Series } from "../experiment/view.ts";
import { coloursOf, strokeOf } from "./colours.ts";
import { drawSvg, Plot } from "./plot.ts";

const HEIGHT = 246;
/** Series that are named in the picture, at the end of each line or in a legend. */
const MAX_LABELLED = 12;

interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

export function drawLines(figure: Lines): string {
  const { series, band, rules, marks, alt, x, y, isScattered = false } = figure;
  const points = series.flatMap(({ name, points: of }) => of.map(([px, py]): Point => ({ x: px, y: py, name })));
  const isOrdered = figure.ordered && series.length > 1;
  const at = { x: "x", y: "y" } as const;
  return drawSvg(alt, {
    height: HEIGHT,
    marginTop: 24,
    marginLeft: 44,
    marginRight: isOrdered ? 28 : 12,
    grid: true,
    x: { label: x, labelAnchor: "right", ...integerTicks(points), insetLeft: 4, insetRight: 4 },
    y: { label: y, nice: true },
    color: { type: "ordinal", domain: series.map(({ name }) => name), range: coloursOf(figure) },
    symbol: { domain: series.map(({ name }) => name) },
    marks: [
      band === undefined ? null : Plot.areaY(band, { x: "x", y1: "low", y2: "high", fill: "var(--band)" }),
      rules.length === 0 ? null : Plot.ruleY(rules, { stroke: "currentColor", strokeDasharray: "5 4" }),
      marks.length === 0 ? null : Plot.ruleX(marks, { stroke: "currentColor", strokeDasharray: "1 4", strokeWidth: 2 }),
      ...(isScattered ? [] : series.map(({ name }, index) => lineOf(points, name, index, isOrdered))),
      Plot.dot(points, {
        ...at,
        fill: "name",
        stroke: "name",
        symbol: isOrdered ? "circle" : "name",
        r: isScattered ? 4 : 2,
      }),
      isOrdered ? endLabels(series) : null,
    ],
  });
}

function lineOf(points: readonly Point[], name: string, index: number, isOrdered: boolean): Plot.Line {
  const own = points.filter((point) => point.name === name);
  const dash = isOrdered ? "none" : strokeOf(index)[1];
  return Plot.line(own, { x: "x", y: "y", stroke: "name", strokeWidth: 1.5, strokeDasharray: dash });
}

/** The name of every series beside its last point; of many, of some. */
function endLabels(series: readonly Series[]): Plot.Text {
  const every = Math.ceil(series.length / MAX_LABELLED);
  const ends = series.flatMap(({ name, points }, index) => {
    const last = points.at(-1);
    return last === undefined || index % every !== 0 ? [] : [{ x: last[0], y: last[1], name }];
  });
  return Plot.text(ends, {
    x: "x",
    y: "y",
    text: "name",
    fill: "name",
    dx: 6,
    textAnchor: "start",
    fontWeight: "bold",
  });
}

/** Layers and tokens are whole numbers. */
function integerTicks(points: readonly Point[]): Plot.ScaleOptions {
  if (!points.every(({ x }) => Number.isInteger(x))) return {};
  const values = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const every = Math.ceil(values.length / MAX_LABELLED);
  return { ticks: values.filter((_, index) => index % every === 0), tickFormat: "d" };
}
