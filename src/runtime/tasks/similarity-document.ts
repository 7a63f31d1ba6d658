import type { SimilarityParams } from "../../domain/task-params.ts";
import { pearson, spearman } from "../../math/correlation.ts";
import { mean } from "../../math/statistics.ts";
import type { TransferCurve } from "./similarity-transfer.ts";

/** Cosines between two variants' residuals over one response. */
export interface PromptSimilarity {
  readonly layers: number;
  /** Of the response means: [layer] */
  readonly means: Float64Array;
  /** [token, layer] */
  readonly tokens: Float64Array;
}

/** Over prompts: mean and population standard deviation; null where no prompt has one. */
interface Spread {
  readonly mean: readonly (number | null)[];
  readonly std: readonly (number | null)[];
}

/** The study's document; `format_version`, what a correlation says besides r and p, and `warnings` are additions. */
export interface SimilarityDocument {
  readonly format_version: 1;
  readonly captured: string;
  readonly replayed: string;
  /** Empty responses included. */
  readonly n_prompts: number;
  /** In no mean. */
  readonly n_empty: number;
  /** By layer; `per_prompt` is [prompt][layer], null where the response is empty. */
  readonly per_layer_similarity: Spread & { readonly per_prompt: readonly (readonly number[] | null)[] };
  readonly per_position_similarity: {
    readonly positions: readonly number[];
    readonly n_prompts_at_position: readonly number[];
    /** Of each layer, by position. */
    readonly by_layer: Readonly<Record<string, Spread>>;
  };
  readonly transfer_curves: Readonly<Record<string, Curve>>;
  readonly correlations: Readonly<Record<string, Correlations>>;
  readonly warnings: readonly string[];
}

interface Curve {
  readonly layers: readonly number[];
  readonly deltas: readonly number[];
  /** Which evaluation each delta is of. */
  readonly best: readonly object[];
}

/** Between the similarity of a curve's layers and its deltas; null where there is none. */
interface Correlations {
  readonly pearson_r: number | null;
  readonly p_value: number | null;
  readonly spearman_rho: number | null;
  readonly spearman_p_value: number | null;
  readonly n_points: number;
}

/** Correlations of fewer points are said to be of little worth. */
const ENOUGH_POINTS = 8;

/** A prompt whose response is empty is undefined: it counts, and is in no mean. */
export function similarityDocument(
  { captured, replayed, minCoverage, minCoherence }: SimilarityParams,
  prompts: readonly (PromptSimilarity | undefined)[],
  curves: readonly TransferCurve[],
): SimilarityDocument {
  const present = prompts.filter((prompt) => prompt !== undefined);
  const layers = Array.from({ length: present[0]?.layers ?? 0 }, (_, layer) => layer);
  const perLayer = spreads(layers.map((layer) => present.map(({ means }) => means[layer] as number)));
  const similarity = (layer: number): number => perLayer.mean[layer] as number;
  const correlations = new Map(
    curves.map(({ dataset, points }) => [dataset, correlate(layers.length === 0 ? [] : points, similarity)]),
  );
  return {
    format_version: 1,
    captured,
    replayed,
    n_prompts: prompts.length,
    n_empty: prompts.length - present.length,
    per_layer_similarity: { ...perLayer, per_prompt: prompts.map((prompt) => (prompt ? [...prompt.means] : null)) },
    per_position_similarity: byPosition(present, prompts.length, minCoverage, layers),
    transfer_curves: Object.fromEntries(curves.map(({ dataset, points }) => [dataset, curveOf(points)])),
    correlations: Object.fromEntries(correlations),
    warnings: [
      ...emptyWarning(prompts.length - present.length, prompts.length),
      ...(curves.length === 0 ? [`No vector from ${replayed} was steered: there is no transfer to compare with.`] : []),
      ...curves.flatMap((curve) => curveWarnings(curve, correlations.get(curve.dataset), minCoherence)),
    ],
  };
}

/** Positions that too few prompts reach are left out: their mean would be of other prompts. */
function byPosition(
  prompts: readonly PromptSimilarity[],
  count: number,
  minCoverage: number,
  layers: readonly number[],
): SimilarityDocument["per_position_similarity"] {
  const lengths = prompts.map(({ tokens, layers: each }) => tokens.length / each);
  const reached = Array.from(
    { length: Math.max(0, ...lengths) },
    (_, position) => lengths.filter((length) => position < length).length,
  );
  const covered = reached.filter((n) => n / count >= minCoverage);
  const cosines = (layer: number, position: number): number[] =>
    prompts.flatMap(({ tokens }, index) =>
      position < (lengths[index] as number) ? [tokens[position * layers.length + layer] as number] : [],
    );
  return {
    positions: [...covered.keys()],
    n_prompts_at_position: covered,
    by_layer: Object.fromEntries(
      layers.map((layer) => [String(layer), spreads(covered.map((_, position) => cosines(layer, position)))]),
    ),
  };
}

function spreads(groups: readonly (readonly number[])[]): Spread {
  const means = groups.map((values) => (values.length === 0 ? null : mean(values)));
  const deviations = groups.map((values, index) => {
    const middle = means[index];
    return middle === null || middle === undefined
      ? null
      : Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  });
  return { mean: means, std: deviations };
}

function curveOf(points: TransferCurve["points"]): Curve {
  return {
    layers: points.map(({ layer }) => layer),
    deltas: points.map(({ delta }) => delta),
    best: points.map(({ position, method, coefficient, coherence }) => ({
      position,
      method,
      coefficient,
      coherence_mean: coherence,
    })),
  };
}

function correlate(points: TransferCurve["points"], similarity: (layer: number) => number): Correlations {
  const x = points.map(({ layer }) => similarity(layer));
  const y = points.map(({ delta }) => delta);
  const [r, rho] = [pearson(x, y), spearman(x, y)];
  return {
    pearson_r: r?.coefficient ?? null,
    p_value: r?.pValue ?? null,
    spearman_rho: rho?.coefficient ?? null,
    spearman_p_value: rho?.pValue ?? null,
    n_points: points.length,
  };
}

function emptyWarning(empty: number, all: number): string[] {
  if (empty === 0) return [];
  return [`${empty} of ${all} responses ${empty === 1 ? "is" : "are"} empty, and in no mean.`];
}

function curveWarnings(
  { dataset, points }: TransferCurve,
  found: Correlations | undefined,
  minCoherence: number,
): string[] {
  const n = points.length;
  if (n === 0) {
    return [`${dataset}: no evaluation has a Δ at coherence ≥ ${minCoherence}, so there is no transfer curve.`];
  }
  const layers = n === 1 ? "layer" : "layers";
  const few = `${dataset}: ${n} ${layers}; a correlation of fewer than ${ENOUGH_POINTS} points says little.`;
  const constant = `${dataset}: all its Δ, or all similarities of its layers, are equal: there is no correlation.`;
  const isConstant = n > 1 && found?.n_points === n && found.pearson_r === null;
  return [...(n < ENOUGH_POINTS ? [few] : []), ...(isConstant ? [constant] : [])];
}

/** Indented, with lists of numbers on one line. */
export function formatDocument(document: SimilarityDocument): string {
  const text = JSON.stringify(document, null, 2);
  return `${text.replaceAll(/\[[-+.\deE\s,nul]*\]/g, (list) => list.replaceAll(/\s+/g, " "))}\n`;
}
