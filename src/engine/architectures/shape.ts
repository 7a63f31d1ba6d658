import type { ModelConfig } from "../weights/config.ts";
import { ropeFrequencies } from "./rope.ts";
import type { DecoderShape } from "./types.ts";

/**
 * What the families' configs have in common; a family changes what is different. Field names are transformers', and so is
 * what holds when one is missing. Throws EngineFailure `unsupported-model`.
 */
export function readShape(
  config: ModelConfig,
  defaults: { readonly headDim?: number; readonly tiedHead?: boolean } = {},
): DecoderShape {
  if (config.has("quantization_config")) throw config.unsupported("the weights are quantized.");
  const hiddenSize = config.count("hidden_size");
  const heads = config.count("num_attention_heads");
  const kvHeads = config.count("num_key_value_heads", heads);
  const headDim = config.count("head_dim", defaults.headDim ?? hiddenSize / heads);
  if (heads % kvHeads !== 0) throw config.unsupported(`${heads} heads cannot share ${kvHeads} key/value heads evenly.`);
  // ONNX Runtime's GroupQueryAttention on CPU refuses others.
  if (headDim % 16 !== 0)
    throw config.unsupported(`heads of ${headDim} dimensions are not supported (multiples of 16).`);
  const layers = config.count("num_hidden_layers");
  if (layers > MOST_LAYERS || headDim > MOST_HEAD_DIMENSIONS) {
    throw config.unsupported(`${layers} layers with heads of ${headDim} dimensions are more than a model has.`);
  }
  return {
    layers,
    hiddenSize,
    intermediateSize: config.count("intermediate_size"),
    heads,
    kvHeads,
    headDim,
    vocabSize: config.count("vocab_size"),
    maxPositions: config.count("max_position_embeddings", 2048),
    epsilon: config.number("rms_norm_eps", 1e-6),
    normOffset: 0,
    embeddingScale: 1,
    tiedHead: config.flag("tie_word_embeddings", defaults.tiedHead),
    ropeFrequencies: ropeFrequencies(config, headDim),
    attentionScale: headDim ** -0.5,
    attentionSoftcap: undefined,
    windows: Array.from({ length: layers }, () => undefined),
    finalSoftcap: undefined,
  };
}

/** Of a config that is damaged, or hostile: what is made for each of them would fill the memory. */
const MOST_LAYERS = 10_000;
const MOST_HEAD_DIMENSIONS = 65_536;

/** `field` may name `known` only: what the family's block computes. Throws EngineFailure `unsupported-model`. */
export function requireActivation(config: ModelConfig, field: string, known: string): void {
  const activation = config.text(field, known);
  if (activation !== known) throw config.unsupported(`the activation "${activation}" is not supported (${known}).`);
}

/** None of these flags may be true. Throws EngineFailure `unsupported-model`. */
export function refuseBias(config: ModelConfig, ...fields: readonly string[]): void {
  for (const name of fields) {
    if (config.flag(name)) throw config.unsupported(`"${name}" is true: linear layers with a bias are not supported.`);
  }
}
