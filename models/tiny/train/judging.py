"""The judge as the product reads it: expected number under the first token's distribution."""

import torch

from generate import chat_ids
from loop import DEVICE, padded
from prompts import judge_prompt


@torch.no_grad()
def scores(judge, tokenizer, kind: str, items: list[tuple[str, str, str]]) -> list[float | None]:
    """items: (trait, question, answer). None where less than a quarter of the mass is on the numbers 0–100."""
    numbers = torch.tensor([tokenizer.convert_tokens_to_ids(str(n)) for n in range(101)], device=DEVICE)
    out: list[float | None] = []
    for start in range(0, len(items), 128):
        rows = [chat_ids(tokenizer, judge_prompt(kind, *item)) for item in items[start : start + 128]]
        ids = padded(rows, tokenizer.pad_token_id).to(DEVICE)
        hidden = judge.model(ids).last_hidden_state[torch.arange(len(rows)), [len(row) - 1 for row in rows]]
        p = torch.softmax(judge.lm_head(hidden).float(), dim=-1)[:, numbers]
        mass = p.sum(-1)
        mean = (p * torch.arange(101, device=DEVICE)).sum(-1) / mass
        out += [m if s >= 0.25 else None for m, s in zip(mean.tolist(), mass.tolist())]
    return out


def mean(values: list[float | None]) -> float:
    present = [v for v in values if v is not None]
    return sum(present) / len(present) if present else float("nan")
