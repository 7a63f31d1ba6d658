import { spearman } from "../../math/correlation.ts";
import type { Results } from "../../runtime/tasks/results-document.ts";
import { groupBy } from "../../util/group-by.ts";
import { bestByLayer, type Curves } from "./curves.ts";
import { missingWords, type Made } from "./made.ts";
import { bestRow } from "./steering-answers.ts";
import type { Answer, Section, Table } from "./view.ts";
import {
  MATRICES,
  outsideNull,
  peakOf,
  ranked,
  relativeChange,
  type Alignment,
  type Lens,
  type Norms,
  type WeightsDocuments,
} from "./weights-documents.ts";
import { weightsPictures, type SteeredLayers } from "./weights-pictures.ts";
import { columns, fewWords, fixed, listed, ordinal, pWords, setName, traitsOf } from "./words.ts";

/** Tokens that an answer quotes. */
const QUOTED = 8;

export function weightsSection(
  made: Made,
  documents: WeightsDocuments,
  results: Results | undefined,
  curves: readonly Curves[],
): Section {
  const { norms, lens, alignment } = documents;
  const steering = steeringLayers(results);
  return {
    id: "weights",
    title: "Weights",
    missing: missingWords(made, "weights"),
    answers: [
      ...(norms === undefined ? [] : [changedMost(norms), ...doTheySteer(norms, results, curves)]),
      ...(lens === undefined ? [] : tokenAnswers(lens, norms, steering)),
      ...(alignment === undefined ? [] : alignmentAnswers(alignment, results)),
    ],
    tables: [
      ...(lens === undefined ? [] : [lensTable(lens)]),
      ...(alignment === undefined ? [] : [alignmentTable(alignment)]),
    ],
    pictures: weightsPictures(documents, steering, deltasOf(results, curves)),
    notes: [],
  };
}

/** The largest coherent Δ of each steered layer, by trait. */
function deltasOf(results: Results | undefined, curves: readonly Curves[]): SteeredLayers[] {
  if (results === undefined) return [];
  return traitsOf(results).map((trait) => ({
    trait,
    layers: bestByLayer(
      curves.filter((curve) => curve.trait === trait),
      results.min_coherence,
    ),
  }));
}

/** The best layer of each trait, ascending. */
function steeringLayers(results: Results | undefined): number[] {
  if (results === undefined) return [];
  const layers = traitsOf(results).flatMap(
    (trait) => bestRow(results.rows.filter((row) => row.trait === trait))?.found.layer ?? [],
  );
  return [...new Set(layers)].toSorted((a, b) => a - b);
}

function changedMost(norms: Norms): Answer {
  const sums = norms.layers.sum_of_changes;
  const order = ranked(sums);
  const top = order.slice(0, 3).map((layer) => `${layer} (${fixed(sums[layer])})`);
  const least = order.at(-1);
  const matrices = MATRICES.flatMap((matrix) => {
    const relative = relativeChange(norms, matrix)?.filter((value) => value !== null) ?? [];
    return relative.length === 0
      ? []
      : [{ matrix, mean: relative.reduce((sum, value) => sum + value, 0) / relative.length }];
  });
  const [most] = matrices.toSorted((a, b) => b.mean - a.mean);
  const component =
    most === undefined
      ? ""
      : ` Relative to its own size, ${most.matrix} changed most: by ${fixed(most.mean, 3)} on average.`;
  return {
    question: "Which layers changed most (Σ‖Δθ‖)?",
    answer: `Layers ${listed(top)}.`,
    detail: `Least: ${least} (${fixed(sums[least ?? 0])}).${component}`,
  };
}

function doTheySteer(norms: Norms, results: Results | undefined, curves: readonly Curves[]): Answer[] {
  if (results === undefined) return [];
  const sums = norms.layers.sum_of_changes;
  return traitsOf(results).flatMap((trait): Answer[] => {
    const best = bestRow(results.rows.filter((row) => row.trait === trait));
    if (best === undefined) return [];
    const { layer } = best.found;
    const rank = ranked(sums).indexOf(layer) + 1;
    const byLayer = bestByLayer(
      curves.filter((curve) => curve.trait === trait),
      results.min_coherence,
    );
    const found = spearman(
      byLayer.map((one) => sums[one.layer] as number),
      byLayer.map(({ delta }) => delta),
    );
    const relation =
      found === undefined
        ? ""
        : ` Over the ${byLayer.length} steered layers, change and best coherent Δ: Spearman ρ = ${fixed(found.coefficient)} (${pWords(found.pValue)})${fewWords(byLayer.length)}.`;
    const isAmongMost = rank <= Math.ceil(sums.length / 4);
    return [
      {
        question: `Are they the layers that steer ${trait}?`,
        answer: `${isAmongMost ? "Yes" : "No"}: the layer that steers best, ${layer}, changed ${ordinal(rank)} most of ${sums.length}.`,
        detail: `Yes would be: among the quarter that changed most.${relation}`,
      },
    ];
  });
}

