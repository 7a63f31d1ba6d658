import type { JsonObject } from "../../util/json.ts";
import { FAMILIES, type Family } from "./families.ts";
import { GgufError, type GgufHeader } from "./format.ts";
import { Metadata } from "./metadata.ts";

/** Throws GgufError. */
export function familyOf({ architecture }: Metadata): Family {
  const family = Object.hasOwn(FAMILIES, architecture) ? FAMILIES[architecture] : undefined;
  if (family !== undefined) return family;
  const known = Object.keys(FAMILIES).join(", ");
  throw new GgufError(`its architecture ${architecture} is not one of those read: ${known}`, "unsupported");
}

/** The config.json of a GGUF file. `ropeFactors`: its tensor rope_freqs.weight. Throws GgufError. */
export function configJson(
  { tensors }: GgufHeader,
  metadata: Metadata,
  family: Family,
  ropeFactors: Float32Array | undefined,
): JsonObject {
  const heads = metadata.size("attention.head_count");
  const hiddenSize = metadata.size("embedding_length");
  const headDim = metadata.optionalSize("attention.key_length") ?? hiddenSize / heads;
  const theta = metadata.optionalSize("rope.freq_base") ?? 10_000;
  const rotated = metadata.optionalSize("rope.dimension_count") ?? headDim;
  if (rotated !== headDim) {
    throw new GgufError(`${rotated} of a head's ${headDim} dimensions are rotated, not all`, "unsupported");
  }
  const scaling = ropeScaling(metadata, headDim, theta, ropeFactors);
  return {
    architectures: [family.architecture],
    model_type: family.modelType,
    hidden_size: hiddenSize,
    intermediate_size: metadata.size("feed_forward_length"),
    num_hidden_layers: metadata.size("block_count"),
    num_attention_heads: heads,
    num_key_value_heads: metadata.optionalSize("attention.head_count_kv") ?? heads,
    head_dim: headDim,
    vocab_size: tensors.get("token_embd.weight")?.shape[0] ?? metadata.size("vocab_size"),
    max_position_embeddings: metadata.size("context_length"),
    rms_norm_eps: metadata.size("attention.layer_norm_rms_epsilon"),
    rope_theta: theta,
    ...(scaling === undefined ? {} : { rope_scaling: scaling }),
    tie_word_embeddings: !tensors.has("output.weight"),
    ...tokenIds(metadata),
    ...family.config(metadata),
  };
}

/** generation_config.json: where a text begins, and every token that ends one. */
export function generationConfigJson(metadata: Metadata): JsonObject {
  const { bos_token_id: bos, eos_token_id: eos } = tokenIds(metadata);
  const ends = [eos, metadata.tokenId("eot"), metadata.tokenId("eom")].filter((id) => id !== undefined);
  return { ...(bos === undefined ? {} : { bos_token_id: bos }), eos_token_id: [...new Set(ends)] };
}

function tokenIds(metadata: Metadata): { readonly bos_token_id?: number; readonly eos_token_id?: number } {
  const [bos, eos] = [metadata.tokenId("bos"), metadata.tokenId("eos")];
  return { ...(bos === undefined ? {} : { bos_token_id: bos }), ...(eos === undefined ? {} : { eos_token_id: eos }) };
}

function ropeScaling(
  metadata: Metadata,
  headDim: number,
  theta: number,
  factors: Float32Array | undefined,
): JsonObject | undefined {
  if (factors?.some((factor) => factor !== 1) === true) return llama3Scaling(headDim, theta, factors);
  const type = metadata.get(`${metadata.architecture}.rope.scaling.type`);
  // Whether it is one that can be computed, the architecture says.
  if (typeof type !== "string" || type === "none") return undefined;
  return { rope_type: type, factor: metadata.optionalSize("rope.scaling.factor") ?? 1 };
}

/** What every Llama 3.1, 3.2 and 3.3 has; only the factor differs. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 } as const;
const SAME = 1e-3;

/**
 * llama.cpp keeps Llama 3's scaling as what it divides each frequency by, not as its parameters: they are found again, and
 * held to the tensor. Source of the formula: convert_hf_to_gguf.py, LlamaModel.generate_extra_tensors.
 */
function llama3Scaling(headDim: number, theta: number, factors: Float32Array): JsonObject {
  const factor = Math.max(...factors);
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = LLAMA3;
  const isLlama3 =
    factors.length === headDim / 2 &&
    factors.every((found, index) => {
      const turns = (original * theta ** ((-2 * index) / headDim)) / (2 * Math.PI);
      const smooth = Math.min(Math.max((turns - low) / (high - low), 0), 1);
      return Math.abs(found * ((1 - smooth) / factor + smooth) - 1) < SAME;
    });
  if (!isLlama3) {
    throw new GgufError('the tensor "rope_freqs.weight" scales positions in another way than Llama 3', "unsupported");
  }
  return { rope_type: "llama3", factor, ...LLAMA3 };
}
