import type { WeightsParams } from "../../domain/task-params.ts";
import { SINGULAR_DIRECTIONS, WRITERS, type Writer } from "../../engine/index.ts";
import type { JsonObject, JsonValue } from "../../util/json.ts";
import type { LayerSummary, Measure, WriterSummary } from "./weights-alignment-layer.ts";
import { exact, rounded } from "./weights-document.ts";

const DEFINITIONS = {
  delta_residual: "mean over the input dimension of ΔW_o plus the same of ΔW_down, Δ = to − from",
  W: "as it writes to the residual stream: where a norm follows the matrix (Gemma 2), its rows times the norm's weight",
  cosine: "cosine of the layer's vector v and Δ_residual, signed",
  response:
    "‖vᵀΔW‖ / ‖ΔW‖ (Frobenius): 1 where all of the change writes along v; chance gives about √(1 / hidden size)",
  singular: `|cosine| of v and each of the first ${SINGULAR_DIRECTIONS} left singular directions u of ΔW, the largest singular value first; fewer where the rank is smaller`,
  singular_residuals:
    "‖ΔW ΔWᵀu − σ²u‖ / σ² of each u, 0 for an exact one: where it is no smaller than the distance to the next σ² (as a share of σ²), u may be mixed with its neighbour; their span is the surer thing",
  subspace: "length of v's projection onto the span of these directions",
  null: "the same of random unit vectors, layer by layer: their mean, and low and high, between which the middle 95% lies",
  percentile: "share of the null below v's value, in percent; of the signed cosine, 0 is as far from chance as 100",
  layers: "every array is by layer; null where the weights did not change",
};

/** A number of each measure, and what it is called. */
type Fields = Readonly<Record<string, (measure: Measure) => number | null | undefined>>;

/** Arrays by layer from the layers' summaries: what changed, the null, and each vector set beside it. */
export function alignmentTables(
  { nullDirections, nullSeed }: WeightsParams,
  layers: readonly LayerSummary[],
  names: readonly JsonObject[],
): JsonObject {
  const ofNull: Fields = {
    mean: (measure) => measure.null?.mean,
    low: (measure) => measure.null?.low,
    high: (measure) => measure.null?.high,
  };
  const ofVector = (index: number): Fields => ({
    value: ({ values }) => values[index],
    ...(nullDirections > 0 && { percentile: ({ percentiles }) => percentiles?.[index] }),
  });
  return {
    definitions: DEFINITIONS,
    null_directions: nullDirections,
    null_seed: nullSeed,
    layers: layers.map((_, layer) => layer),
    changes: {
      delta_residual: { norm: layers.map(({ residualNorm }) => exact(residualNorm)) },
      ...byWriter((writer) => changesOf(layers.map(({ writers }) => writers[writer]))),
    },
    null: nullDirections === 0 ? null : measuresOf(layers, ofNull),
    vectors: names.map((name, index) => ({ ...name, ...measuresOf(layers, ofVector(index)) })),
  };
}

function changesOf(layers: readonly (WriterSummary | null)[]): JsonObject {
  return {
    norm: layers.map((layer) => exact(layer?.norm ?? 0)),
    singular_values: layers.map((layer) => layer && layer.singularValues.map(rounded)),
    singular_residuals: layers.map((layer) => layer && layer.singularResiduals.map(coarse)),
  };
}

/** What is smaller is the rounding of fp32. */
function coarse(residual: number): number {
  return Number(residual.toFixed(5));
}

function measuresOf(layers: readonly LayerSummary[], fields: Fields): JsonObject {
  const columns = (of: (layer: LayerSummary) => Measure | readonly Measure[] | null | undefined): JsonObject =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, layers.map((layer) => valueOf(of(layer), field))]),
    );
  return {
    cosine: columns(({ cosine }) => cosine),
    ...byWriter((writer) => ({
      response: columns(({ writers }) => writers[writer]?.response),
      subspace: columns(({ writers }) => writers[writer]?.subspace),
      singular: columns(({ writers }) => writers[writer]?.singular),
    })),
  };
}

function valueOf(of: Measure | readonly Measure[] | null | undefined, field: Fields[string]): JsonValue {
  if (of === null || of === undefined) return null;
  if (isList(of)) return of.map((measure) => valueOf(measure, field));
  const value = field(of);
  return value === null || value === undefined ? null : rounded(value);
}

function isList(of: Measure | readonly Measure[]): of is readonly Measure[] {
  return Array.isArray(of);
}

function byWriter(make: (writer: Writer) => JsonObject): JsonObject {
  return Object.fromEntries(WRITERS.map((writer) => [writer, make(writer)]));
}
