"""Batched generation with steering, for training data and the trial. fp32, left-padded."""

import torch

from loop import DEVICE


@torch.no_grad()
def generate(model, tokenizer, prompts: list[list[int]], new: int, steer=None, temperature: float = 0.0, seed: int = 0):
    """steer: (layer, [B, hidden]) added to the block's output at every token. Returns [(ids, ended)]."""
    torch.manual_seed(seed)
    stop = {tokenizer.convert_tokens_to_ids(t) for t in ("<|end|>", "<|endoftext|>")}
    pad = tokenizer.pad_token_id
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=DEVICE)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=DEVICE)
    hook = None
    if steer is not None:
        layer, delta = steer
        def add(_, __, out):
            return (out[0] + delta[:, None], *out[1:]) if isinstance(out, tuple) else out + delta[:, None]
        hook = model.model.layers[layer].register_forward_hook(add)
    try:
        out = model.generate(ids, attention_mask=mask, max_new_tokens=new, do_sample=temperature > 0,
                             temperature=temperature or None, top_p=1.0 if temperature else None, top_k=0 if temperature else None,
                             eos_token_id=list(stop), pad_token_id=pad)
    finally:
        if hook is not None:
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
