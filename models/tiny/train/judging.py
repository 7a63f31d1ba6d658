"""The judge as the product reads it: expected number under the first token's distribution."""

import torch

from generate import chat_many
from loop import DEVICE, padded
from prompts import judge_prompt


@torch.no_grad()
def scores(judge, tokenizer, kind: str, items: list[tuple[str, str, str]]) -> list[float | None]:
    """items: (trait, question, answer). None where less than a quarter of the mass is on the numbers 0–100."""
    numbers = torch.tensor([tokenizer.convert_tokens_to_ids(str(n)) for n in range(101)], device=DEVICE)
    rows = chat_many(tokenizer, [judge_prompt(kind, *item) for item in items])
    out: list[float | None] = []
    for start in range(0, len(rows), 256):
        part = rows[start : start + 256]
        hidden = judge.model(padded(part, tokenizer.pad_token_id).to(DEVICE)).last_hidden_state
        last = hidden[torch.arange(len(part)), [len(row) - 1 for row in part]]
        p = torch.softmax(judge.lm_head(last).float(), dim=-1)[:, numbers]
        mass = p.sum(-1)
        value = (p * torch.arange(101, device=DEVICE)).sum(-1) / mass
        out += [v if m >= 0.25 else None for v, m in zip(value.tolist(), mass.tolist())]
    return out


def mean(values: list[float | None]) -> float:
    present = [v for v in values if v is not None]
    return sum(present) / len(present) if present else float("nan")
