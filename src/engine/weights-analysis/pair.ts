import { EngineFailure } from "../../domain/engine.ts";
import { readCheckpoint, type Checkpoint } from "../weights/checkpoint.ts";
import type { StoredTensor } from "../weights/shards.ts";

/** One tensor before and after training. Plain data: it goes to threads. */
export interface TensorPair {
  readonly name: string;
  /** Of a matrix; a vector is one row. */
  readonly rows: number;
  readonly columns: number;
  /** Undefined for what belongs to no layer. */
  readonly layer: number | undefined;
  /** The end of the name: `q_proj`, `input_layernorm`, `embed_tokens`. */
  readonly component: string;
  readonly from: StoredTensor;
  readonly to: StoredTensor;
  /** Each [rows]: with `offset` added, what the rows are multiplied by. */
  readonly gains?: { readonly from: StoredTensor; readonly to: StoredTensor; readonly offset: number };
}

/** Two checkpoints of one shape. */
export interface WeightPair {
  readonly from: Checkpoint;
  readonly to: Checkpoint;
  readonly toDir: string;
  readonly layers: number;
  readonly hiddenSize: number;
  /** Every tensor of the architecture, in its order. */
  readonly tensors: readonly TensorPair[];
}

/** The matrices that write to the residual stream: their rows are the stream's dimensions. */
export const WRITERS = ["o_proj", "down_proj"] as const;
export type Writer = (typeof WRITERS)[number];

/** Reads the headers of two weights folders and holds them to one shape. Throws EngineFailure. */
export function openWeightPair(fromDir: string, toDir: string): WeightPair {
  const [from, to] = [readCheckpoint(fromDir), readCheckpoint(toDir)];
  if (from.architecture !== to.architecture) {
    const message = `${fromDir} is a ${from.architecture.name}, but ${toDir} is a ${to.architecture.name}.`;
    throw new EngineFailure("unsupported-model", message, ONE_SHAPE);
  }
  const expected = [from, to].flatMap(({ architecture, shape }) => architecture.weights(shape).map(({ name }) => name));
  const tensors = [...new Set(expected)].map((name) => {
    const [before, after] = [from.tensors.get(name), to.tensors.get(name)];
    if (before === undefined) throw onlyIn(name, toDir, fromDir);
    if (after === undefined) throw onlyIn(name, fromDir, toDir);
    return pairOf(before, after);
  });
  const { layers, hiddenSize } = to.shape;
  return { from, to, toDir, layers, hiddenSize, tensors };
}

/**
 * A layer's matrix that writes to the residual stream. Where its output passes a norm, the norm's weight multiplies its
 * rows; the root mean square, which the norm divides by, is of the input and not of the weights, and left out.
 * Throws EngineFailure when the family has none of that name.
 */
export function writerOf({ tensors, to }: WeightPair, layer: number, writer: Writer): TensorPair {
  const found = tensors.find((tensor) => tensor.layer === layer && tensor.component === writer);
  const { name, outputNorms } = to.architecture;
  if (found === undefined) {
    throw new EngineFailure(
      "unsupported-model",
      `${name} has no ${writer} in layer ${layer}.`,
      "Leave logit_lens and trait_alignment out of the steps: they are of models whose blocks end in o_proj and down_proj.",
    );
  }
  if (outputNorms === undefined) return found;
  const norm = tensors.find((tensor) => tensor.name === `model.layers.${layer}.${outputNorms[writer]}`);
  if (norm === undefined) throw new Error(`Internal error: ${outputNorms[writer]} of layer ${layer} was not checked`);
  return { ...found, gains: { from: norm.from, to: norm.to, offset: to.shape.normOffset } };
}

function pairOf(from: StoredTensor, to: StoredTensor): TensorPair {
  const { name, shape } = to;
  if (from.shape.join() !== shape.join()) {
    const message = `Tensor "${name}" is [${from.shape.join(", ")}] in ${from.path}, but [${shape.join(", ")}] in ${to.path}.`;
    throw new EngineFailure("unsupported-model", message, ONE_SHAPE);
  }
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const parts = name.replace(/\.weight$/, "").split(".");
  const at = parts.indexOf("layers");
  const component = parts.at(-1) === "bias" ? parts.slice(-2).join(".") : (parts.at(-1) ?? name);
  return { name, rows, columns, layer: at === -1 ? undefined : Number(parts[at + 1]), component, from, to };
}

const ONE_SHAPE = "Compare two variants of one shape: a model and what was trained from it.";

function onlyIn(name: string, one: string, other: string): EngineFailure {
  return new EngineFailure("unsupported-model", `${one} has a tensor "${name}", and ${other} has none.`, ONE_SHAPE);
}
