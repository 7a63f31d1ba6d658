"""Recomputes the weight analysis and the activation similarity of an experiment with numpy in fp64, from the checkpoints, the
vectors and the captured residuals, and compares every number. Exits 1 where one differs by more than 1e-5 (relative to the
largest of its list).

    python3 test/parity/analysis.py <experiment folder> <from weights> <to weights>

Independent of steerform's code. Needs torch (to read bf16), numpy, safetensors.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

LIMIT = 1e-5
WRITERS = {"o_proj": "self_attn.o_proj", "down_proj": "mlp.down_proj"}
worst = {}


def check(name, found, expected):
    found, expected = (np.asarray(one, dtype=float) for one in (found, expected))
    assert found.shape == expected.shape, f"{name}: {found.shape} and not {expected.shape}"
    scale = max(1e-12, float(np.abs(expected).max(initial=0)))
    worst[name] = max(worst.get(name, 0), float(np.abs(found - expected).max(initial=0)) / scale)


def weights(folder):
    return {name: tensor.double().numpy() for name, tensor in load_file(Path(folder) / "model.safetensors").items()}


def random_direction(seed, size):
    """Normals by Box and Muller from sfc32 that is seeded by a hash."""
    state = [int.from_bytes(hashlib.sha256(seed.encode()).digest()[4 * i : 4 * i + 4], "little") for i in range(3)] + [1]

    def output():
        a, b, c, counter = state
        total = (a + b + counter) & 0xFFFFFFFF
        state[:] = [b ^ (b >> 9), (c + (c << 3)) & 0xFFFFFFFF, (((c << 21) | (c >> 11)) + total) & 0xFFFFFFFF, counter + 1]
        return total

    def uniform():
        high, low = output() >> 6, output() >> 5
        return (high * 2**27 + low) * 2.0**-53

    normals = []
    while len(normals) < size:
        radius, angle = np.sqrt(-2 * np.log(1 - uniform())), 2 * np.pi * uniform()
        normals += [radius * np.cos(angle), radius * np.sin(angle)]
    normals = np.array(normals[:size])
    return (normals / np.linalg.norm(normals)).astype(np.float32).astype(float)


def check_norms(document, before, after):
    for name, x in before.items():
        y, parts = after[name], name.removesuffix(".weight").split(".")
        change = np.linalg.norm(y - x)
        expected = [change, change / np.linalg.norm(x), np.sum(x * y) / np.linalg.norm(x) / np.linalg.norm(y)]
        layer = int(parts[parts.index("layers") + 1]) if "layers" in parts else None
        rows = document["outside_layers"] if layer is None else document["layers"]
        for key, value in zip(("change", "relative", "cosine"), expected):
            row = rows[parts[-1]][key]
            check(f"norms {key}", row if layer is None else row[layer], value)
    for layer, total in enumerate(document["layers"]["sum_of_changes"]):
        block = f"model.layers.{layer}."
        names = [name for name in before if name.startswith(block) and name.endswith("_proj.weight")]
        check("norms sum_of_changes", total, sum(np.linalg.norm(after[name] - before[name]) for name in names))


def check_lens(row, direction, norm, head, top):
    logits = head @ (direction / np.sqrt(np.mean(direction**2)) * norm)
    for side, order in (("toward", np.argsort(-logits, kind="stable")), ("away", np.argsort(logits, kind="stable"))):
        assert len(row[side]) == top
        ids = [token["id"] for token in row[side]]
        check("logit_lens values", [token["value"] for token in row[side]], logits[order[:top]])
        # Where two are equal within the limit, either may be first.
        check("logit_lens tokens", logits[ids], logits[order[:top]])


def measures(change, residual, directions):
    """By name: [direction], or [singular direction][direction]."""
    u, s, _ = np.linalg.svd(change, full_matrices=False)
    singular = np.abs(u.T[:8] @ directions.T)
    response = np.linalg.norm(directions @ change, axis=1) / np.linalg.norm(change)
    return {"response": response, "subspace": np.linalg.norm(singular, axis=0), "singular": singular}, s[:8]


def check_measure(name, layer, found, null, values, sets):
    """`values` ends in [direction]: vector sets, then the null."""
    chance = np.sort(values[..., sets:], axis=-1)
    check(f"{name} null mean", null["mean"][layer], chance.mean(-1))
    for side, share in (("low", 0.025), ("high", 0.975)):
        check(f"{name} null {side}", null[side][layer], np.quantile(chance, share, axis=-1))
    for index, one in enumerate(found):
        value = values[..., index]
        check(f"{name} value", one["value"][layer], value)
        # One random direction that is equal within the limit may lie on either side.
        low, high = ((chance < (value + step)[..., None]).mean(-1) * 100 for step in (-LIMIT, LIMIT))
        found_at = np.asarray(one["percentile"][layer])
        assert np.all((low - LIMIT <= found_at) & (found_at <= high + LIMIT)), f"{name} percentile"


def check_weights(folder, before, after):
    read = lambda step: json.loads((folder / "weight_analysis" / f"{step}.json").read_text())
    check_norms(read("norms"), before, after)
    lens, alignment = read("logit_lens"), read("trait_alignment")
    sets = [
        load_file(folder / "extraction" / one["dataset"] / one["variant"] / "vectors"
                  / one["vectors"].split("/")[-2] / "residual" / one["method"] / "vectors.safetensors")["vectors"].double().numpy()
        for one in alignment["vectors"]
    ]
    norm = after["model.norm.weight"]
    head = after.get("lm_head.weight", after["model.embed_tokens.weight"])
    null = [random_direction(f"{alignment['null_seed']}/{index}", norm.size) for index in range(alignment["null_directions"])]
    for layer, rows in enumerate(lens["layers"]):
        change = {
            writer: after[f"model.layers.{layer}.{name}.weight"] - before[f"model.layers.{layer}.{name}.weight"]
            for writer, name in WRITERS.items()
        }
        residual = sum(one.mean(axis=1) for one in change.values())
        check("delta_residual norm", alignment["changes"]["delta_residual"]["norm"][layer], np.linalg.norm(residual))
        check_lens(rows["delta_residual"], residual, norm, head, lens["top_k"])
        for row, vectors in zip(rows["vectors"], sets):
            check_lens(row, vectors[layer], norm, head, lens["top_k"])
        directions = np.stack([vectors[layer] for vectors in sets] + null)
        cosines = directions @ residual / np.linalg.norm(residual)
        check_measure("cosine", layer, [one["cosine"] for one in alignment["vectors"]], alignment["null"]["cosine"], cosines, len(sets))
        for writer, one in change.items():
            found, values = measures(one, residual, directions)
            check("change norm", alignment["changes"][writer]["norm"][layer], np.linalg.norm(one))
            check("singular values", alignment["changes"][writer]["singular_values"][layer], values)
            for name, expected in found.items():
                rows_of = [each[writer][name] for each in alignment["vectors"]]
                check_measure(name, layer, rows_of, alignment["null"][writer][name], expected, len(sets))


def check_similarity(folder):
    document = json.loads((folder / "activation_similarity" / "results.json").read_text())
    sides = [document["captured"], document["replayed"]]
    responses = [json.loads((folder / "inference" / side / "responses" / "steering_questions.json").read_text()) for side in sides]
    assert [one["response_ids"] for one in responses[0]] == [one["response_ids"] for one in responses[1]]
    cosine = lambda x, y: np.sum(x * y, -1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)
    means, tokens = [], []
    for response in responses[0]:
        if not response["response_ids"]:
            continue
        pair = [
            load_file(folder / "inference" / side / "raw" / "residual" / "steering_questions" / f"{response['id']}.safetensors")["response"].double().numpy()
            for side in sides
        ]
        tokens.append(cosine(*pair))
        means.append(cosine(*(one.mean(0) for one in pair)))
    layers = document["per_layer_similarity"]
    check("per_layer mean", layers["mean"], np.mean(means, 0))
    check("per_layer std", layers["std"], np.std(means, 0))
    check("per_layer per_prompt", [one for one in layers["per_prompt"] if one is not None], means)
    positions = document["per_position_similarity"]
    counts = [sum(len(one) > at for one in tokens) for at in positions["positions"]]
    check("per_position prompts", positions["n_prompts_at_position"], counts)
    for layer, row in positions["by_layer"].items():
        at = [[one[position, int(layer)] for one in tokens if len(one) > position] for position in positions["positions"]]
        check("per_position mean", row["mean"], [np.mean(one) for one in at])
        check("per_position std", row["std"], [np.std(one) for one in at])
    for dataset, curve in document["transfer_curves"].items():
        found = document["correlations"][dataset]
        if found["pearson_r"] is not None:
            check("pearson_r", found["pearson_r"], np.corrcoef(np.mean(means, 0)[curve["layers"]], curve["deltas"])[0, 1])


def main(folder, before, after):
    folder = Path(folder)
    check_weights(folder, weights(before), weights(after))
    check_similarity(folder)
    for name, error in worst.items():
        print(f"{error:.1e}  {name}")
    sys.exit(0 if max(worst.values()) <= LIMIT else 1)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*sys.argv[1:])
