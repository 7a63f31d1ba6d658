import { biasedSelfAttention, preNormBlock } from "./blocks.ts";
import { readShape, requireActivation } from "./shape.ts";
import { blockTensors, decoderTensors, TENSORS } from "./tensors.ts";
import type { Architecture } from "./types.ts";
import { qwenWindows } from "./windows.ts";

/**
 * Qwen 2 and 2.5 (Yang et al. 2024), as transformers' modeling_qwen2.py has it: Llama whose queries, keys and values have
 * a bias.
 */
export const qwen2: Architecture = {
  name: "Qwen2ForCausalLM",
  ...TENSORS,
  readShape(config) {
    requireActivation(config, "hidden_act", "silu");
    const shape = readShape(config);
    return { ...shape, windows: qwenWindows(config, shape.layers) };
  },
  weights(shape) {
    const { heads, kvHeads, headDim } = shape;
    return decoderTensors(shape, {
      ...blockTensors(shape),
      "self_attn.q_proj.bias": [heads * headDim],
      "self_attn.k_proj.bias": [kvHeads * headDim],
      "self_attn.v_proj.bias": [kvHeads * headDim],
    });
  },
  addBlock: preNormBlock(biasedSelfAttention),
};
