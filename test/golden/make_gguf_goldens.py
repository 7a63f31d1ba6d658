"""Writes small GGUF files, and what gguf and transformers (fp32, CPU) make of them.

    python test/golden/make_gguf_goldens.py

Rerunnable: fixed seeds. Needs torch, transformers, accelerate, tokenizers, gguf.
"""

import base64
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, Gemma2ForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures" / "gguf"
T = gguf.GGMLQuantizationType
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
USER = ["<tool>"]
MERGES = ["Ġ t", "h e", "i n", "Ġt he", "Ġ Ġ", "1 2", "12 3", "l l", "Ċ Ċ", "e r", "' t", "Ġ a", "Ġa n", "Ġan d", "q u"]
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXTS = [
    "the quick inn and then the hall", "In 12345 we don't WE'LL", "two  spaces   three\n\nlines \n", "Zürich 日本語 🙂!", "é",
    "<|im_start|>user\nthe <tool> 7<|im_end|>", " the", "tabs\tand\r\nreturns", "x = [1,23]; // 456", "",
]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace("{1,3}", "")


def vocabulary() -> list[str]:
    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    return SPECIAL + USER + bytes_ + [merge.replace(" ", "") for merge in MERGES]


def sha256(array) -> str:
    return hashlib.sha256(np.ascontiguousarray(array, dtype=np.float32).tobytes()).hexdigest()


def b64(array) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def blocks() -> dict:
    """Random blocks, with scales of every kind: negative, zero, subnormal, the largest."""
    random = np.random.default_rng(1)
    scales = np.array([1, -1, 0, -0.0, 6e-8, 3e-5, 65504, -0.3333], dtype=np.float16)
    made = {}
    for kind, size, halves in ((T.Q4_0, 18, 1), (T.Q4_1, 20, 2), (T.Q8_0, 34, 1)):
        raw = random.integers(0, 256, (len(scales), size), dtype=np.uint8)
        for half in range(halves):
            raw[:, 2 * half : 2 * half + 2] = np.roll(scales, 3 * half).view(np.uint8).reshape(-1, 2)
        made[kind.name] = {"bytes": b64(raw), "numbers": b64(dequantize(raw, kind))}
    return made


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    """As llama.cpp's convert_hf_to_gguf.py, LlamaModel.permute."""
    rows = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return rows.swapaxes(1, 2).reshape(weights.shape)


def norm_noise(name: str, shape) -> np.ndarray:
    return 0.1 * np.random.default_rng(sum(name.encode())).standard_normal(shape).astype(np.float32)


