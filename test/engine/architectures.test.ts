import { describe, expect, it } from "vitest";
import { findArchitecture } from "../../src/engine/architectures/index.ts";
import { ropeFrequencies } from "../../src/engine/architectures/rope.ts";
import type { DecoderShape } from "../../src/engine/architectures/types.ts";
import { ModelConfig } from "../../src/engine/weights/config.ts";

/** The fields that the engine reads, as the published config.json has them. */
const PUBLISHED = {
  "SmolLM2-135M": {
    architectures: ["LlamaForCausalLM"],
    hidden_act: "silu",
    hidden_size: 576,
    intermediate_size: 1536,
    num_attention_heads: 9,
    num_hidden_layers: 30,
    num_key_value_heads: 3,
    vocab_size: 49152,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    rope_scaling: null,
    rope_theta: 100000,
    rope_interleaved: false,
    tie_word_embeddings: true,
    attention_bias: false,
  },
  "Mistral-7B-v0.1": {
    architectures: ["MistralForCausalLM"],
    hidden_act: "silu",
    hidden_size: 4096,
    intermediate_size: 14336,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    vocab_size: 32000,
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    sliding_window: 4096,
    tie_word_embeddings: false,
  },
  "Qwen2.5-7B": {
    architectures: ["Qwen2ForCausalLM"],
    hidden_act: "silu",
    hidden_size: 3584,
    intermediate_size: 18944,
    num_attention_heads: 28,
    num_hidden_layers: 28,
    num_key_value_heads: 4,
    vocab_size: 152064,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-6,
    rope_theta: 1000000,
    sliding_window: 131072,
    use_sliding_window: false,
    max_window_layers: 28,
    tie_word_embeddings: false,
  },
  "Qwen3-8B": {
    architectures: ["Qwen3ForCausalLM"],
    hidden_act: "silu",
    hidden_size: 4096,
    intermediate_size: 12288,
    num_attention_heads: 32,
    num_hidden_layers: 36,
    num_key_value_heads: 8,
    vocab_size: 151936,
    head_dim: 128,
    max_position_embeddings: 40960,
    rms_norm_eps: 1e-6,
    rope_theta: 1000000,
    rope_scaling: null,
    sliding_window: null,
    use_sliding_window: false,
    max_window_layers: 36,
    tie_word_embeddings: false,
  },
  "gemma-2-9b": {
    architectures: ["Gemma2ForCausalLM"],
    hidden_size: 3584,
    intermediate_size: 14336,
    head_dim: 256,
    hidden_act: "gelu_pytorch_tanh",
    hidden_activation: "gelu_pytorch_tanh",
    attention_bias: false,
    num_attention_heads: 16,
    num_hidden_layers: 42,
    num_key_value_heads: 8,
    vocab_size: 256000,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
  },
} as const;

function shapeOf(name: keyof typeof PUBLISHED, changes: Readonly<Record<string, unknown>> = {}): DecoderShape {
  const config = new ModelConfig({ ...PUBLISHED[name], ...changes }, "config.json");
  return findArchitecture(config).readShape(config);
}

const repeat = <T>(value: T, count: number): T[] => Array.from({ length: count }, () => value);

describe("a published config", () => {
  it.each([
    ["SmolLM2-135M", { headDim: 64, kvHeads: 3, tiedHead: true }],
    ["Mistral-7B-v0.1", { headDim: 128, kvHeads: 8, tiedHead: false }],
    ["Qwen2.5-7B", { headDim: 128, kvHeads: 4, tiedHead: false }],
    ["Qwen3-8B", { headDim: 128, kvHeads: 8, tiedHead: false }],
  ] as const)("of %s is a shape without Gemma's traits", (name, expected) => {
    const plain = { normOffset: 0, embeddingScale: 1, attentionSoftcap: undefined, finalSoftcap: undefined };
    const scale = expected.headDim ** -0.5;
    expect(shapeOf(name)).toMatchObject({ ...expected, ...plain, attentionScale: scale });
  });

  it("of Gemma 2 says tied head, softcaps, scales and a window in every other layer, the first among them", () => {
    const shape = shapeOf("gemma-2-9b");
    expect(shape).toMatchObject({ headDim: 256, tiedHead: true, normOffset: 1, embeddingScale: Math.sqrt(3584) });
    expect(shape).toMatchObject({ attentionScale: 1 / 16, attentionSoftcap: 50, finalSoftcap: 30 });
    expect(shape.windows.slice(0, 4)).toEqual([4096, undefined, 4096, undefined]);
  });

  it("of Gemma 2 27B scales attention by another number than the size of a head", () => {
    const shape = shapeOf("gemma-2-9b", { head_dim: 128, query_pre_attn_scalar: 144 });
    expect(shape.attentionScale).toBe(1 / 12);
  });

  it("may say that there is no softcap, and has Gemma's where it says nothing", () => {
    const none = { attn_logit_softcapping: null, final_logit_softcapping: null };
    expect(shapeOf("gemma-2-9b", none)).toMatchObject({ attentionSoftcap: undefined, finalSoftcap: undefined });
    const silent = { attn_logit_softcapping: undefined, final_logit_softcapping: undefined };
    expect(shapeOf("gemma-2-9b", silent)).toMatchObject({ attentionSoftcap: 50, finalSoftcap: 30 });
  });
});

describe("windows", () => {
  it("of Mistral: in every layer, 4096 where nothing is said, and none where null is", () => {
    expect(shapeOf("Mistral-7B-v0.1").windows).toEqual(repeat(4096, 32));
    expect(shapeOf("Mistral-7B-v0.1", { sliding_window: undefined }).windows).toEqual(repeat(4096, 32));
    expect(shapeOf("Mistral-7B-v0.1", { sliding_window: null }).windows).toEqual(repeat(undefined, 32));
  });

  it("of Qwen: none unless they are asked for, then from a layer on", () => {
    expect(shapeOf("Qwen2.5-7B").windows).toEqual(repeat(undefined, 28));
    expect(shapeOf("Qwen3-8B").windows).toEqual(repeat(undefined, 36));
    const some = { use_sliding_window: true, sliding_window: 512, max_window_layers: 30 };
    expect(shapeOf("Qwen3-8B", some).windows).toEqual([...repeat(undefined, 30), ...repeat(512, 6)]);
  });

  it("are where layer_types says", () => {
    const types = [...repeat("full_attention", 41), "sliding_attention"];
    expect(shapeOf("gemma-2-9b", { layer_types: types }).windows).toEqual([...repeat(undefined, 41), 4096]);
  });
});

describe("rotary frequencies", () => {
  const frequencies = (fields: Readonly<Record<string, unknown>>): number[] => [
    ...ropeFrequencies(new ModelConfig(fields, "config.json"), 4),
  ];

  it("are divided by the factor of linear scaling", () => {
    expect(frequencies({ rope_theta: 10_000 })).toEqual([1, Math.fround(0.01)]);
    const scaled = [0.25, Math.fround(0.0025)];
    expect(frequencies({ rope_theta: 10_000, rope_scaling: { type: "linear", factor: 4 } })).toEqual(scaled);
    expect(frequencies({ rope_parameters: { rope_type: "linear", rope_theta: 10_000, factor: 4 } })).toEqual(scaled);
  });
});
