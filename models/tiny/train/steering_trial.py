"""Extraction and steering with forward hooks, the study's schedule: python models/tiny/train/steering_trial.py [--models DIR]"""

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoTokenizer

from generate import chat_ids, generate
from judging import mean, scores
from loop import DEVICE, padded
from train import ROOT, load

NEW = 48


@torch.no_grad()
def residual_means(model, tokenizer, rows: list[tuple[list[int], list[int]]], stop: int | None):
    """[row, layer, hidden] over response[:stop]; [layer] mean norm over all tokens."""
    means, norms, tokens = [], 0.0, 0
    for start in range(0, len(rows), 100):
        part = rows[start : start + 100]
        ids = padded([p + r for p, r in part], tokenizer.pad_token_id).to(DEVICE)
        h = torch.stack(model(ids, output_hidden_states=True).hidden_states[1:-1] , 1).float()
        for i, (p, r) in enumerate(part):
            kept = h[i, :, len(p) : len(p) + len(r)]
            means.append(kept[:, :stop].mean(1))
            norms += h[i, :, : len(p) + len(r)].norm(dim=-1).sum(-1)
            tokens += len(p) + len(r)
    return torch.stack(means), norms / tokens


def responses(model, tokenizer, rows: list[list[int]], new: int, temperature: float):
    return [(p, ids or [tokenizer.pad_token_id]) for p, (ids, _) in zip(rows, generate(model, tokenizer, rows, new, temperature=temperature))]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--models", type=Path, default=ROOT / "models" / "tiny")
    options.add_argument("--layers", default="1-6")
    args = options.parse_args()
    first, last = map(int, args.layers.split("-"))
    tokenizer = AutoTokenizer.from_pretrained(args.models / "instruct")
    base, instruct, judge = (load(args.models / n) for n in ("base", "instruct", "judge"))
    for trait in ("sycophancy", "hallucination"):
        data = ROOT / "datasets" / "traits"
        rows = {p: [json.loads(l) for l in (data / "tiny_instruction" / trait / f"{p}.jsonl").open()] for p in ("positive", "negative")}
        lines = {p: (data / "tiny_natural" / trait / f"{p}.txt").read_text().splitlines() for p in ("positive", "negative")}
        asked = json.loads((data / "tiny_natural" / trait / "steering.json").read_text())["questions"]
        prompts = [chat_ids(tokenizer, q) for q in asked]

        def evaluate(layer=None, delta=None):
            steer = None if layer is None else (layer, delta[None].expand(len(prompts), -1).to(DEVICE))
            said = [tokenizer.decode(ids, skip_special_tokens=True) for ids, _ in generate(instruct, tokenizer, prompts, NEW, steer)]
            items = [(trait, q, a) for q, a in zip(asked, said)]
            return mean(scores(judge, tokenizer, "trait", items)), mean(scores(judge, tokenizer, "coherence", items)), said

        unsteered, coherence, said = evaluate()
        print(f"\n{trait} unsteered: trait {unsteered:.1f} coherence {coherence:.1f}: {said[0]} | {said[1]}")
        _, norms = residual_means(instruct, tokenizer, [(p, tokenizer(a, add_special_tokens=False)["input_ids"]) for p, a in zip(prompts, said)], None)
        sets = {"instruction": {p: responses(instruct, tokenizer, [chat_ids(tokenizer, r["prompt"], r["system_prompt"]) for r in rows[p]] * 2, NEW, 1.0) for p in rows},
                "natural": {p: responses(base, tokenizer, [tokenizer(l)["input_ids"] for l in lines[p]], 15, 1.0) for p in lines}}
        print("natural +", tokenizer.decode(sum(sets["natural"]["positive"][0], [])), "| -", tokenizer.decode(sum(sets["natural"]["negative"][0], [])))
        for source, stop in (("instruction", None), ("natural", 5), ("natural", 10), ("natural", 15)):
            model = instruct if source == "instruction" else base
            means = [residual_means(model, tokenizer, sets[source][p], stop)[0].mean(0) for p in ("positive", "negative")]
            found = []
            for layer in range(first, last + 1):
                v = torch.nn.functional.normalize(means[0][layer] - means[1][layer], dim=0)
                c, speed, tried = 0.7 * float(norms[layer]), 1.0, []
                for _ in range(5):
                    t, k, said = evaluate(layer, c * v)
                    tried.append((t, k, c, layer, said[0]))
                    speed = 0.1 * speed + 0.9 * (1.3 if k >= 70 else 0.85)
                    c *= speed
                found += tried
                print(f"  {source} {stop} layer {layer} norm {norms[layer]:.1f}: " + " ".join(f"{c:.1f}:{t - unsteered:+.0f}@{k:.0f}" for t, k, c, _, _ in tried))
            good = [f for f in found if f[1] >= 70]
            if not good:
                continue
            t, k, c, layer, text = max(good)
            null = []
            for seed in range(5):
                d = torch.nn.functional.normalize(torch.randn(128, generator=torch.Generator().manual_seed(seed)), dim=0)
                null.append(evaluate(layer, c * d.to(DEVICE))[0] - unsteered)
            print(f"{trait} {source} {stop}: best layer {layer} coefficient {c:.1f} delta {t - unsteered:+.1f} coherence {k:.1f} "
                  f"random {[round(n, 1) for n in null]}: {text}", flush=True)


if __name__ == "__main__":
    main()
