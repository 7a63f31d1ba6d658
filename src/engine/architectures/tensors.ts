import type { DecoderShape, WeightShape } from "./types.ts";

/** Names that all families' files use. */
export const TENSORS = {
  embedding: "model.embed_tokens.weight",
  finalNorm: "model.norm.weight",
  head: "lm_head.weight",
} as const;

/** A block's tensors, by name within the block. */
export type BlockTensors = Readonly<Record<string, readonly number[]>>;

/** The tensors of Llama's block and of those that only add to it. */
export function blockTensors({ hiddenSize, intermediateSize, heads, kvHeads, headDim }: DecoderShape): BlockTensors {
  return {
    "input_layernorm.weight": [hiddenSize],
    "self_attn.q_proj.weight": [heads * headDim, hiddenSize],
    "self_attn.k_proj.weight": [kvHeads * headDim, hiddenSize],
    "self_attn.v_proj.weight": [kvHeads * headDim, hiddenSize],
    "self_attn.o_proj.weight": [hiddenSize, heads * headDim],
    "post_attention_layernorm.weight": [hiddenSize],
    "mlp.gate_proj.weight": [intermediateSize, hiddenSize],
    "mlp.up_proj.weight": [intermediateSize, hiddenSize],
    "mlp.down_proj.weight": [hiddenSize, intermediateSize],
  };
}

/** Every tensor of a decoder whose blocks have these. */
export function decoderTensors(shape: DecoderShape, block: BlockTensors): WeightShape[] {
  const { hiddenSize, vocabSize, layers, tiedHead } = shape;
  const all: WeightShape[] = [
    { name: TENSORS.embedding, shape: [vocabSize, hiddenSize] },
    { name: TENSORS.finalNorm, shape: [hiddenSize] },
  ];
  if (!tiedHead) all.push({ name: TENSORS.head, shape: [vocabSize, hiddenSize] });
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, dimensions] of Object.entries(block)) {
      all.push({ name: `model.layers.${layer}.${name}`, shape: dimensions });
    }
  }
  return all;
}
