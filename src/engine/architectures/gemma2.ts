import { addNorm, gatedMlp, norm, selfAttention, tanhGelu } from "./blocks.ts";
import { readShape, refuseBias, requireActivation } from "./shape.ts";
import { blockTensors, decoderTensors, TENSORS } from "./tensors.ts";
import type { Architecture, BlockContext, BlockOutput, Stream } from "./types.ts";
import { windowsByLayer } from "./windows.ts";

/**
 * Gemma 2 (Gemma Team 2024), as transformers' modeling_gemma2.py has it: norms before and after both halves of a block,
 * softcaps, and a window in every other layer.
 */
export const gemma2: Architecture = {
  name: "Gemma2ForCausalLM",
  ...TENSORS,
  readShape(config) {
    refuseBias(config, "attention_bias");
    requireActivation(config, "hidden_activation", "gelu_pytorch_tanh");
    if (config.flag("use_bidirectional_attention")) throw config.unsupported("its attention sees what comes after.");
    const shape = readShape(config, { headDim: 256, tiedHead: true });
    const window = config.optionalCount("sliding_window", 4096);
    return {
      ...shape,
      normOffset: 1,
      embeddingScale: Math.sqrt(shape.hiddenSize),
      attentionScale: config.number("query_pre_attn_scalar", 256) ** -0.5,
      attentionSoftcap: config.optionalNumber("attn_logit_softcapping", 50),
      finalSoftcap: config.optionalNumber("final_logit_softcapping", 30),
      windows: windowsByLayer(config, shape.layers, window, (layer) => layer % 2 === 0),
    };
  },
  weights: (shape) =>
    decoderTensors(shape, {
      ...blockTensors(shape),
      "pre_feedforward_layernorm.weight": [shape.hiddenSize],
      "post_feedforward_layernorm.weight": [shape.hiddenSize],
    }),
  outputNorms: { o_proj: "post_attention_layernorm.weight", down_proj: "post_feedforward_layernorm.weight" },
  addBlock,
};

function addBlock(context: BlockContext, layer: number, stream: Stream): BlockOutput {
  const block = `model.layers.${layer}`;
  const first = addNorm(context, stream, `${block}.input_layernorm.weight`, `${block}.attention_input`);
  const attended = selfAttention(context, layer, first.normed, `${block}.self_attn`);
  const middle: Stream = {
    sum: first.sum,
    delta: norm(context, attended, `${block}.post_attention_layernorm.weight`, `${block}.attention_output`),
  };
  const second = addNorm(context, middle, `${block}.pre_feedforward_layernorm.weight`, `${block}.mlp_input`);
  const gated = gatedMlp(context, second.normed, `${block}.mlp`, tanhGelu);
  const delta = norm(context, gated, `${block}.post_feedforward_layernorm.weight`, `${block}.mlp_output`);
  return { before: first.sum, after: { sum: second.sum, delta } };
}
