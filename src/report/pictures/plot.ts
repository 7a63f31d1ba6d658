import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom/worker";

export { Plot };

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** In pixels of a page that shows it at its own size; narrow enough for a phone. */
const WIDTH = 380;

/** A plot as an SVG element, its numbers rounded to what can be seen. `alt` is what stands for it where it is not seen. */
export function drawSvg(alt: string, options: Plot.PlotOptions): string {
  const svg: typeof document.documentElement = Plot.plot({
    document,
    width: WIDTH,
    ariaLabel: alt,
    style: { fontSize: "11px" },
    ...options,
  });
  svg.setAttribute("role", "img");
  const text: string = svg.outerHTML;
  return text.replaceAll(PLACES, (places) =>
    places.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
  );
}

/** Attributes that say where something is: not its text, and not what it is called. */
const PLACES = / (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*"/g;
