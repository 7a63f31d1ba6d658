import { preNormBlock, selfAttention } from "./blocks.ts";
import { readShape, refuseBias, requireActivation } from "./shape.ts";
import { blockTensors, decoderTensors, TENSORS } from "./tensors.ts";
import type { Architecture } from "./types.ts";

/**
 * Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024), as transformers' modeling_llama.py has it. SmolLM2 is one
 * too.
 */
export const llama: Architecture = {
  name: "LlamaForCausalLM",
  ...TENSORS,
  readShape(config) {
    refuseBias(config, "attention_bias", "mlp_bias");
    requireActivation(config, "hidden_act", "silu");
    return readShape(config);
  },
  weights: (shape) => decoderTensors(shape, blockTensors(shape)),
  addBlock: preNormBlock(selfAttention),
};
