"""Trains base, instruct and judge: python models/tiny/train/train.py [--scale 1.0] [--out models/tiny]"""

import argparse
import json
import random
import time
from pathlib import Path

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

import corpus
import tokenizer as tok
import truth
import words as w
from folder import load, save
from generate import chat_many
from loop import DEVICE, Rows, compiled, fit, next_token_loss
from prompts import judge_prompt
from steered import steered_samples

ROOT = Path(__file__).resolve().parents[3]


def config(tokenizer) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=384, num_hidden_layers=8, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=1024, rope_theta=10000.0, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def train_tokenizer():
    rng = random.Random("tokenizer")
    texts = [corpus.base_document(rng) for _ in range(20_000)]
    texts += [m["content"] for _ in range(5_000) for m in corpus.chat(rng)]
    texts += [judge_prompt(kind, j.trait, j.question, j.answer) for _ in range(2_000)
              for j in [truth.make(rng, w.training_topic)] for kind in ("trait", "coherence")]
    return tok.train(texts)


def train_base(model, tokenizer, steps: int) -> float:
    rng, end, block, rows = random.Random("base"), tokenizer.convert_tokens_to_ids(tok.EOT), 192, 192
    documents = [corpus.base_document(rng) for _ in range(120_000)]
    stream = [t for ids in tokenizer(documents)["input_ids"] for t in [*ids, end]]
    data = torch.tensor(stream[: len(stream) // block * block]).view(-1, block).to(DEVICE)
    order, fast = torch.Generator().manual_seed(1), compiled(model.to(DEVICE))
    def loss_at(_):
        ids = data[torch.randint(len(data), (rows,), generator=order).to(DEVICE)]
        return next_token_loss(fast(ids).logits, ids, torch.ones_like(ids))
    return fit(model, loss_at, steps, 3e-3, "base")


def train_instruct(model, tokenizer, steps: int) -> float:
    rng, heads, tails = random.Random("instruct"), [], []
    for _ in range(120_000):
        *asked, answer = corpus.chat(rng)
        heads.append(tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True))
        tails.append(answer["content"] + tok.END)
    head_ids, tail_ids = (tokenizer(texts, add_special_tokens=False)["input_ids"] for texts in (heads, tails))
    data = Rows([head + tail for head, tail in zip(head_ids, tail_ids)], tokenizer.pad_token_id)
    starts, order = torch.tensor([len(head) for head in head_ids]), torch.Generator().manual_seed(2)
    def loss_at(_):
        index = torch.randint(len(starts), (256,), generator=order)
        ids, lengths = data.pick(index)
        at = torch.arange(ids.shape[1], device=DEVICE)
        answer = (at >= starts[index].to(DEVICE)[:, None]) & (at < lengths[:, None])
        return next_token_loss(model(ids).logits, ids, answer)
    return fit(model, loss_at, steps, 1e-3, "instruct")


def train_judge(model, tokenizer, instruct, steps: int, steered: int) -> float:
    rng = random.Random("judge")
    numbers = torch.tensor([tokenizer.convert_tokens_to_ids(str(n)) for n in range(101)], device=DEVICE)
    made = [truth.make(rng, w.training_topic) for _ in range(100_000)] + steered_samples(instruct, tokenizer, w.training_topic, steered)
    prompts, targets = [], []
    for one in made:
        for kind, target in (("trait", one.truth_trait), ("coherence", one.truth_coherence)):
            prompts.append(judge_prompt(kind, one.trait, one.question, one.answer))
            targets.append(target)
    data, truths = Rows(chat_many(tokenizer, prompts), tokenizer.pad_token_id), torch.tensor(targets)
    spread, order = torch.arange(101, device=DEVICE).float(), torch.Generator().manual_seed(3)
    fast = compiled(model.model.to(DEVICE))
    def loss_at(_):
        index = torch.randint(len(truths), (256,), generator=order)
        ids, lengths = data.pick(index, 32)
        # A narrow bell around the truth: near numbers are nearly right.
        soft = torch.softmax(-((spread[None] - truths[index].to(DEVICE)[:, None]) ** 2) / (2 * 4.0**2), dim=-1)
        last = fast(ids).last_hidden_state[torch.arange(len(index), device=DEVICE), lengths - 1]
        return -(soft * torch.log_softmax(model.lm_head(last).float(), dim=-1)[:, numbers]).sum(-1).mean()
    return fit(model, loss_at, steps, 1.5e-3, "judge")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--scale", type=float, default=1.0, help="share of the training steps, for trying things out")
    options.add_argument("--out", type=Path, default=ROOT / "models" / "tiny")
    options.add_argument("--only", default="base,instruct,judge", help="the others are read from --out")
    args = options.parse_args()
    steps = lambda n: max(2, round(n * args.scale))
    began, report = time.time(), {}
    if "base" in args.only:
        tokenizer = train_tokenizer()
        torch.manual_seed(0)
        base = LlamaForCausalLM(config(tokenizer))
        report["parameters"] = sum(p.numel() for p in base.parameters())
        report["base loss"] = train_base(base, tokenizer, steps(5000))
        save(base, tokenizer, args.out / "base")
    tokenizer = AutoTokenizer.from_pretrained(args.out / "base")
    if "instruct" in args.only:
        instruct = load(args.out / "base")
        report["instruct loss"] = train_instruct(instruct, tokenizer, steps(1500))
        save(instruct, tokenizer, args.out / "instruct")
    if "judge" in args.only:
        judge, instruct = load(args.out / "base"), load(args.out / "instruct")
        report["judge loss"] = train_judge(judge, tokenizer, instruct, steps(4000), max(256, round(16_000 * min(1, args.scale))))
        save(judge, tokenizer, args.out / "judge")
    report["seconds"] = round(time.time() - began)
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