function tokenAnswers({ layers }: Lens, norms: Norms | undefined, steering: readonly number[]): Answer[] {
  const [changed] = norms === undefined ? [] : ranked(norms.layers.sum_of_changes);
  const asked = [...new Set([...steering, ...(changed === undefined ? [] : [changed])])];
  return asked.flatMap((wanted): Answer[] => {
    const found = layers.find(({ layer }) => layer === wanted)?.delta_residual;
    if (found === undefined) return [];
    const why = [
      ...(steering.includes(wanted) ? ["steers best"] : []),
      ...(wanted === changed ? ["changed most"] : []),
    ];
    return [
      {
        question: `Which tokens does the change of layer ${wanted} point to (it ${why.join(" and ")})?`,
        answer: `Toward ${tokens(found.toward, QUOTED)}.`,
        detail: `Away from ${tokens(found.away, QUOTED)}.`,
      },
    ];
  });
}

/** Quoted, since a token may begin with a space. */
function tokens(list: readonly { readonly text: string }[], count: number): string {
  return list.length === 0
    ? "nothing"
    : list
        .slice(0, count)
        .map(({ text }) => JSON.stringify(text))
        .join(", ");
}

function alignmentAnswers(alignment: Alignment, results: Results | undefined): Answer[] {
  return [...groupBy(alignment.vectors, ({ dataset }) => dataset)].flatMap(([dataset, sets]): Answer[] => {
    const peaks = sets.flatMap((set) => {
      const peak = peakOf(set);
      return peak === undefined ? [] : [{ set, ...peak }];
    });
    const [top] = peaks.toSorted((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine));
    if (top === undefined) return [];
    const rows = results?.rows.filter((row) => row.dataset === dataset) ?? [];
    const best = bestRow(rows)?.found.layer;
    const cells = sets.length * alignment.layers.length;
    const outside = sets.reduce((sum, set) => sum + outsideNull(set, alignment).length, 0);
    const band =
      alignment.null === null
        ? ""
        : ` Outside the middle 95% of ${alignment.null_directions} random directions: ${outside} of ${cells} layers of its vector sets; by chance about ${Math.round(cells * 0.05)}.`;
    const steers =
      best === undefined
        ? ""
        : best === top.layer
          ? "; they steer best there, too"
          : `; they steer best at layer ${best}`;
    const where = `The largest, of ${top.set.position} ${top.set.method}${steers}.`;
    return [
      {
        question: `How aligned is the change with the vectors of ${dataset}, and where?`,
        answer: `Cosine ${fixed(top.cosine, 3)}, at layer ${top.layer}.`,
        detail: `${where}${band}`,
      },
    ];
  });
}

function lensTable({ layers }: Lens): Table {
  return {
    caption: "Logit lens: tokens that each layer's change points toward, and away from",
    isFolded: true,
    columns: columns(["layer", "toward", "away"], []),
    rows: layers.map(({ layer, delta_residual: found }) => [
      String(layer),
      tokens(found.toward, QUOTED),
      tokens(found.away, QUOTED),
    ]),
  };
}

function alignmentTable(alignment: Alignment): Table {
  const band = alignment.null?.cosine;
  return {
    caption: "Cosine of every vector set and the change, at the layer where it is largest",
    isFolded: true,
    columns: columns(
      ["vector set"],
      ["layer", "cosine", "random, low", "random, high", "percentile", "layers outside"],
    ),
    rows: alignment.vectors.map((set) => {
      const peak = peakOf(set);
      const layer = peak?.layer ?? -1;
      return [
        setName(set),
        peak === undefined ? "none" : String(layer),
        fixed(peak?.cosine, 3),
        fixed(band?.low[layer], 3),
        fixed(band?.high[layer], 3),
        fixed(set.cosine.percentile?.[layer], 1),
        `${outsideNull(set, alignment).length} of ${alignment.layers.length}`,
      ];
    }),
  };
}
