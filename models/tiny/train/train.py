"""Trains base, instruct and judge: python models/tiny/train/train.py [--scale 1.0] [--out models/tiny]"""

import argparse
import json
import random
import time
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

import corpus
import tokenizer as tok
import truth
import words as w
from folder import load, save
from generate import chat_ids, generate
from loop import DEVICE, fit, next_token_loss, padded
from prompts import judge_prompt

ROOT = Path(__file__).resolve().parents[3]
TRAIN, HELD = w.split_topics()


def config(vocab: int, tokenizer) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocab, hidden_size=128, intermediate_size=384, num_hidden_layers=8, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=1024, rope_theta=10000.0, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def train_base(model, tokenizer, steps: int) -> float:
    rng, end, block, rows = random.Random("base"), tokenizer.convert_tokens_to_ids(tok.EOT), 192, 192
    documents = [corpus.base_document(rng, TRAIN, HELD) for _ in range(60_000)]
    stream = [t for ids in tokenizer(documents)["input_ids"] for t in [*ids, end]]
    data = torch.tensor(stream[: len(stream) // block * block]).view(-1, block).to(DEVICE)
    order = torch.Generator().manual_seed(1)
    def batch(_):
        ids = data[torch.randint(len(data), (rows,), generator=order).to(DEVICE)]
        return ids, next_token_loss(ids, torch.ones_like(ids))
    return fit(model, batch, steps, 3e-3, "base", 1)


def train_instruct(model, tokenizer, steps: int) -> float:
    rng, rows = random.Random("instruct"), []
    for _ in range(60_000):
        *asked, answer = corpus.chat(rng, TRAIN)
        prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        head = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        rows.append((head, tokenizer(answer["content"] + tok.END, add_special_tokens=False)["input_ids"]))
    def batch(step):
        picked = random.Random(step).sample(rows, 256)
        ids = padded([head + tail for head, tail in picked], tokenizer.pad_token_id).to(DEVICE)
        mask = padded([[0] * len(head) + [1] * len(tail) for head, tail in picked], 0).to(DEVICE)
        return ids, next_token_loss(ids, mask)
    return fit(model, batch, steps, 1e-3, "instruct", 2)


def steered_samples(model, tokenizer, count: int) -> list[truth.Judged]:
    """What steering really produces, random and trait directions, weak to far too strong; read by the checker."""
    rng, out = random.Random("steered"), []
    layers, hidden = model.config.num_hidden_layers, model.config.hidden_size
    while len(out) < count:
        trait = rng.choice(corpus.TRAITS)
        asked = [corpus.question(trait, rng.choice(TRAIN), rng) for _ in range(256)]
        prompts = [chat_ids(tokenizer, q) for q in asked]
        layer = rng.randrange(1, layers - 1)
        directions = [trait_direction(model, tokenizer, t, layer, rng) for t in corpus.TRAITS]
        delta, size = [], directions[0][1]
        for _ in prompts:
            noise = torch.nn.functional.normalize(torch.randn(hidden, generator=torch.Generator().manual_seed(rng.randrange(1 << 30))), dim=0)
            pure = rng.choice(directions)[0] * rng.choice((1, 1, -1))
            mixed = torch.nn.functional.normalize(pure + rng.choice((0, 0, 0.5, 5)) * noise, dim=0)
            delta.append(mixed * size * rng.uniform(0.1, 3.0))
        said = generate(model, tokenizer, prompts, 48, (layer, torch.stack(delta).to(DEVICE)))
        for question, (ids, ended) in zip(asked, said):
            out.append(truth.check(trait, question, tokenizer.decode(ids, skip_special_tokens=True), ended))
    return out


@torch.no_grad()
def trait_direction(model, tokenizer, trait: str, layer: int, rng: random.Random):
    """(unit mean difference of last-token residuals under opposed system prompts, mean residual norm)"""
    means, norms = [], []
    for polarity in ("positive", "negative"):
        rows = []
        for _ in range(64):
            topic = rng.choice(TRAIN)
            said = corpus.join(corpus.answer_sentences(trait, polarity, topic, rng))
            rows.append(chat_ids(tokenizer, corpus.question(trait, topic, rng)) + tokenizer(said, add_special_tokens=False)["input_ids"])
        ids = padded(rows, tokenizer.pad_token_id).to(DEVICE)
        h = model(ids, output_hidden_states=True).hidden_states[layer + 1].float()
        keep = (ids != tokenizer.pad_token_id).unsqueeze(-1)
        means.append((h * keep).sum((0, 1)) / keep.sum())
        norms.append((h.norm(dim=-1, keepdim=True) * keep).sum() / keep.sum())
    return torch.nn.functional.normalize(means[0] - means[1], dim=0).cpu(), float(sum(norms) / 2)


def train_judge(model, tokenizer, steered: list[truth.Judged], steps: int) -> float:
    rng = random.Random("judge")
    numbers = torch.tensor([tokenizer.convert_tokens_to_ids(str(n)) for n in range(101)], device=DEVICE)
    made = [truth.make(rng, TRAIN) for _ in range(60_000)] + steered
    examples = []
    for one in made:
        for kind, target in (("trait", one.truth_trait), ("coherence", one.truth_coherence)):
            examples.append((chat_ids(tokenizer, judge_prompt(kind, one.trait, one.question, one.answer)), target))
    spread = torch.arange(101, device=DEVICE).float()
    def batch(step):
        picked = random.Random(step).sample(examples, 256)
        ids = padded([row for row, _ in picked], tokenizer.pad_token_id).to(DEVICE)
        last = torch.tensor([len(row) - 1 for row, _ in picked], device=DEVICE)
        target = torch.tensor([value for _, value in picked], device=DEVICE)
        # A narrow bell around the truth: near numbers are nearly right.
        soft = torch.softmax(-((spread[None] - target[:, None]) ** 2) / (2 * 4.0**2), dim=-1)
        def loss(logits):
            at = torch.log_softmax(logits[torch.arange(len(last)), last], dim=-1)
            return -(soft * at[:, numbers]).sum(-1).mean()
        return ids, loss
    return fit(model, batch, steps, 1.5e-3, "judge", 3)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--scale", type=float, default=1.0, help="share of the training steps, for trying things out")
    options.add_argument("--out", type=Path, default=ROOT / "models" / "tiny")
    options.add_argument("--only", default="base,instruct,judge")
    args = options.parse_args()
    steps = lambda n: max(2, round(n * args.scale))
    began, report = time.time(), {}
    rng = random.Random("tokenizer")
    texts = [corpus.base_document(rng, TRAIN, HELD) for _ in range(20_000)]
    texts += [m["content"] for _ in range(5_000) for m in corpus.chat(rng, TRAIN)]
    texts += [judge_prompt(kind, j.trait, j.question, j.answer) for _ in range(2_000)
              for j in [truth.make(rng, TRAIN)] for kind in ("trait", "coherence")]
    tokenizer = tok.train(texts)
    if "base" in args.only:
        torch.manual_seed(0)
        base = LlamaForCausalLM(config(len(tokenizer), tokenizer))
        report["parameters"] = sum(p.numel() for p in base.parameters())
        report["base loss"] = train_base(base, tokenizer, steps(3000))
        save(base, tokenizer, args.out / "base")
    if "instruct" in args.only:
        instruct = load(args.out / "base")
        report["instruct loss"] = train_instruct(instruct, tokenizer, steps(1500))
        save(instruct, tokenizer, args.out / "instruct")
    if "judge" in args.only:
        steered = steered_samples(load(args.out / "instruct"), tokenizer, max(256, round(12_000 * min(1, args.scale))))
        judge = load(args.out / "base")
        report["judge loss"] = train_judge(judge, tokenizer, steered, steps(4000))
        save(judge, tokenizer, args.out / "judge")
    report["seconds"] = round(time.time() - began)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
