import type { Lines } from "../experiment/view.ts";

/** Colours that are told apart, as the page's style has them for its light and its dark. More series than these share them. */
const PALETTE_SIZE = 7;

/** Of each series. In order: from one colour to another in as many steps. */
export function coloursOf({ series, ordered }: Lines): string[] {
  return series.map((_, index) => {
    if (!ordered || series.length === 1) return `var(--c${index % PALETTE_SIZE})`;
    const share = Math.round((100 * index) / (series.length - 1));
    return `color-mix(in oklab, var(--ramp-last) ${share}%, var(--ramp-first))`;
  });
}

/** As CSS calls them, and as SVG draws them. */
const STROKES = [
  ["solid", "none"],
  ["dashed", "6 3"],
  ["dotted", "2 3"],
] as const;

/** Of series that share a colour, each has its own. */
export function strokeOf(index: number): (typeof STROKES)[number] {
  return STROKES[Math.floor(index / PALETTE_SIZE) % STROKES.length] as (typeof STROKES)[number];
}

export interface LegendItem {
  readonly name: string;
  readonly colour: string;
  readonly stroke: string;
}

/** What stands beside a picture whose series have no labels in it. */
export function legendOf(figure: Lines): LegendItem[] {
  if (figure.series.length < 2 || figure.ordered) return [];
  const colours = coloursOf(figure);
  return figure.series.map(({ name }, index) => ({
    name,
    colour: colours[index] as string,
    stroke: strokeOf(index)[0],
  }));
}
