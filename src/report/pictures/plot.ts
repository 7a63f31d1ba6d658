import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom/worker";

export { Plot };

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** In pixels of a page that shows it at its own size; narrow enough for a phone. */
const WIDTH = 380;
const MAX_LABEL = 200;

/** A plot as an SVG element, its numbers rounded to what can be seen. `alt` is what stands for it where it is not seen. */
export function drawSvg(alt: string, options: Plot.PlotOptions): string {
  const svg: typeof document.documentElement = Plot.plot({
    document,
    width: WIDTH,
    style: { fontSize: "11px" },
    marginBottom: 36,
    ...options,
  });
  // An image has one name: what it is drawn of needs none.
  for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", alt);
  const text: string = svg.outerHTML;
  return text.replaceAll(PLACES, (places) =>
    places.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
  );
}

/** Pixels that row names need on the left of a picture. */
export function labelMargin(names: readonly string[]): number {
  return Math.min(MAX_LABEL, 12 + 6.2 * Math.max(0, ...names.map(({ length }) => length)));
}

/** Attributes that say where something is: not its text, and not what it is called. */
const PLACES = / (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*"/g;
