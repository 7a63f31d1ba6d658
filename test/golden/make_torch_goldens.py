"""Writes files of torch.save into torch/, and what they hold into torch/expected.json (see test/rig/torch_load.py).

    python3 test/golden/make_torch_goldens.py

Those in refused/ hold more than tensors, dicts, lists, texts and numbers. Last made with torch 2.14 (CPU).
"""

import json
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "rig"))
from torch_load import plain  # noqa: E402


def numbers(*shape, dtype=torch.float32):
    return (torch.arange(torch.Size(shape).numel()) - 2.5).reshape(shape).to(dtype)


def half_of_a_capture(tokens, length):
    """As the study's captures are: both halves are views of one storage a layer."""
    layers = [numbers(3, 4) + 10 * layer for layer in range(2)]
    return {
        "text": "".join(tokens),
        "tokens": tokens,
        "token_ids": [1, 300, 70_000][:length],
        "activations": {layer: {"residual": whole[:length], "attn_out": whole[length:]} for layer, whole in enumerate(layers)},
    }


shared = numbers(2, 2)
FILES = {
    "tensor": numbers(2, 3),
    "types": [numbers(3, dtype=dtype) for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32,
                                                    torch.int16, torch.int8, torch.bool)] + [torch.tensor([0, 255], dtype=torch.uint8)],
    "views": {"transposed": numbers(2, 3, 4).permute(2, 0, 1), "column": numbers(3, 4)[:, 1], "scalar": torch.tensor(0.5),
              "nothing": numbers(0, 3), "twice": shared, "again": shared},
    "capture": {"prompt": half_of_a_capture(["Ist", " das", "é"], 2), "response": half_of_a_capture(["Ja", "."], 1)},
    "values": {"texts": ["", "naïve \U0001f9ed", "x" * 300, "naïve \U0001f9ed"], "others": [True, False, None, [], {}, (1, 2), ()],
               "numbers": [0, 255, 256, -1, 65536, 2**31, -(2**31), 2**53 - 1, -(2**40), 1.5, -0.1, float("inf")],
               "many": list(range(1200)), 7: {0.5: "key"}},
    "state": OrderedDict(weight=numbers(2, 2), bias=numbers(2)),
    "gradient": numbers(2).requires_grad_(),
}
REFUSED = {
    "parameter": torch.nn.Parameter(numbers(2)),
    "numpy": np.float64(1.5),
    "expanded": numbers(1).expand(3),
    "dtype": {"dtype": torch.float32},
    "huge": 2**70,
}


def main():
    folder = HERE / "torch"
    (folder / "refused").mkdir(parents=True, exist_ok=True)
    for name, value in FILES.items():
        torch.save(value, folder / f"{name}.pt")
    for name, value in REFUSED.items():
        torch.save(value, folder / "refused" / f"{name}.pt")
    torch.save(numbers(2), folder / "refused" / "old.pt", _use_new_zipfile_serialization=False)
    # JSON has no infinity.
    expected = json.dumps({name: plain(value) for name, value in FILES.items()}).replace("Infinity", "1e999")
    (folder / "expected.json").write_text(f"{expected}\n")


if __name__ == "__main__":
    main()
