import type { Results } from "../../runtime/tasks/results-document.ts";
import { intervalTitle } from "../units.ts";
import { bestByLayer, type Curves } from "./curves.ts";
import type { IntervalRow, Intervals, Pictures, Tiles } from "./view.ts";
import { shortName } from "./words.ts";

/** All vector sets of a trait in two pictures: what their best does, and which layers they steer at. */
export function overviewPictures(trait: string, results: Results, curves: readonly Curves[]): Pictures[] {
  const own = curves.filter((curve) => curve.trait === trait);
  const [effects, layers] = [effectsFigure(trait, results), layersFigure(trait, own, results.min_coherence)];
  const figures = [...(effects.rows.length === 0 ? [] : [effects]), ...(layers.tiles.length === 0 ? [] : [layers])];
  return figures.length === 0 ? [] : [{ title: `${trait}: all vector sets`, figures, isFolded: false }];
}

function effectsFigure(trait: string, results: Results): Intervals {
  const rows = results.rows.filter((row) => row.trait === trait);
  const vectors = rows.flatMap((row) => rowOf(shortName(row), "vector", row.best));
  const prompts = results.prompting
    .filter((one) => one.trait === trait)
    .flatMap((one) => rowOf(`${one.dataset.split("/")[0]} system prompt`, "prompt", one.best));
  const randoms = rows.map(({ random }) => random?.trait_delta_max ?? -Infinity);
  const most = Math.max(...randoms);
  const random: IntervalRow[] =
    most === -Infinity ? [] : [{ name: "random, the largest", value: most, interval: null, what: "random" }];
  return {
    kind: "intervals",
    caption:
      `Δ of every vector set's best, with its ${intervalTitle(results.confidence)}` +
      `${prompts.length === 0 ? "" : "; triangle: the best system prompt"}${random.length === 0 ? "" : "; cross: the largest of all random directions"}`,
    alt: `${trait}: change of the trait score for ${vectors.length} vector sets, beside system prompts and random directions. The table has the numbers.`,
    x: "Δ trait score",
    y: "",
    rows: [...vectors, ...prompts, ...random],
  };
}

/** None for what has no number. */
export function rowOf(
  name: string,
  what: IntervalRow["what"],
  effect: { readonly trait_delta: number | null; readonly interval: IntervalRow["interval"] } | undefined,
): IntervalRow[] {
  if (effect === undefined || effect.trait_delta === null) return [];
  return [{ name, what, value: effect.trait_delta, interval: effect.interval }];
}

function layersFigure(trait: string, curves: readonly Curves[], minCoherence: number): Tiles {
  const tiles = curves.flatMap((curve) =>
    bestByLayer([curve], minCoherence).map(({ layer, delta }) => ({
      row: shortName(curve),
      from: layer - 0.5,
      to: layer + 0.5,
      value: delta,
      faded: false,
    })),
  );
  return {
    kind: "tiles",
    caption: `The largest Δ at coherence ≥ ${minCoherence}, by layer; empty: no evaluation is that coherent`,
    alt: `${trait}: the largest coherent change of the trait score by vector set and layer, as tiles.`,
    x: "layer",
    y: "",
    rows: curves.map(shortName).toReversed(),
    tiles,
    limit: Math.max(1, ...tiles.map(({ value }) => Math.abs(value))),
  };
}
