import type { Lines } from "../experiment/view.ts";

/** Colours that are told apart, as the page's style has them for its light and its dark. More series than these share them. */
export const PALETTE_SIZE = 7;

/** Of each series. In order: from one colour to another in as many steps. */
export function coloursOf({ series, ordered }: Lines): string[] {
  return series.map((_, index) => {
    if (!ordered || series.length === 1) return `var(--c${index % PALETTE_SIZE})`;
    const share = Math.round((100 * index) / (series.length - 1));
    return `color-mix(in oklab, var(--ramp-last) ${share}%, var(--ramp-first))`;
  });
}

/** What stands beside a picture whose series have no labels in it: name and colour. */
export function legendOf(figure: Lines): { readonly name: string; readonly colour: string }[] {
  if (figure.series.length < 2 || figure.ordered) return [];
  const colours = coloursOf(figure);
  return figure.series.map(({ name }, index) => ({ name, colour: colours[index] as string }));
}
