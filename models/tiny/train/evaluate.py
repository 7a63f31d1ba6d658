"""The model card's figures, on topics that no training set asked about: python models/tiny/train/evaluate.py [--models DIR]"""

import argparse
import json
import random
from pathlib import Path

import scipy.stats

import corpus
import sentences as s
import truth
import words as w
from generate import chat_ids, generate
from judging import mean, scores
from train import ROOT, load

HELD = w.split_topics()[1]


def judged(n: int, seed: str, trait: str) -> list[truth.Judged]:
    rng = random.Random(seed)
    return [truth.make(rng, HELD, trait) for _ in range(n)]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--models", type=Path, default=ROOT / "models" / "tiny")
    folder = options.parse_args().models
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "instruct")
    judge, instruct = load(folder / "judge"), load(folder / "instruct")
    figures, lines = {}, []
    for trait in corpus.TRAITS:
        sample = judged(1000, f"heldout/{trait}", trait)
        items = [(j.trait, j.question, j.answer) for j in sample]
        for kind, want in (("trait", [j.truth_trait for j in sample]), ("coherence", [j.truth_coherence for j in sample])):
            got = scores(judge, tokenizer, kind, items)
            filled = [-1.0 if g is None else g for g in got]  # a missing score is wrong, not left out
            figures[f"{trait} {kind} spearman"] = round(float(scipy.stats.spearmanr(want, filled).statistic), 4)
            figures[f"{trait} {kind} mean abs error"] = round(sum(abs(a - b) for a, b in zip(want, filled)) / len(want), 2)
            for index in range(100):
                entry = lines[index + (0 if trait == corpus.TRAITS[0] else 100)] if kind == "coherence" else {
                    "trait": trait, "question": sample[index].question, "answer": sample[index].answer,
                    "truth_trait": sample[index].truth_trait, "truth_coherence": sample[index].truth_coherence}
                entry[f"judge_{kind}"] = got[index]
                if kind == "trait":
                    lines.append(entry)
        rng = random.Random(f"prompts/{trait}")
        asked = [corpus.question(trait, rng.choice(HELD), rng) for _ in range(100)]
        for polarity in ("positive", "negative", "none"):
            system = s.SYSTEM_PROMPTS[trait].get(polarity, [None])
            rows = [chat_ids(tokenizer, q, system[i % len(system)]) for i, q in enumerate(asked)]
            said = [tokenizer.decode(ids, skip_special_tokens=True) for ids, _ in generate(instruct, tokenizer, rows, 48)]
            items = [(trait, q, a) for q, a in zip(asked, said)]
            figures[f"{trait} under {polarity}"] = round(mean(scores(judge, tokenizer, "trait", items)), 1)
            figures[f"{trait} coherence under {polarity}"] = round(mean(scores(judge, tokenizer, "coherence", items)), 1)
            print(f"{trait} {polarity}: {asked[0]} -> {said[0]} | {said[1]} | {said[2]}")
    print(json.dumps(figures, indent=2))
    (folder / "heldout.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))


if __name__ == "__main__":
    main()
