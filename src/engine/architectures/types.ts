import type { AttentionCore } from "../attention/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { ElementType } from "../onnx/proto.ts";
import type { ModelConfig } from "../weights/config.ts";

/** The sizes of a decoder-only transformer. */
export interface DecoderShape {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** Added to the mean square in RMSNorm. */
  readonly epsilon: number;
  /** Added to the weights of norms: 1 where a file holds how far they are from 1. */
  readonly normOffset: 0 | 1;
  /** What the embedding is multiplied by, rounded to the type that the graph computes in. */
  readonly embeddingScale: number;
  /** The embedding is the output matrix too. */
  readonly tiedHead: boolean;
  /** Radians a position, one per pair of a head's dimensions: [headDim / 2]. */
  readonly ropeFrequencies: Float32Array;
  /** What the products of queries and keys are multiplied by. */
  readonly attentionScale: number;
  /** c: scaled products x become c · tanh(x / c). */
  readonly attentionSoftcap: number | undefined;
  /** How many tokens the attention of each layer sees, the token itself among them; undefined: all. [layers] */
  readonly windows: readonly (number | undefined)[];
  /** c: logits x become c · tanh(x / c). */
  readonly finalSoftcap: number | undefined;
}

export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The residual stream as sum + delta: the sum is taken by the next norm, which needs it anyway. */
export interface Stream {
  /** [tokens, hidden] */
  readonly sum: Value;
  /** [tokens, hidden], not yet added; the embedding comes without. */
  readonly delta?: Value;
}

/** What a block is built with. */
export interface BlockContext {
  readonly graph: GraphBuilder;
  readonly shape: DecoderShape;
  readonly attention: AttentionCore;
  /** What the graph computes in. */
  readonly type: ElementType;
  /** A tensor of the checkpoint in that type. */
  weight(name: string): Value;
  /** A number in that type. */
  constant(value: number): Value;
  /** What is made of weights and constants alone: made once, when the model is loaded. */
  fixed(name: string, make: (name: string) => Value): Value;
}

export interface BlockOutput {
  /** The residual stream that came in, now summed: the output of the block before. */
  readonly before: Value;
  readonly after: Required<Stream>;
}

/** A model family: how its config is read, which tensors it has, and its block. */
export interface Architecture {
  /** As config.json's `architectures` has it. */
  readonly name: string;
  /** Throws EngineFailure `unsupported-model`. */
  readShape(config: ModelConfig): DecoderShape;
  weights(shape: DecoderShape): readonly WeightShape[];
  readonly embedding: string;
  readonly finalNorm: string;
  readonly head: string;
  /** Norms that the outputs of these matrices pass on their way to the residual stream, by their names in the block. */
  readonly outputNorms?: { readonly o_proj: string; readonly down_proj: string };
  addBlock(context: BlockContext, layer: number, stream: Stream): BlockOutput;
}
