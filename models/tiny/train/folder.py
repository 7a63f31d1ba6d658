"""The Hugging Face layout on disk, kept readable by older and newer readers alike."""

import json
from pathlib import Path

import torch
from transformers import GenerationConfig, LlamaForCausalLM

import tokenizer as tok
from loop import DEVICE


def save(model, tokenizer, folder: Path) -> None:
    """bf16 weights, the tokenizer with its chat template inside tokenizer_config.json, and both ends of text."""
    model.to(torch.bfloat16).save_pretrained(folder)
    stop = [tokenizer.convert_tokens_to_ids(t) for t in (tok.END, tok.EOT)]
    GenerationConfig(bos_token_id=tokenizer.bos_token_id, eos_token_id=stop, pad_token_id=tokenizer.pad_token_id).save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    # transformers 5 nests the RoPE base; readers of the older layout look for it at the top.
    rewrite(folder / "config.json", lambda c: c.update(rope_theta=c["rope_parameters"]["rope_theta"]))


def save_tokenizer(tokenizer, folder: Path) -> None:
    tokenizer.save_pretrained(folder, save_jinja_files=False)
    def portable(content):
        # transformers 5 names its own backend class, which version 4 does not know, and notes how it was loaded.
        content["tokenizer_class"] = "PreTrainedTokenizerFast"
        for key in ("backend", "is_local", "local_files_only"):
            content.pop(key, None)
    rewrite(folder / "tokenizer_config.json", portable)


def rewrite(path: Path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    for file in path.parent.iterdir():
        file.chmod(0o644)


def load(folder: Path) -> LlamaForCausalLM:
    """The saved bf16 weights, computed in fp32, as the product does on a CPU."""
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).to(DEVICE).eval()
