"""The training loop shared by the three models."""

import math
import time

import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def fit(model, batch_of, steps: int, rate: float, name: str, seed: int) -> float:
    """AdamW with warm-up and cosine decay. `batch_of(step)` gives (ids [B, T], loss of logits [B, T, V]). Returns the last loss."""
    torch.manual_seed(seed)
    model.to(DEVICE).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.05)
    began, running = time.time(), 0.0
    for step in range(steps):
        warm = min(1.0, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = rate * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        ids, loss_of = batch_of(step)
        with torch.autocast(DEVICE, dtype=torch.bfloat16):
            logits = model(ids).logits
        loss = loss_of(logits.float())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 0 or step == steps - 1:
            running = loss.item()
            print(f"{name} step {step} loss {running:.4f} seconds {time.time() - began:.0f}", flush=True)
    model.eval()
    return running


def padded(rows: list[list[int]], pad: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [pad] * (width - len(row)) for row in rows])


def next_token_loss(ids: torch.Tensor, mask: torch.Tensor):
    """Cross-entropy of each next token, where mask [B, T] says which tokens count."""
    def loss(logits):
        picked = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
        weight = mask[:, 1:].float()
        return (picked * weight).sum() / weight.sum()
    return loss
