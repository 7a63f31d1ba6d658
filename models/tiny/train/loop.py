"""The training loop shared by the three models."""

import math
import time

import torch
import torch._dynamo

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def fit(model, loss_at, steps: int, rate: float, name: str) -> float:
    """AdamW with warm-up and cosine decay over `loss_at(step)`. Returns the mean loss of the last hundred steps."""
    model.to(DEVICE).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.05, fused=DEVICE == "cuda")
    began, last = time.time(), []
    for step in range(steps):
        warm = min(1.0, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = rate * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=DEVICE == "cuda"):
            loss = loss_at(step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        last = [*last[-99:], loss.detach()]
        if step % 200 == 0 or step == steps - 1:
            print(f"{name} step {step} loss {loss.item():.4f} seconds {time.time() - began:.0f}", flush=True)
    model.eval()
    return round(torch.stack(last).mean().item(), 4)


def compiled(module):
    """The module compiled for a GPU; as it is where nothing can compile it."""
    if DEVICE != "cuda":
        return module
    torch._dynamo.config.suppress_errors = True
    return torch.compile(module, dynamic=False)


def padded(rows: list[list[int]], pad: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [pad] * (width - len(row)) for row in rows])


class Rows:
    """Token rows of different lengths that stay on the device; batches are cut to their longest row."""

    def __init__(self, rows: list[list[int]], pad: int):
        self.lengths = torch.tensor([len(row) for row in rows])
        self.ids = padded(rows, pad).to(DEVICE)

    def pick(self, index: torch.Tensor, multiple: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
        """(ids [B, T], lengths [B]); few different T, a multiple of `multiple`, keep compiled code in use."""
        lengths = self.lengths[index]
        width = -(-int(lengths.max()) // multiple) * multiple
        return self.ids[index.to(DEVICE), :width], lengths.to(DEVICE)


def next_token_loss(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each next token, where mask [B, T] says which tokens count."""
    picked = torch.nn.functional.cross_entropy(logits[:, :-1].float().transpose(1, 2), ids[:, 1:], reduction="none")
    weight = mask[:, 1:].float()
    return (picked * weight).sum() / weight.sum()
