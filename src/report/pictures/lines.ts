import type { Lines, Series } from "../experiment/view.ts";
import { coloursOf, strokeOf } from "./colours.ts";
import { drawSvg, Plot } from "./plot.ts";

const HEIGHT = 246;
const MAX_TICKS = 12;
/** Of a label, as shares of the picture. */
const LABEL_WIDTH = 0.08;
const LABEL_HEIGHT = 0.07;
/** Series of more points are lines without dots. */
const MAX_DOTS = 40;

interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

export function drawLines(figure: Lines): string {
  const { series, band, rules, marks, alt, x, y, isScattered = false } = figure;
  const points = series.flatMap(({ name, points: of }) => of.map(([px, py]): Point => ({ x: px, y: py, name })));
  const isOrdered = figure.ordered && series.length > 1;
  const dots = series.some(({ points: of }) => of.length > MAX_DOTS) ? [] : points;
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
      Plot.dot(dots, {
        ...at,
        fill: "name",
        stroke: "name",
        symbol: isOrdered ? "circle" : "name",
        r: isScattered ? 4 : 2,
      }),
      isOrdered ? endLabels(series, points) : null,
    ],
  });
}

function lineOf(points: readonly Point[], name: string, index: number, isOrdered: boolean): Plot.Line {
  const own = points.filter((point) => point.name === name);
  const dash = isOrdered ? "none" : strokeOf(index)[1];
  return Plot.line(own, { x: "x", y: "y", stroke: "name", strokeWidth: 1.5, strokeDasharray: dash });
}

/** The name of every series beside its last point, where it would lie on no other. */
function endLabels(series: readonly Series[], points: readonly Point[]): Plot.Text {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [width, height] = [spanOf(xs), spanOf(ys)];
  const ends = series.flatMap(({ name, points: of }) => {
    const last = of.at(-1);
    return last === undefined ? [] : [{ x: last[0], y: last[1], name }];
  });
  const labelled: Point[] = [];
  for (const end of [...ends.slice(0, 1), ...ends.slice(-1), ...ends.slice(1, -1)]) {
    const isFree = labelled.every(
      (other) => Math.abs(end.x - other.x) / width > LABEL_WIDTH || Math.abs(end.y - other.y) / height > LABEL_HEIGHT,
    );
    if (isFree) labelled.push(end);
  }
  return Plot.text(labelled, {
    x: "x",
    y: "y",
    text: "name",
    fill: "name",
    dx: 6,
    textAnchor: "start",
    fontWeight: "bold",
  });
}

function spanOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values) || 1;
}

/** Layers and tokens are whole numbers. */
function integerTicks(points: readonly Point[]): Plot.ScaleOptions {
  if (!points.every(({ x }) => Number.isInteger(x))) return {};
  const values = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const every = Math.ceil(values.length / MAX_TICKS);
  return { ticks: values.filter((_, index) => index % every === 0), tickFormat: "d" };
}
