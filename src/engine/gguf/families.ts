import type { JsonObject } from "../../util/json.ts";
import type { Metadata } from "./metadata.ts";

/** How llama.cpp keeps a model family, and what Hugging Face calls the same. Source: llama.cpp's convert_hf_to_gguf.py. */
export interface Family {
  /** As config.json's `architectures` and `model_type` have it. */
  readonly architecture: string;
  readonly modelType: string;
  /** The names within a block that differ from those of all families. */
  readonly blockNames: Readonly<Record<string, string>>;
  /** The rows of q and k lie as llama.cpp's rotary embedding wants them: pairs side by side, not half a head apart. */
  readonly interleavedHeads: boolean;
  /** The norms' weights are 1 more than the checkpoint's. */
  readonly normsPlusOne: boolean;
  /** Fields of config.json that only this family has. */
  readonly config: (metadata: Metadata) => JsonObject;
}

const PLAIN = { blockNames: {}, interleavedHeads: false, normsPlusOne: false, config: () => ({ hidden_act: "silu" }) };

/** By general.architecture. Mistral's and others' files say llama, too. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  llama: { ...PLAIN, architecture: "LlamaForCausalLM", modelType: "llama", interleavedHeads: true },
  qwen2: { ...PLAIN, architecture: "Qwen2ForCausalLM", modelType: "qwen2" },
  qwen3: { ...PLAIN, architecture: "Qwen3ForCausalLM", modelType: "qwen3" },
  gemma2: {
    architecture: "Gemma2ForCausalLM",
    modelType: "gemma2",
    blockNames: {
      post_attention_norm: "post_attention_layernorm",
      ffn_norm: "pre_feedforward_layernorm",
      post_ffw_norm: "post_feedforward_layernorm",
    },
    interleavedHeads: false,
    normsPlusOne: true,
    config: (metadata) => ({
      hidden_activation: "gelu_pytorch_tanh",
      attn_logit_softcapping: metadata.size("attn_logit_softcapping"),
      final_logit_softcapping: metadata.size("final_logit_softcapping"),
      sliding_window: metadata.size("attention.sliding_window"),
      // No file says it: llama.cpp, too, knows the 27B model, which alone is scaled by another number, by its depth.
      query_pre_attn_scalar:
        metadata.size("block_count") === 46
          ? metadata.size("embedding_length") / metadata.size("attention.head_count")
          : metadata.size("attention.key_length"),
    }),
  },
};

const TOP_NAMES: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};

const BLOCK_NAMES: Readonly<Record<string, string>> = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

/** `blk.3.attn_q.weight` → `model.layers.3.self_attn.q_proj.weight`; undefined for a tensor that the family has not. */
export function checkpointName(name: string, { blockNames }: Family): string | undefined {
  const [, block, part = "", kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  if (block === undefined) return Object.hasOwn(TOP_NAMES, part) ? `${TOP_NAMES[part]}.${kind}` : undefined;
  const names: Readonly<Record<string, string>> = { ...BLOCK_NAMES, ...blockNames };
  return Object.hasOwn(names, part) ? `model.layers.${block}.${names[part]}.${kind}` : undefined;
}
