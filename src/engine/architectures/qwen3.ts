import { headNormedSelfAttention, preNormBlock } from "./blocks.ts";
import { readShape, refuseBias, requireActivation } from "./shape.ts";
import { blockTensors, decoderTensors, TENSORS } from "./tensors.ts";
import type { Architecture } from "./types.ts";
import { qwenWindows } from "./windows.ts";

/**
 * Qwen 3 (Yang et al. 2025), as transformers' modeling_qwen3.py has it: Llama that normalizes each head's queries and keys
 * before they are rotated.
 */
export const qwen3: Architecture = {
  name: "Qwen3ForCausalLM",
  ...TENSORS,
  readShape(config) {
    refuseBias(config, "attention_bias");
    requireActivation(config, "hidden_act", "silu");
    const shape = readShape(config, { headDim: 128 });
    return { ...shape, windows: qwenWindows(config, shape.layers) };
  },
  weights: (shape) =>
    decoderTensors(shape, {
      ...blockTensors(shape),
      "self_attn.q_norm.weight": [shape.headDim],
      "self_attn.k_norm.weight": [shape.headDim],
    }),
  addBlock: preNormBlock(headNormedSelfAttention),
};
