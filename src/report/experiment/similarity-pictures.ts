import type { SimilarityDocument } from "../../runtime/tasks/similarity-document.ts";
import { formatDelta } from "../units.ts";
import type { Figure, Pictures } from "./view.ts";
import { columns, fixed } from "./words.ts";

/** Lines that are still told apart. */
const MAX_LAYERS = 8;

export function similarityPictures(document: SimilarityDocument): Pictures[] {
  return [layerPictures(document), positionPictures(document)];
}

function layerPictures(document: SimilarityDocument): Pictures {
  const { captured, replayed, per_layer_similarity: perLayer, transfer_curves: curves } = document;
  const points = known(perLayer.mean);
  const figure: Figure = {
    kind: "lines",
    caption:
      "Mean cosine of the responses' mean activations, by layer; grey: a standard deviation over prompts each way",
    alt: `Similarity of ${captured} and ${replayed} by layer. The table has the numbers.`,
    x: "layer",
    y: "cosine",
    series: [{ name: "mean", points }],
    band: points.map(([x, mean]) => ({ x, low: mean - (perLayer.std[x] ?? 0), high: mean + (perLayer.std[x] ?? 0) })),
    rules: [],
    marks: [],
    ordered: false,
  };
  const transferred = Object.entries(curves).filter(([, { layers }]) => layers.length > 0);
  return {
    title: `Similarity of ${captured} and ${replayed}, and transfer`,
    isFolded: false,
    figures: [figure, ...(transferred.length === 0 ? [] : [transferFigure(transferred, perLayer.mean)])],
    table: {
      caption: "By layer: mean cosine, its standard deviation, and the best Δ of each dataset's vectors",
      columns: columns([], ["layer", "cosine", "standard deviation", ...Object.keys(curves)]),
      rows: perLayer.mean.map((mean, layer) => [
        String(layer),
        fixed(mean, 3),
        fixed(perLayer.std[layer], 3),
        ...Object.values(curves).map(({ layers, deltas }) => formatDelta(deltas[layers.indexOf(layer)])),
      ]),
    },
  };
}

function transferFigure(
  curves: readonly (readonly [string, SimilarityDocument["transfer_curves"][string]])[],
  similarity: readonly (number | null)[],
): Figure {
  return {
    kind: "lines",
    caption: "Best coherent Δ of a layer against its similarity, a point a layer",
    alt: `Transfer against similarity for ${curves.map(([dataset]) => dataset).join(", ")}. The table has the numbers.`,
    x: "cosine",
    y: "Δ trait score",
    series: curves.map(([name, { layers, deltas }]) => ({
      name,
      points: layers.flatMap((layer, index) => {
        const [x, y] = [similarity[layer], deltas[index]];
        return typeof x === "number" && y !== undefined ? [[x, y] as const] : [];
      }),
    })),
    rules: [0],
    marks: [],
    ordered: false,
    isScattered: true,
  };
}

function positionPictures({ per_position_similarity: perPosition }: SimilarityDocument): Pictures {
  const { positions, n_prompts_at_position: reached, by_layer: byLayer } = perPosition;
  const layers = Object.keys(byLayer);
  const drawn = some(layers);
  const which = drawn.length === layers.length ? "a line a layer" : `${drawn.length} of ${layers.length} layers`;
  return {
    title: "Similarity at each response token",
    isFolded: false,
    figures: [
      {
        kind: "lines",
        caption: `Mean cosine at each token of the response, ${which}`,
        alt: `Similarity at ${positions.length} token positions for ${drawn.length} layers. The table has the numbers.`,
        x: "token of the response",
        y: "cosine",
        series: drawn.map((name) => ({ name, points: known(byLayer[name]?.mean ?? []) })),
        rules: [],
        marks: [],
        ordered: true,
      },
    ],
    table: {
      caption: "Mean cosine by token of the response and layer",
      columns: columns([], ["token", "prompts", ...layers.map((layer) => `layer ${layer}`)]),
      rows: positions.map((position, index) => [
        String(position),
        String(reached[index] ?? 0),
        ...layers.map((layer) => fixed(byLayer[layer]?.mean[index])),
      ]),
    },
  };
}

/** The first, the last, and some at even distances between them. */
function some(layers: readonly string[]): string[] {
  const step = (layers.length - 1) / (MAX_LAYERS - 1);
  return step <= 1
    ? [...layers]
    : Array.from({ length: MAX_LAYERS }, (_, index) => layers[Math.round(index * step)] as string);
}

function known(values: readonly (number | null)[]): [number, number][] {
  return values.flatMap((value, x) => (value === null ? [] : [[x, value] as [number, number]]));
}
