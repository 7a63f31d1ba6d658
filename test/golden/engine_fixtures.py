"""What the tiny checkpoints are: their sizes, and the fields of config.json that their families' published ones have."""

import torch
from transformers import Gemma2Config, MistralConfig, Qwen2Config, Qwen3Config

from engine_tokenizers import DEFAULT_SYSTEM, THINKING, gemma, mistral, qwen, smollm2

LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
DROPPED = object()


def theta(base: float) -> dict:
    return {"rope_type": "default", "rope_theta": base}


def before_transformers_5(base: float, **fields) -> dict:
    return dict(rope_parameters=DROPPED, rope_theta=base, layer_types=DROPPED, dtype=DROPPED, torch_dtype="bfloat16",
                transformers_version="4.43.1", **fields)


# Windows are shorter than most of the texts. Of `chats`, those that the family's template takes.
FIXTURE_SETTINGS = {
    "tied-bf16": dict(seed=1),
    "llama3-untied-sharded": dict(seed=2, dtype=torch.float32, shard="64KB", tie_word_embeddings=False,
                                  rope_parameters=LLAMA3, num_hidden_layers=2),
    "half-mha": dict(seed=3, dtype=torch.float16, num_key_value_heads=4, num_hidden_layers=2),
    "smollm2": dict(seed=5, tokenizer=smollm2, stop=[2], vectors=0.3, hidden_size=48, intermediate_size=128,
                    num_attention_heads=3, num_key_value_heads=1, bos_token_id=1, eos_token_id=2, pad_token_id=2,
                    rope_parameters=theta(130000.0),
                    published=before_transformers_5(130000, head_dim=DROPPED, rope_scaling=None, rope_interleaved=False,
                                                    is_llama_config=True, mlp_bias=DROPPED)),
    "mistral": dict(seed=6, config=MistralConfig, tokenizer=mistral, chats=[0, 2], stop=[2], vectors=0.3, vocab_size=400,
                    tie_word_embeddings=False, bos_token_id=1, pad_token_id=None, sliding_window=12,
                    published=before_transformers_5(10000.0, head_dim=DROPPED), num_attention_heads=2, num_key_value_heads=1),
    "qwen2": dict(seed=4, config=Qwen2Config, tokenizer=qwen(DEFAULT_SYSTEM), stop=[2, 0], vectors=0.3,
                  num_attention_heads=2, num_key_value_heads=1, bos_token_id=0, pad_token_id=0,
                  rope_parameters=theta(1000000.0),
                  published=before_transformers_5(1000000.0, head_dim=DROPPED, use_sliding_window=False, sliding_window=8,
                                                  max_window_layers=1)),
    "qwen3": dict(seed=7, config=Qwen3Config, tokenizer=qwen(THINKING), stop=[2, 0], vectors=0.3, num_attention_heads=2,
                  num_key_value_heads=1, head_dim=32, bos_token_id=0, pad_token_id=0, rms_norm_eps=1e-6,
                  rope_parameters=theta(1000000.0),
                  published=before_transformers_5(1000000, rope_scaling=None, use_sliding_window=False,
                                                  sliding_window=None, max_window_layers=3, attention_bias=False)),
    # The scalar is not the size of a head, and the softcaps are low enough to bend most numbers.
    "gemma2": dict(seed=8, config=Gemma2Config, tokenizer=gemma, chats=[0, 2], stop=[1, 5], vectors=0.3, vocab_size=400,
                   num_attention_heads=2, num_key_value_heads=1, head_dim=32, query_pre_attn_scalar=24, sliding_window=8,
                   attn_logit_softcapping=3.0, final_logit_softcapping=8.0, rms_norm_eps=1e-6, bos_token_id=2,
                   eos_token_id=1, pad_token_id=0,
                   published=before_transformers_5(10000.0, hidden_act="gelu_pytorch_tanh",
                                                   tie_word_embeddings=DROPPED, cache_implementation="hybrid")),
}
