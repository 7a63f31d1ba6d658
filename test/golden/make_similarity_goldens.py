"""Makes similarity.json and correlation.json.

    python3 test/golden/make_similarity_goldens.py

similarity.json: what transformers (fp32, CPU) computes on the shipped tiny pair: greedy answers of `instruct` to a few
steering questions, its residual stream over them, that of `base` over the same tokens after the raw question, and how alike
the two are. Residuals are base64 of fp32. correlation.json: what scipy says of small series.

Last made with torch 2.14 (CPU), transformers 5.24 and scipy 1.17.
"""

import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from make_engine_goldens import blocks, greedy, stop_ids
from scipy import stats
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TRAITS = ["sycophancy", "hallucination"]
QUESTIONS = 3
MAX_NEW_TOKENS = 24
MIN_COVERAGE = 0.8
"""All residuals of one response are in the file; of the others, the means."""
IN_FULL = 1


def load(variant: str):
    folder = ROOT / "models" / "tiny" / variant
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    return AutoTokenizer.from_pretrained(folder), model, weights


def packed(tensor: torch.Tensor) -> str:
    return base64.b64encode(tensor.contiguous().to(torch.float32).numpy().tobytes()).decode()


def over_response(model, prompt: list[int], response: list[int]) -> torch.Tensor:
    """[token, layer, hidden]: the residual at the token with response id t is row t."""
    stacked = blocks(model, prompt + response, model.config.num_hidden_layers)
    return stacked[:, len(prompt):].transpose(0, 1)


def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cosine_similarity(a.double(), b.double(), dim=-1)


def similarity() -> dict:
    own_tokenizer, own, own_weights = load("instruct")
    other_tokenizer, other, other_weights = load("base")
    questions = {
        trait: json.loads((ROOT / "datasets/traits/tiny_natural" / trait / "steering.json").read_text())["questions"][:QUESTIONS]
        for trait in TRAITS
    }
    prompts, means, tokens = [], [], []
    for trait, texts in questions.items():
        for text in texts:
            chat = [{"role": "user", "content": text}]
            ids = list(own_tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False))
            response = greedy(own, ids, MAX_NEW_TOKENS, stop_ids(own))
            raw = other_tokenizer(text)["input_ids"]
            captured, replayed = over_response(own, ids, response), over_response(other, raw, response)
            means.append(cosine(captured.double().mean(0), replayed.double().mean(0)))
            tokens.append(cosine(captured, replayed))
            full = {"captured": packed(captured), "replayed": packed(replayed)} if len(prompts) < IN_FULL else {}
            prompts.append({
                "text": text, "note": trait, "captured_prompt_ids": ids, "replayed_prompt_ids": raw, "response_ids": response,
                "response": own_tokenizer.decode(response, skip_special_tokens=True),
                "captured_mean": packed(captured.double().mean(0)), "replayed_mean": packed(replayed.double().mean(0)), **full,
            })
    per_prompt = torch.stack(means).numpy()
    counts = [sum(len(one) > position for one in tokens) for position in range(max(map(len, tokens)))]
    covered = [position for position, count in enumerate(counts) if count / len(tokens) >= MIN_COVERAGE]
    at = [np.stack([one[position].numpy() for one in tokens if len(one) > position]) for position in covered]
    return {
        "weights": {"instruct": own_weights, "base": other_weights},
        "questions": questions, "max_new_tokens": MAX_NEW_TOKENS, "min_coverage": MIN_COVERAGE, "prompts": prompts,
        "document": {
            "n_prompts": len(prompts),
            "per_layer_similarity": {"mean": per_prompt.mean(0).tolist(), "std": per_prompt.std(0).tolist(),
                                     "per_prompt": per_prompt.tolist()},
            "per_position_similarity": {
                "positions": covered, "n_prompts_at_position": [counts[position] for position in covered],
                "by_layer": {str(layer): {"mean": [float(one[:, layer].mean()) for one in at],
                                          "std": [float(one[:, layer].std()) for one in at]}
                             for layer in range(per_prompt.shape[1])},
            },
        },
    }


def correlations() -> list[dict]:
    rng = np.random.default_rng(20240611)
    series = [
        ([1, 2, 3], [2, 1, 3]),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 9.0, 16.0]),
        ([1, 1, 2, 2, 3], [5, 4, 4, 2, 2]),
        ([0, 0, 0, 0, 1], [2, 2, 2, 2, 9]),
        ([1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4], [3, 1, 4, 1, 5]),
        (list(range(12)), [3 * value + 1 for value in range(12)]),
    ]
    for n, weight in [(2, 0), (5, 0.3), (6, -2), (7, 0.8), (8, 0), (8, -3), (9, 0.7), (11, 1.5), (20, 0), (32, -0.4), (200, 0.2)]:
        x = rng.normal(size=n)
        series.append((x.tolist(), (weight * x + rng.normal(size=n)).tolist()))
    # Ties, as scores that are rounded have them.
    series.append((rng.integers(0, 4, size=8).tolist(), rng.integers(0, 4, size=8).tolist()))
    series.append((rng.integers(0, 5, size=30).tolist(), rng.integers(0, 5, size=30).tolist()))
    return [{"x": list(map(float, x)), "y": list(map(float, y)), "pearson": pearson(x, y),
             "spearman": pearson(stats.rankdata(x), stats.rankdata(y))} for x, y in series]


def pearson(x, y) -> dict:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    method = stats.PermutationMethod(n_resamples=np.inf) if len(x) <= 8 else None
    result = stats.pearsonr(x, y, method=method)
    return {"coefficient": float(result.statistic), "pValue": float(result.pvalue)}


def main() -> None:
    torch.set_num_threads(2)
    (HERE / "similarity.json").write_text(json.dumps(similarity(), ensure_ascii=False) + "\n")
    (HERE / "correlation.json").write_text(json.dumps(correlations()) + "\n")


if __name__ == "__main__":
    main()
