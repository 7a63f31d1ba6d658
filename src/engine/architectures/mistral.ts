import { preNormBlock, selfAttention } from "./blocks.ts";
import { readShape, requireActivation } from "./shape.ts";
import { blockTensors, decoderTensors, TENSORS } from "./tensors.ts";
import type { Architecture } from "./types.ts";
import { windowsByLayer } from "./windows.ts";

/** Mistral 7B (Jiang et al. 2023), as transformers' modeling_mistral.py has it: Llama with a window in every layer, or none. */
export const mistral: Architecture = {
  name: "MistralForCausalLM",
  ...TENSORS,
  readShape(config) {
    requireActivation(config, "hidden_act", "silu");
    const shape = readShape(config);
    const window = config.optionalCount("sliding_window", 4096);
    return { ...shape, windows: windowsByLayer(config, shape.layers, window, () => window !== undefined) };
  },
  weights: (shape) => decoderTensors(shape, blockTensors(shape)),
  addBlock: preNormBlock(selfAttention),
};
