"""Writes what numpy computes (fp64, full SVD) of the change from models/tiny/base to models/tiny/instruct.

    python test/golden/make_weight_goldens.py

Rerunnable. Needs torch (to read bf16), numpy, safetensors. The directions come from a formula, so that the test makes the
same ones.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
TINY = HERE.parents[1] / "models" / "tiny"
VECTOR_SETS, NULL, TOP = 2, 40, 6


def scramble(x):
    """A hash of 32 bits, as unit_direction in weights-golden.ts has it."""
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def unit_direction(number, size):
    values = np.array([scramble(number * 4096 + i + 1) / 2**32 - 0.5 for i in range(size)])
    return (values / np.linalg.norm(values)).astype(np.float32).astype(np.float64)


def weights(name):
    tensors = load_file(TINY / name / "model.safetensors")
    return {key: tensor.to(torch.float64).numpy() for key, tensor in tensors.items()}


def digest(name):
    return hashlib.sha256((TINY / name / "model.safetensors").read_bytes()).hexdigest()


def lens(direction, norm, head):
    logits = head @ (direction / np.sqrt(np.mean(direction**2)) * norm)
    up = np.argsort(-logits, kind="stable")[:TOP]
    down = np.argsort(logits, kind="stable")[:TOP]
    return {
        "toward": {"ids": up.tolist(), "values": logits[up].tolist()},
        "away": {"ids": down.tolist(), "values": logits[down].tolist()},
    }


def aligned(change, directions):
    u, s, _ = np.linalg.svd(change, full_matrices=False)
    return {
        "norm": float(np.linalg.norm(change)),
        "responses": (np.linalg.norm(directions @ change, axis=1) / np.linalg.norm(change)).tolist(),
        "singular_values": s[:8].tolist(),
        "singular_cosines": np.abs(u.T[:8] @ directions.T)[:, : VECTOR_SETS].tolist(),
    }


def main():
    before, after = weights("base"), weights("instruct")
    layers = 1 + max(int(name.split(".")[2]) for name in before if ".layers." in name)
    hidden = before["model.norm.weight"].size
    head = after["model.embed_tokens.weight"]
    null = [unit_direction(10_000 + index, hidden) for index in range(NULL)]
    golden = {"from": digest("base"), "to": digest("instruct"), "norms": {}, "layers": []}
    for name, x in before.items():
        y = after[name]
        change = float(np.linalg.norm(y - x))
        cosine = float(np.sum(x * y) / (np.linalg.norm(x) * np.linalg.norm(y)))
        golden["norms"][name] = {"change": change, "relative": change / float(np.linalg.norm(x)), "cosine": cosine}
    for layer in range(layers):
        change = {
            part: after[f"model.layers.{layer}.{part}.weight"] - before[f"model.layers.{layer}.{part}.weight"]
            for part in ("self_attn.o_proj", "mlp.down_proj")
        }
        o, down = change["self_attn.o_proj"], change["mlp.down_proj"]
        residual = o.mean(axis=1) + down.mean(axis=1)
        vectors = [unit_direction(100 * index + layer, hidden) for index in range(VECTOR_SETS)]
        directions = np.stack(vectors + null)
        golden["layers"].append({
            "residual_norm": float(np.linalg.norm(residual)),
            "cosines": (directions @ residual / np.linalg.norm(residual)).tolist(),
            "o_proj": aligned(o, directions),
            "down_proj": aligned(down, directions),
            "lens": [lens(direction, after["model.norm.weight"], head) for direction in [residual, vectors[0]]],
        })
    (HERE / "weights-tiny.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
