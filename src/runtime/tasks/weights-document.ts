import type { VectorsTask, WeightsTask } from "../../domain/task.ts";
import type { WeightPair, Watch } from "../../engine/index.ts";
import type { JsonObject } from "../../util/json.ts";
import { RuntimeFailure } from "../failures.ts";
import { variantOf, type TaskContext } from "./context.ts";
import { allUpstream, readVectors } from "./steering-inputs.ts";

/** What the documents of all steps have in common. */

/** A step's own part begins with `definitions`: what its numbers are, in words. */
export type WeightsDocument = JsonObject;

/** Of fp64 sums, which are the same on every machine. */
const EXACT_DIGITS = 9;
/** Of fp32 products, whose last digits depend on the processor. */
const DIGITS = 6;

export function exact(value: number): number {
  return Number(value.toPrecision(EXACT_DIGITS));
}

export function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

export function headOf(task: WeightsTask, { experiment }: TaskContext): JsonObject {
  const { step, from, to } = task.params;
  const variant = (name: string, weights: string | undefined): JsonObject => ({
    variant: name,
    model: variantOf(experiment, name).model,
    weights: weights ?? null,
  });
  return {
    format_version: 1,
    step,
    from: variant(from, task.inputs["from_weights"]),
    to: variant(to, task.inputs["to_weights"]),
  };
}

/** Progress over so many tensors, and the run's signal. */
export function watchOf(total: number, context: TaskContext): Required<Watch> {
  let done = 0;
  return {
    signal: context.signal,
    onTensor: () => context.progress({ done: ++done, total, unit: "tensors", doing: "comparing" }),
  };
}

export interface VectorSet {
  readonly task: VectorsTask;
  /** Unit vectors by layer, each [hidden]. */
  readonly vectors: readonly Float32Array[];
}

/** The vector sets that a step reads. Throws RuntimeFailure where they are of models of another shape. */
export function vectorSetsOf(task: WeightsTask, { layers, hiddenSize }: WeightPair, context: TaskContext): VectorSet[] {
  return allUpstream(task, "vectors", context).map((upstream) => {
    const vectors = readVectors(upstream, context);
    if (vectors.length === layers && vectors.every(({ length }) => length === hiddenSize)) {
      return { task: upstream, vectors };
    }
    const { from, to } = task.params;
    throw new RuntimeFailure(
      "unsupported-model",
      `${upstream.id} has [${vectors.length}, ${vectors[0]?.length ?? 0}] vectors, but ${from} and ${to} have [${layers}, ${hiddenSize}].`,
      "Vectors are compared with weights of the shape of their own: leave the step out of weight_analysis.steps.",
    );
  });
}

/** Which vectors these are. */
export function nameOf({ task: { id, params } }: VectorSet): JsonObject {
  const { dataset, variant, position, method } = params;
  return { vectors: id, dataset, variant, position, method };
}