def write_model(arch: str, model, kinds: dict, norms_plus: int = 0) -> dict:
    """A model as llama.cpp keeps it, `kinds` by the tensor's part of the name, and what transformers makes of the file."""
    config = model.config
    path = FIXTURES / f"{arch}.gguf"
    writer = gguf.GGUFWriter(path, arch)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if arch == "llama":
        writer.add_rope_dimension_count(config.head_dim)
    else:
        writer.add_key_length(config.head_dim if hasattr(config, "head_dim") else config.hidden_size // config.num_attention_heads)
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
        writer.add_sliding_window(config.sliding_window)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm" if arch == "llama" else "qwen2")
    tokens = vocabulary()
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [4] * len(USER) + [1] * (len(tokens) - len(SPECIAL) - len(USER)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_chat_template(CHAT_TEMPLATE)
    names = gguf.get_tensor_name_map({v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}[arch], config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        tensor = tensor.float().numpy()
        stem, suffix = name.rsplit(".", 1)
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        base = names.get_name(stem)
        if arch == "llama" and (".q_proj" in name or ".k_proj" in name):
            tensor = permute(tensor, config.num_attention_heads if ".q_proj" in name else config.num_key_value_heads)
        if "norm" in name:
            tensor = tensor + norm_noise(name, tensor.shape) + np.float32(norms_plus)
        kind = kinds.get(base.split(".")[-1], T.F32) if suffix == "weight" else T.F32
        writer.add_tensor(f"{base}.{suffix}", quantize(np.ascontiguousarray(tensor, dtype=np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # transformers does not read every size that is in the file; the query's scale is in none, and llama.cpp knows it.
    changes = {name: getattr(config, name) for name in ("head_dim", "query_pre_attn_scalar", "sliding_window") if hasattr(config, name)}
    loaded = AutoModelForCausalLM.from_pretrained(FIXTURES, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager", **changes)
    ids = [1, 30, 200, 7, 263, 264, 90]
    with torch.no_grad():
        logits = loaded(torch.tensor([ids])).logits[0, -1]
    tied = loaded.config.tie_word_embeddings
    return {
        "tensors": {name: sha256(tensor.numpy()) for name, tensor in loaded.state_dict().items() if not (tied and name == "lm_head.weight")},
        "ids": ids,
        "probabilities": [float(f"{p:.7g}") for p in logits.double().softmax(-1).tolist()],
    }


def random_model(kind, seed: int, **changes):
    settings = dict(
        vocab_size=len(vocabulary()), hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, rms_norm_eps=1e-5, tie_word_embeddings=True, initializer_range=0.2,
        rope_parameters={"rope_type": "default", "rope_theta": 50000.0})
    torch.manual_seed(seed)
    model = kind(kind.config_class(**(settings | changes)))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.3)
    return model


def write_models() -> dict:
    """Every type that is read is somewhere in Llama's."""
    every = {"attn_q": T.Q8_0, "attn_k": T.Q4_0, "attn_v": T.Q4_1, "attn_output": T.F16, "ffn_gate": T.BF16,
             "ffn_up": T.Q4_0, "ffn_down": T.Q4_1, "token_embd": T.Q8_0, "output": T.F16}
    halves = {part: T.Q8_0 for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "token_embd")}
    return {
        "llama": write_model("llama", random_model(LlamaForCausalLM, 7, tie_word_embeddings=False), every),
        "qwen2": write_model("qwen2", random_model(Qwen2ForCausalLM, 8), halves),
        "qwen3": write_model("qwen3", random_model(Qwen3ForCausalLM, 9, head_dim=32), halves),
        "gemma2": write_model("gemma2", random_model(
            Gemma2ForCausalLM, 10, head_dim=16, sliding_window=4, query_pre_attn_scalar=16), halves, norms_plus=1),
    }


def tokenizers() -> dict:
    """The models' own tokenizer.json files, as their authors wrote them, over one small vocabulary."""
    level = pre_tokenizers.ByteLevel
    split = lambda regex: pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(regex), behavior="isolated"), level(add_prefix_space=False, use_regex=False)])
    kinds = {
        "gpt-2": (level(add_prefix_space=False), None, False, False),
        "smollm": (pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), level(add_prefix_space=False)]), None, False, False),
        "llama-bpe": (split(LLAMA3), None, True, True),
        "qwen2": (split(QWEN2), normalizers.NFC(), False, False),
    }
    tokens = vocabulary()
    made = {}
    for kind, (cut, normalizer, ignore_merges, bos) in kinds.items():
        merges = [tuple(merge.split(" ")) for merge in MERGES]
        tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, merges, ignore_merges=ignore_merges))
        tokenizer.pre_tokenizer = cut
        tokenizer.decoder = decoders.ByteLevel()
        if normalizer:
            tokenizer.normalizer = normalizer
        tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
        tokenizer.add_tokens([AddedToken(token, normalized=False) for token in USER])
        if bos:
            tokenizer.post_processor = processors.TemplateProcessing("<|im_start|> $A", special_tokens=[("<|im_start|>", 1)])
        made[kind] = [tokenizer.encode(text).ids for text in TEXTS]
    return {"tokens": tokens, "merges": MERGES, "texts": TEXTS, "ids": made}


def rope() -> list:
    """What llama.cpp keeps of Llama 3's scaling (generate_extra_tensors), and the frequencies that transformers makes of it."""
    made = []
    for factor, head_dim in ((8.0, 128), (32.0, 64)):
        config = LlamaConfig(hidden_size=head_dim, num_attention_heads=1, head_dim=head_dim, max_position_embeddings=131072,
                             rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": factor, "low_freq_factor": 1.0,
                                              "high_freq_factor": 4.0, "original_max_position_embeddings": 8192})
        scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, None)
        plain = 1.0 / (500000.0 ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim))
        factors = []
        for frequency in plain.tolist():
            length = 2 * np.pi / frequency
            if length < 8192 / 4.0:
                factors.append(1.0)
            elif length > 8192 / 1.0:
                factors.append(factor)
            else:
                smooth = (8192 / length - 1.0) / (4.0 - 1.0)
                factors.append(1 / ((1 - smooth) / factor + smooth))
        made.append({"factor": factor, "head_dim": head_dim, "factors": np.float32(factors).tolist(), "frequencies": scaled.tolist()})
    return made


FIXTURES.mkdir(parents=True, exist_ok=True)
golden = {"blocks": blocks(), "models": write_models(), "chat": "<|im_start|>user\nthe 12<|im_end|>\n<|im_start|>assistant\n", "tokenizers": tokenizers(), "rope": rope()}
(HERE / "gguf.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")
