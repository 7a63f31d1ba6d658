import { groupBy } from "../../util/group-by.ts";
import type { Figure, Lines, Pictures, Series } from "./view.ts";
import {
  MATRICES,
  ranked,
  relativeChange,
  type AlignedSet,
  type Alignment,
  type Norms,
  type WeightsDocuments,
} from "./weights-documents.ts";
import { columns, fixed, listed } from "./words.ts";

/** The largest coherent Δ of each layer that a trait was steered at. */
export interface SteeredLayers {
  readonly trait: string;
  readonly layers: readonly { readonly layer: number; readonly delta: number }[];
}

export function weightsPictures(
  { norms, alignment }: WeightsDocuments,
  steering: readonly number[],
  steered: readonly SteeredLayers[],
): Pictures[] {
  return [
    ...(norms === undefined ? [] : [normsPictures(norms, steering, steered)]),
    ...(alignment === undefined
      ? []
      : [...groupBy(alignment.vectors, ({ dataset }) => dataset)].map(([dataset, sets]) =>
          alignmentPictures(dataset, sets, alignment, steering),
        )),
  ];
}

function normsPictures(norms: Norms, marks: readonly number[], steered: readonly SteeredLayers[]): Pictures {
  const sums = norms.layers.sum_of_changes;
  const [top] = ranked(sums);
  const matrices = MATRICES.flatMap((matrix) => {
    const relative = relativeChange(norms, matrix);
    return relative === undefined ? [] : [{ name: matrix, relative }];
  });
  const common = { kind: "lines", x: "layer", rules: [], marks, ordered: false } as const;
  const figures: Lines[] = [
    {
      ...common,
      caption: `Σ‖Δθ‖ of each layer${markWords(marks)}`,
      alt: `Sum of the norms of the weights' changes, by layer. Largest at layer ${top}: ${fixed(sums[top ?? 0])}.`,
      y: "Σ‖Δθ‖",
      series: [{ name: "Σ", points: sums.map((sum, layer) => [layer, sum] as const) }],
    },
    {
      ...common,
      caption: `‖Δθ‖ / ‖θ‖ of each matrix${markWords(marks)}`,
      alt: `Relative change of each of ${matrices.length} matrices, by layer. The table has the numbers.`,
      y: "‖Δθ‖ / ‖θ‖",
      series: matrices.map(({ name, relative }) => ({ name, points: pointsOf(relative) })),
    },
    ...(steered.some(({ layers }) => layers.length > 0)
      ? [
          {
            ...common,
            marks: [],
            caption: "The largest coherent Δ of a layer against its change, a point a steered layer",
            alt: `Best change of the trait score against Σ‖Δθ‖ of the layer, for ${listed(steered.map(({ trait }) => trait))}.`,
            x: "Σ‖Δθ‖",
            y: "Δ trait score",
            rules: [0],
            isScattered: true,
            series: steered.map(({ trait, layers }) => ({
              name: trait,
              points: layers.map(({ layer, delta }) => [sums[layer] ?? 0, delta] as const),
            })),
          },
        ]
      : []),
  ];
  return {
    title: "How much the weights changed",
    isFolded: false,
    figures,
    table: {
      caption: "Change of the weights by layer: Σ‖Δθ‖, and ‖Δθ‖ / ‖θ‖ of each matrix",
      columns: columns([], ["layer", "Σ‖Δθ‖", ...matrices.map(({ name }) => name)]),
      rows: sums.map((sum, layer) => [
        String(layer),
        fixed(sum),
        ...matrices.map(({ relative }) => fixed(relative[layer], 3)),
      ]),
    },
  };
}

type Measured = (of: AlignedSet) => readonly (number | null)[];
type Bounds = (alignment: NonNullable<Alignment["null"]>) => {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
};

function alignmentPictures(
  dataset: string,
  sets: readonly AlignedSet[],
  alignment: Alignment,
  marks: readonly number[],
): Pictures {
  const figure = (what: string, y: string, of: Measured, bounds: Bounds): Figure => ({
    kind: "lines",
    caption: `${what}; grey: the middle 95% of random directions${markWords(marks)}`,
    alt: `${dataset}: ${what}, by layer, a line for each of ${sets.length} vector sets, beside random directions. The table has the numbers.`,
    x: "layer",
    y,
    series: sets.map((set): Series => ({ name: shortName(set), points: pointsOf(of(set)) })),
    ...(alignment.null === null ? {} : { band: bandOf(bounds(alignment.null)) }),
    rules: [],
    marks,
    ordered: false,
  });
  return {
    title: `Alignment of the change with the vectors of ${dataset}`,
    isFolded: false,
    figures: [
      figure(
        "Cosine of Δ residual and the vector",
        "cosine",
        ({ cosine }) => cosine.value,
        ({ cosine }) => cosine,
      ),
      figure(
        "Share of o_proj's change that writes along the vector",
        "‖vᵀΔW‖ / ‖ΔW‖",
        (set) => set.o_proj.response.value,
        (of) => of.o_proj.response,
      ),
      figure(
        "Share of down_proj's change that writes along the vector",
        "‖vᵀΔW‖ / ‖ΔW‖",
        (set) => set.down_proj.response.value,
        (of) => of.down_proj.response,
      ),
    ],
    table: {
      caption: `Cosine of the change and the vectors of ${dataset}, by layer`,
      columns: columns([], ["layer", "random, low", "random, high", ...sets.map(shortName)]),
      rows: alignment.layers.map((layer, index) => [
        String(layer),
        fixed(alignment.null?.cosine.low[index], 3),
        fixed(alignment.null?.cosine.high[index], 3),
        ...sets.map(({ cosine }) => fixed(cosine.value[index], 3)),
      ]),
    },
  };
}

function shortName({ position, method }: AlignedSet): string {
  return `${position} ${method}`;
}

function markWords(marks: readonly number[]): string {
  return marks.length === 0 ? "" : `; dotted: layer ${listed(marks)}, which steers best`;
}

function pointsOf(values: readonly (number | null)[]): [number, number][] {
  return values.flatMap((value, layer) => (value === null ? [] : [[layer, value] as [number, number]]));
}

function bandOf({ low, high }: ReturnType<Bounds>): NonNullable<Lines["band"]> {
  return low.flatMap((value, x) => {
    const upper = high[x];
    return value === null || upper === null || upper === undefined ? [] : [{ x, low: value, high: upper }];
  });
}
