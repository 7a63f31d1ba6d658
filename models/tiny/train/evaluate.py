"""The model card's figures, on topics that no training set asked about: python models/tiny/train/evaluate.py

Also writes heldout.jsonl beside this file when --write is given.
"""

import argparse
import json
import random
from pathlib import Path

import scipy.stats
from transformers import AutoTokenizer

import corpus
import sentences as s
import truth
import words as w
from folder import load
from generate import chat_ids, generate
from judging import mean, scores
from prompts import judge_prompt
from steered import steered_samples
from train import ROOT


def agreement(judge, tokenizer, sample: list[truth.Judged], name: str) -> tuple[dict, dict]:
    """(figures, scores): the judge against the truth; a missing score counts as wrong, it is not left out."""
    figures, got = {}, {}
    items = [(j.trait, j.question, j.answer) for j in sample]
    for kind in ("trait", "coherence"):
        truths = [getattr(j, f"truth_{kind}") for j in sample]
        got[kind] = scores(judge, tokenizer, kind, items)
        filled = [-1.0 if g is None else g for g in got[kind]]
        figures[f"{name}: {kind}, Spearman"] = round(float(scipy.stats.spearmanr(truths, filled).statistic), 4)
        figures[f"{name}: {kind}, mean absolute error"] = round(sum(abs(a - b) for a, b in zip(truths, filled)) / len(truths), 2)
        figures[f"{name}: {kind}, no score"] = sum(g is None for g in got[kind])
    return figures, got


def loops(trait: str) -> list[truth.Judged]:
    """One sentence of the strongest trait, said six times."""
    rng = random.Random(f"loops/{trait}")
    out = []
    for _ in range(100):
        topic = w.heldout_topic(rng)
        said = corpus.fill(rng.choice(s.ANSWERS[trait][100]), topic, rng)
        out.append(truth.check(trait, topic[0], corpus.question(trait, topic, rng), " ".join([said] * 6), False))
    return out


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", type=Path, default=ROOT / "models" / "tiny")
    options.add_argument("--write", action="store_true")
    args = options.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(args.models / "instruct")
    judge, instruct = load(args.models / "judge"), load(args.models / "instruct")
    figures, lines = {}, []
    for trait in corpus.TRAITS:
        rng = random.Random(f"heldout/{trait}")
        sample = [truth.make(rng, w.heldout_topic, trait) for _ in range(1000)]
        found, got = agreement(judge, tokenizer, sample, f"judge, {trait}")
        figures |= found
        lines += [{"trait": j.trait, "question": j.question, "answer": j.answer, "truth_trait": round(j.truth_trait, 3),
                   "truth_coherence": round(j.truth_coherence, 3), "kinds": {k: got[k][i] for k in got}}
                  for i, j in enumerate(sample[:100])]
        repeated = [(j.trait, j.question, j.answer) for j in loops(trait)]
        figures[f"judge, {trait} said six times: coherence"] = round(mean(scores(judge, tokenizer, "coherence", repeated)), 1)
        rng = random.Random(f"prompts/{trait}")
        asked = [corpus.question(trait, w.heldout_topic(rng), rng) for _ in range(100)]
        for polarity in ("positive", "negative", "none"):
            system = s.SYSTEM_PROMPTS[trait].get(polarity, [None])
            rows = [chat_ids(tokenizer, q, system[i % len(system)]) for i, q in enumerate(asked)]
            said = [tokenizer.decode(ids, skip_special_tokens=True) for ids, _ in generate(instruct, tokenizer, rows, 48)]
            items = [(trait, q, a) for q, a in zip(asked, said)]
            for kind in ("trait", "coherence"):
                figures[f"instruct, {trait}, system prompt {polarity}: {kind}"] = round(mean(scores(judge, tokenizer, kind, items)), 1)
            print(f"{trait} {polarity}: {asked[0]} -> {said[0]} | {said[1]} | {said[2]}")
    figures |= agreement(judge, tokenizer, steered_samples(instruct, tokenizer, w.heldout_topic, 2000), "judge, steered answers")[0]
    print(json.dumps(figures, indent=2))
    if args.write:
        for index, line in enumerate(lines):
            kinds = line.pop("kinds")
            # A few with the whole prompt and the exact score: rendering and scoring are held to these.
            if index % 20 == 0:
                line["judge"] = [{"kind": k, "judge_prompt": judge_prompt(k, line["trait"], line["question"], line["answer"]),
                                  "judge_score": kinds[k]} for k in kinds]
        (Path(__file__).parent / "heldout.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
