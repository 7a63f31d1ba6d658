"""Prints what torch reads in files, as a list in JSON: tensors as [dtype, shape, numbers], dicts as lists of pairs.

    python3 test/rig/torch_load.py <file> …
"""

import json
import sys

import torch


def plain(value):
    if isinstance(value, torch.Tensor):
        return [str(value.dtype).removeprefix("torch."), list(value.shape), value.double().flatten().tolist()]
    if isinstance(value, dict):
        return [[key, plain(item)] for key, item in value.items()]
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


if __name__ == "__main__":
    print(json.dumps([plain(torch.load(path, weights_only=True)) for path in sys.argv[1:]]))
