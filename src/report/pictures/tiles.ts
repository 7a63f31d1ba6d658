import type { Tile, Tiles } from "../experiment/view.ts";
import { drawSvg, labelMargin, Plot } from "./plot.ts";

const ROW_HEIGHT = 22;
const MARGINS = 58;
const MAX_TICKS = 12;
/** Tiles that are narrower than this share of the picture carry no number. */
const LABELLED_SHARE = 0.075;

export function drawTiles({ tiles, rows, limit, alt, x, y }: Tiles): string {
  const [from, to] = [Math.min(...tiles.map((tile) => tile.from)), Math.max(...tiles.map((tile) => tile.to))];
  const wide = tiles.filter((tile) => (tile.to - tile.from) / (to - from) > LABELLED_SHARE);
  const middle = (tile: Tile): number => (tile.from + tile.to) / 2;
  return drawSvg(alt, {
    height: rows.length * ROW_HEIGHT + MARGINS,
    marginTop: 16,
    marginLeft: y === "" ? labelMargin(rows) : 44,
    marginRight: 12,
    x: { label: x, labelAnchor: "right", ...(x === "layer" ? layerTicks(from, to) : {}) },
    y: { label: y === "" ? null : y, type: "band", domain: rows.toReversed(), padding: 0.06 },
    color: { type: "identity" },
    marks: [
      Plot.barX(tiles, {
        x1: "from",
        x2: "to",
        y: "row",
        fill: (tile: Tile) => colourOf(tile.value / limit),
        fillOpacity: ({ faded }: Tile) => (faded ? 0.3 : 1),
        stroke: "var(--page)",
        strokeWidth: 0.5,
      }),
      Plot.text(wide, {
        x: middle,
        y: "row",
        text: (tile: Tile) => `${String(Math.round(tile.value)).replace("-", "−")}${tile.faded ? " ×" : ""}`,
        fill: (tile: Tile) => colourOn(tile, limit),
      }),
    ],
  });
}

/** Of some of many. */
function layerTicks(from: number, to: number): Plot.ScaleOptions {
  const layers = Array.from({ length: Math.floor(to - from) }, (_, index) => Math.ceil(from) + index);
  const every = Math.ceil(layers.length / MAX_TICKS);
  return { ticks: layers.filter((_, index) => index % every === 0), tickFormat: "d" };
}

/** From blue over nearly the page to red, which who sees no red or no green tells apart. */
function colourOf(share: number): string {
  const end = share < 0 ? "var(--negative)" : "var(--positive)";
  return `color-mix(in oklab, ${end} ${Math.round(100 * Math.abs(share))}%, var(--zero))`;
}

/** Text that is read on a tile; contrast is 4.5 on either side of this share. Pale ones let the page through. */
function colourOn({ value, faded }: Tile, limit: number): string {
  if (faded) return "var(--text)";
  return Math.abs(value) / limit > 0.72 ? "var(--on-strong)" : "var(--on-weak)";
}
