import type { Figure } from "../experiment/view.ts";
import { drawIntervals } from "./intervals.ts";
import { drawLines } from "./lines.ts";
import { drawTiles } from "./tiles.ts";

/** A figure as an SVG element. Colours are the page's CSS variables, so that they follow its light or dark. */
export function drawFigure(figure: Figure): string {
  switch (figure.kind) {
    case "lines":
      return drawLines(figure);
    case "tiles":
      return drawTiles(figure);
    case "intervals":
      return drawIntervals(figure);
  }
}
