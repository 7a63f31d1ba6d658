"""Extraction and steering with forward hooks, the study's schedule: python models/tiny/train/steering_trial.py

Prints a table: the best coefficient of each vector set, its null (random unit directions, same block and coefficient).
"""

import argparse
import json
from pathlib import Path

import torch
from sklearn.linear_model import LogisticRegression
from transformers import AutoTokenizer

import truth
from folder import load
from generate import chat_ids, chat_many, generate
from judging import mean, scores
from loop import padded
from steered import blocks_out
from train import ROOT
from words import topic_of

NEW, DATA, NULLS = 48, ROOT / "datasets" / "traits", 8
normalize = torch.nn.functional.normalize


@torch.no_grad()
def residuals(model, tokenizer, rows: list[tuple[list[int], list[int]]], stop: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    """(means over response[:stop] [row, layer, hidden], mean norm over all tokens [layer])"""
    means, norms, tokens = [], 0.0, 0
    for start in range(0, len(rows), 100):
        part = rows[start : start + 100]
        h = blocks_out(model, padded([p + r for p, r in part], tokenizer.pad_token_id).to(model.device))
        for i, (p, r) in enumerate(part):
            means.append(h[:, i, len(p) : len(p) + len(r)][:, :stop].mean(1))
            norms = norms + h[:, i, : len(p) + len(r)].norm(dim=-1).sum(-1)
            tokens += len(p) + len(r)
    return torch.stack(means).cpu(), (norms / tokens).cpu()


def extract(positive: torch.Tensor, negative: torch.Tensor, method: str) -> torch.Tensor:
    """[row, hidden] twice to a unit vector."""
    if method == "mean_diff":
        return normalize(positive.mean(0) - negative.mean(0), dim=0)
    x, y = normalize(torch.cat([positive, negative]), dim=-1), [1] * len(positive) + [0] * len(negative)
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(x.numpy(), y)
    return normalize(torch.tensor(fitted.coef_[0], dtype=torch.float32), dim=0)


class Trial:
    """One trait's steering questions, asked of the instruct model and judged."""

    def __init__(self, trait, tokenizer, instruct, judge):
        self.trait, self.tokenizer, self.instruct, self.judge = trait, tokenizer, instruct, judge
        self.questions = json.loads((DATA / "tiny_natural" / trait / "steering.json").read_text())["questions"]
        self.prompts = chat_many(tokenizer, self.questions)
        (self.baseline, self.coherence, self.said), = self.ask([(0, torch.zeros(128))])
        answered = [(p, tokenizer(a, add_special_tokens=False)["input_ids"]) for p, a in zip(self.prompts, self.said)]
        self.norms = residuals(instruct, tokenizer, answered, None)[1]

    def ask(self, configs: list[tuple[int, torch.Tensor]]) -> list[tuple[float, float, list[str]]]:
        """(trait, coherence, answers) of each (layer, vector with its coefficient)."""
        n, out = len(self.prompts), []
        for start in range(0, len(configs), 64):
            part = configs[start : start + 64]
            layers = torch.tensor([layer for layer, _ in part]).repeat_interleave(n)
            delta = torch.stack([d for _, d in part]).repeat_interleave(n, 0)
            said = generate(self.instruct, self.tokenizer, self.prompts * len(part), NEW, (layers, delta))
            texts = [self.tokenizer.decode(ids, skip_special_tokens=True) for ids, _ in said]
            trait, coherence = self.score(self.questions * len(part), texts, [ended for _, ended in said])
            out += [(mean(trait[i : i + n]), mean(coherence[i : i + n]), texts[i : i + n]) for i in range(0, len(texts), n)]
        return out

    def score(self, questions: list[str], texts: list[str], ended: list[bool]) -> tuple[list, list]:
        if self.judge is None:
            read = [truth.check(self.trait, topic_of(q), q, a, e) for q, a, e in zip(questions, texts, ended)]
            return [r.truth_trait for r in read], [r.truth_coherence for r in read]
        items = [(self.trait, q, a) for q, a in zip(questions, texts)]
        return tuple(scores(self.judge, self.tokenizer, kind, items) for kind in ("trait", "coherence"))

    def search(self, vectors: dict[tuple, torch.Tensor]) -> dict[tuple, list[tuple[float, float, float, str]]]:
        """The study's five adaptive steps for every (…, layer), in lock-step: (Δ, coherence, coefficient, first answer)."""
        state = {key: (0.7 * float(self.norms[key[-1]]), 1.0) for key in vectors}
        tried = {key: [] for key in vectors}
        for _ in range(5):
            results = self.ask([(key[-1], state[key][0] * v) for key, v in vectors.items()])
            for key, (trait, coherence, said) in zip(vectors, results):
                coefficient, speed = state[key]
                tried[key].append((trait - self.baseline, coherence, coefficient, said[0]))
                speed = 0.1 * speed + 0.9 * (1.3 if coherence >= 70 else 0.85)
                state[key] = (coefficient * speed, speed)
        return tried

    def null(self, layer: int, coefficient: float) -> list[float]:
        unit = [normalize(torch.randn(128, generator=torch.Generator().manual_seed(seed)), dim=0) for seed in range(NULLS)]
        return [trait - self.baseline for trait, _, _ in self.ask([(layer, coefficient * d) for d in unit])]


def vector_sets(trait, tokenizer, base, instruct, layers) -> dict[tuple, torch.Tensor]:
    rows = {p: [json.loads(line) for line in (DATA / "tiny_instruction" / trait / f"{p}.jsonl").open()] for p in ("positive", "negative")}
    lines = {p: (DATA / "tiny_natural" / trait / f"{p}.txt").read_text().splitlines() for p in ("positive", "negative")}
    prompts = {"instruction": {p: [chat_ids(tokenizer, r["prompt"], r["system_prompt"]) for r in rows[p]] * 2 for p in rows},
               "natural": {p: tokenizer(lines[p])["input_ids"] for p in lines}}
    out = {}
    for source, model, new, stops in (("instruction", instruct, NEW, (None,)), ("natural", base, 15, (5, 10, 15))):
        said = {p: [(prompt, ids or [tokenizer.pad_token_id]) for prompt, (ids, _) in
                    zip(prompts[source][p], generate(model, tokenizer, prompts[source][p], new, temperature=1.0))] for p in rows}
        for stop in stops:
            sides = [residuals(model, tokenizer, said[p], stop)[0] for p in ("positive", "negative")]
            for method in ("mean_diff", "probe"):
                for layer in layers:
                    out[f"{source} response[:{stop or ''}]", method, layer] = extract(*(side[:, layer] for side in sides), method)
    return out


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", type=Path, default=ROOT / "models" / "tiny", help="where base and instruct are")
    options.add_argument("--checker", action="store_true", help="the grammar's own checker scores in place of the judge")
    options.add_argument("--layers", default="2-6")
    options.add_argument("--every", action="store_true", help="prints every step of the search")
    args = options.parse_args()
    first, last = map(int, args.layers.split("-"))
    tokenizer = AutoTokenizer.from_pretrained(args.models / "instruct")
    base, instruct = load(args.models / "base"), load(args.models / "instruct")
    judge = None if args.checker else load(args.models / "judge")
    print(f"null: mean and largest of {NULLS} random unit directions at the same layer and coefficient\n")
    print("| trait | vector | method | layer | coefficient (x norm) | delta | coherence | null mean | null largest |\n|" + " --- |" * 9)
    for trait in ("sycophancy", "hallucination"):
        trial = Trial(trait, tokenizer, instruct, judge)
        print(f"| {trait} | unsteered | | | | {trial.baseline:.1f} (itself) | {trial.coherence:.1f} | | |")
        tried = trial.search(vector_sets(trait, tokenizer, base, instruct, range(first, last + 1)))
        texts = []
        for source, method in dict.fromkeys((key[0], key[1]) for key in tried):
            found = [(*one, key[2]) for key, ones in tried.items() if key[:2] == (source, method) for one in ones]
            if args.every:
                for key in (k for k in tried if k[:2] == (source, method)):
                    print("   ", *key, " ".join(f"{c:.1f}:{d:+.0f}@{k:.0f}" for d, k, c, _ in tried[key]))
            delta, coherence, c, text, layer = max((f for f in found if f[1] >= 70), default=max(found, key=lambda f: f[1]))
            null = trial.null(layer, c)
            print(f"| {trait} | {source} | {method} | {layer} | {c:.1f} ({c / trial.norms[layer]:.2f}) | {delta:+.1f} | {coherence:.1f} "
                  f"| {sum(null) / len(null):+.1f} | {max(null):+.1f} |", flush=True)
            texts.append(f"{source} {method}: {text}")
        if args.every:
            print(trial.questions[0], "->", trial.said[0], *texts, sep="\n    ")


if __name__ == "__main__":
    main()
