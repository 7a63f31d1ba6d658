import type { Tile, Tiles } from "../experiment/view.ts";
import { drawSvg, Plot } from "./plot.ts";

const ROW_HEIGHT = 22;
const MARGINS = 60;
/** Tiles that are narrower than this share of the picture carry no number. */
const LABELLED_SHARE = 0.075;

export function drawTiles({ tiles, rows, limit, alt, x, y }: Tiles): string {
  const [from, to] = [Math.min(...tiles.map((tile) => tile.from)), Math.max(...tiles.map((tile) => tile.to))];
  const wide = tiles.filter((tile) => (tile.to - tile.from) / (to - from) > LABELLED_SHARE);
  const middle = (tile: Tile): number => (tile.from + tile.to) / 2;
  return drawSvg(alt, {
    height: rows.length * ROW_HEIGHT + MARGINS,
    marginTop: 24,
    marginLeft: 44,
    marginRight: 12,
    x: { label: x, labelAnchor: "right" },
    y: { label: y, type: "band", domain: rows.toReversed(), padding: 0.06 },
    // Blue and red, which who sees no red or no green tells apart.
    color: { type: "diverging", domain: [-limit, limit], scheme: "RdBu", reverse: true },
    marks: [
      Plot.barX(tiles, {
        x1: "from",
        x2: "to",
        y: "row",
        fill: "value",
        fillOpacity: ({ faded }: Tile) => (faded ? 0.3 : 1),
        stroke: "var(--page)",
        strokeWidth: 0.5,
      }),
      Plot.text(wide, {
        x: middle,
        y: "row",
        text: (tile: Tile) => `${Math.round(tile.value)}${tile.faded ? " ×" : ""}`,
        fill: (tile: Tile) => colourOn(tile, limit),
      }),
    ],
  });
}

/** Text that is read on a tile: pale ones let the page through. */
function colourOn({ value, faded }: Tile, limit: number): string {
  if (faded) return "var(--text)";
  return Math.abs(value) / limit > 0.68 ? "white" : "black";
}
