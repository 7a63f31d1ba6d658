import type { LayerAlignment, Writer, WriterAlignment } from "../../engine/index.ts";
import { NullDistribution, type NullSummary } from "../../math/null-distribution.ts";

/** One quantity of every vector set, and of random directions; without these, `percentiles` and `null` are null. */
export interface Measure {
  readonly values: readonly number[];
  readonly percentiles: readonly number[] | null;
  readonly null: NullSummary | null;
}

export interface WriterSummary {
  readonly norm: number;
  readonly singularValues: readonly number[];
  readonly singularResiduals: readonly number[];
  readonly response: Measure;
  readonly subspace: Measure;
  /** By singular direction. */
  readonly singular: readonly Measure[];
}

/** A layer's alignment as JSON; null where nothing changed. */
export interface LayerSummary {
  readonly residualNorm: number;
  readonly cosine: Measure | null;
  readonly writers: Readonly<Record<Writer, WriterSummary | null>>;
}

/** The first `sets` of the aligned directions are vectors, the others the null. */
export function summariseLayer(aligned: LayerAlignment, sets: number): LayerSummary {
  const { residualNorm, cosines, writers } = aligned;
  return {
    residualNorm,
    cosine: cosines && measureOf(cosines, sets),
    writers: {
      o_proj: writers.o_proj && summariseWriter(writers.o_proj, sets),
      down_proj: writers.down_proj && summariseWriter(writers.down_proj, sets),
    },
  };
}

function summariseWriter(aligned: WriterAlignment, sets: number): WriterSummary {
  const { norm, responses, singularValues, singularResiduals, singularCosines } = aligned;
  const projected = responses.map((_, index) =>
    Math.sqrt(singularCosines.reduce((sum, cosines) => sum + cosines[index]! ** 2, 0)),
  );
  return {
    norm,
    singularValues,
    singularResiduals,
    response: measureOf(responses, sets),
    subspace: measureOf(projected, sets),
    singular: singularCosines.map((cosines) => measureOf(cosines, sets)),
  };
}

function measureOf(all: Float64Array, sets: number): Measure {
  const values = [...all.subarray(0, sets)];
  if (all.length === sets) return { values, percentiles: null, null: null };
  const distribution = new NullDistribution(all.subarray(sets));
  return {
    values,
    percentiles: values.map((value) => distribution.percentile(value)),
    null: distribution.summary(),
  };
}
