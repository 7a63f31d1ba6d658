import type { ModelConfig } from "../weights/config.ts";
import { addNorm, gatedMlp, selfAttention } from "./blocks.ts";
import { ropeFrequencies } from "./rope.ts";
import type { Architecture, BlockContext, BlockOutput, DecoderShape, Stream, WeightShape } from "./types.ts";

const EMBEDDING = "model.embed_tokens.weight";
const FINAL_NORM = "model.norm.weight";
const HEAD = "lm_head.weight";

/** Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024), as transformers' modeling_llama.py has it. */
export const llama: Architecture = {
  name: "LlamaForCausalLM",
  embedding: EMBEDDING,
  finalNorm: FINAL_NORM,
  head: HEAD,
  readShape,
  weights,
  addBlock,
};

function readShape(config: ModelConfig): DecoderShape {
  for (const name of ["attention_bias", "mlp_bias"]) {
    if (config.flag(name)) throw config.unsupported(`"${name}" is true: linear layers with a bias are not supported.`);
  }
  if (config.has("quantization_config")) throw config.unsupported("the weights are quantized.");
  const activation = config.text("hidden_act", "silu");
  if (activation !== "silu") throw config.unsupported(`the activation "${activation}" is not supported (silu).`);
  const hiddenSize = config.count("hidden_size");
  const heads = config.count("num_attention_heads");
  const kvHeads = config.count("num_key_value_heads", heads);
  const headDim = config.count("head_dim", hiddenSize / heads);
  if (heads % kvHeads !== 0) throw config.unsupported(`${heads} heads cannot share ${kvHeads} key/value heads evenly.`);
  // ONNX Runtime's GroupQueryAttention on CPU refuses others.
  if (headDim % 16 !== 0)
    throw config.unsupported(`heads of ${headDim} dimensions are not supported (multiples of 16).`);
  return {
    layers: config.count("num_hidden_layers"),
    hiddenSize,
    intermediateSize: config.count("intermediate_size"),
    heads,
    kvHeads,
    headDim,
    vocabSize: config.count("vocab_size"),
    maxPositions: config.count("max_position_embeddings", 2048),
    epsilon: config.number("rms_norm_eps", 1e-6),
    tiedHead: config.flag("tie_word_embeddings"),
    ropeFrequencies: ropeFrequencies(config, headDim),
  };
}

function weights(shape: DecoderShape): WeightShape[] {
  const { hiddenSize, intermediateSize, vocabSize, heads, kvHeads, headDim } = shape;
  const all: WeightShape[] = [
    { name: EMBEDDING, shape: [vocabSize, hiddenSize] },
    { name: FINAL_NORM, shape: [hiddenSize] },
  ];
  if (!shape.tiedHead) all.push({ name: HEAD, shape: [vocabSize, hiddenSize] });
  for (let layer = 0; layer < shape.layers; layer++) {
    const block: Readonly<Record<string, readonly number[]>> = {
      input_layernorm: [hiddenSize],
      "self_attn.q_proj": [heads * headDim, hiddenSize],
      "self_attn.k_proj": [kvHeads * headDim, hiddenSize],
      "self_attn.v_proj": [kvHeads * headDim, hiddenSize],
      "self_attn.o_proj": [hiddenSize, heads * headDim],
      post_attention_layernorm: [hiddenSize],
      "mlp.gate_proj": [intermediateSize, hiddenSize],
      "mlp.up_proj": [intermediateSize, hiddenSize],
      "mlp.down_proj": [hiddenSize, intermediateSize],
    };
    for (const [name, dimensions] of Object.entries(block)) {
      all.push({ name: `model.layers.${layer}.${name}.weight`, shape: dimensions });
    }
  }
  return all;
}

function addBlock(context: BlockContext, layer: number, stream: Stream): BlockOutput {
  const block = `model.layers.${layer}`;
  const first = addNorm(context, stream, `${block}.input_layernorm.weight`, `${block}.attention_input`);
  const attended = selfAttention(context, layer, first.normed, `${block}.self_attn`);
  const middle: Stream = { sum: first.sum, delta: attended };
  const second = addNorm(context, middle, `${block}.post_attention_layernorm.weight`, `${block}.mlp_input`);
  const delta = gatedMlp(context, second.normed, `${block}.mlp`);
  return { before: first.sum, after: { sum: second.sum, delta } };
}
