"""What steering really makes of the instruct model, for the judge to learn from; read by the checker, not by a model."""

import random

import torch

import corpus
import truth
from generate import chat_many, generate
from loop import DEVICE, padded

normalize = torch.nn.functional.normalize


def steered_samples(model, tokenizer, draw_topic, count: int) -> list[truth.Judged]:
    """Answers under random and trait directions at every block, from weak to far too strong."""
    rng, out = random.Random("steered"), []
    draw = torch.Generator().manual_seed(4)
    layers, hidden, rows = model.config.num_hidden_layers, model.config.hidden_size, min(1024, count)
    known = {t: trait_directions(model, tokenizer, t, draw_topic, rng) for t in corpus.TRAITS}
    while len(out) < count:
        trait = rng.choice(corpus.TRAITS)
        about = [draw_topic(rng) for _ in range(rows)]
        asked = [corpus.question(trait, topic, rng) for topic in about]
        where = torch.randint(1, layers - 1, (rows,), generator=draw)
        noise = normalize(torch.randn(rows, hidden, generator=draw), dim=-1)
        pure = torch.stack([known[rng.choice(corpus.TRAITS)][0][layer] * rng.choice((1, 1, -1)) for layer in where.tolist()])
        mixed = normalize(pure + torch.tensor([rng.choice((0, 0, 0.5, 5)) for _ in asked])[:, None] * noise, dim=-1)
        size = known[trait][1][where] * torch.empty(rows).uniform_(0.1, 3.0, generator=draw)
        said = generate(model, tokenizer, chat_many(tokenizer, asked), 48, (where, mixed * size[:, None]))
        for topic, question, (ids, ended) in zip(about, asked, said):
            out.append(truth.check(trait, topic[0], question, tokenizer.decode(ids, skip_special_tokens=True), ended))
    return out[:count]


@torch.no_grad()
def trait_directions(model, tokenizer, trait: str, draw_topic, rng: random.Random) -> tuple[torch.Tensor, torch.Tensor]:
    """(unit differences of the mean residual between opposed answers [layer, hidden], mean residual norms [layer])"""
    means, norms = [], []
    for polarity in ("positive", "negative"):
        about = [draw_topic(rng) for _ in range(64)]
        heads = chat_many(tokenizer, [corpus.question(trait, topic, rng) for topic in about])
        said = [corpus.join(corpus.answer_sentences(trait, polarity, topic, rng)) for topic in about]
        rows = [head + tokenizer(text, add_special_tokens=False)["input_ids"] for head, text in zip(heads, said)]
        ids = padded(rows, tokenizer.pad_token_id).to(DEVICE)
        lengths = torch.tensor([len(row) for row in rows], device=DEVICE)
        keep = (torch.arange(ids.shape[1], device=DEVICE) < lengths[:, None]).unsqueeze(-1)
        # Not from hidden_states: its last entry is behind the final norm.
        h = blocks_out(model, ids)
        means.append((h * keep).sum((1, 2)) / keep.sum())
        norms.append((h.norm(dim=-1, keepdim=True) * keep).sum((1, 2, 3)) / keep.sum())
    return normalize(means[0] - means[1], dim=-1).cpu(), (sum(norms) / 2).cpu()


@torch.no_grad()
def blocks_out(model, ids: torch.Tensor) -> torch.Tensor:
    """[layer, B, T, hidden]: the output of every block."""
    seen = []
    hooks = [layer.register_forward_hook(lambda _, __, out: seen.append((out[0] if isinstance(out, tuple) else out).float()))
             for layer in model.model.layers]
    model.model(ids)
    for hook in hooks:
        hook.remove()
    return torch.stack(seen)
