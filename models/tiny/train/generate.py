"""Batched generation with steering, for training data and the trial. Left-padded."""

import torch

from loop import DEVICE


def steer_hooks(model, layers: torch.Tensor, delta: torch.Tensor) -> list:
    """Hooks that add row i's delta [B, hidden] to the output of block layers[i] at every token."""
    def hook(index):
        mine = torch.where((layers == index)[:, None], delta, 0.0).to(DEVICE)[:, None]
        def add(_, __, out):
            return (out[0] + mine, *out[1:]) if isinstance(out, tuple) else out + mine
        return add
    return [model.model.layers[i].register_forward_hook(hook(i)) for i in layers.unique().tolist()]


@torch.no_grad()
def generate(model, tokenizer, prompts: list[list[int]], new: int, steer=None, temperature: float = 0.0, seed: int = 0):
    """steer: (layers [B], delta [B, hidden]). Returns [(ids without the end token, ended)]."""
    torch.manual_seed(seed)
    stop = {tokenizer.convert_tokens_to_ids(t) for t in ("<|end|>", "<|endoftext|>")}
    pad = tokenizer.pad_token_id
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=DEVICE)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=DEVICE)
    hooks = steer_hooks(model, *steer) if steer is not None else []
    try:
        sampling = {"temperature": temperature, "top_p": 1.0, "top_k": 0} if temperature else {}
        out = model.generate(ids, attention_mask=mask, max_new_tokens=new, do_sample=temperature > 0,
                             eos_token_id=list(stop), pad_token_id=pad, **sampling)
    finally:
        for hook in hooks:
            hook.remove()
    results = []
    for row in out[:, width:].tolist():
        end = next((i for i, token in enumerate(row) if token in stop), None)
        results.append((row[:end], end is not None))
    return results


def chat_ids(tokenizer, question: str, system: str | None = None) -> list[int]:
    messages = [{"role": "system", "content": system}] if system else []
    text = tokenizer.apply_chat_template([*messages, {"role": "user", "content": question}], tokenize=False, add_generation_prompt=True)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def chat_many(tokenizer, questions: list[str]) -> list[list[int]]:
    """chat_ids of each question; the template is rendered once."""
    shell = tokenizer.apply_chat_template([{"role": "user", "content": "\0"}], tokenize=False, add_generation_prompt=True)
    head, tail = shell.split("\0")
    return tokenizer([head + q + tail for q in questions], add_special_tokens=False)["input_ids"]
