"""The peer of compare.ts: the same step by PyTorch, as one would write it. Prints {"seconds", "cpuSeconds", "peakBytes"}.

    python3 bench/weights/peer.py <step> <from> <to> <vector sets> <null directions> <top k> <threads>

Norms are in fp32 (PyTorch's own accumulation), which is less work than the fp64 of compare.ts.
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch
from safetensors import safe_open


@torch.inference_mode()
def main(step, before, after, sets, null, top, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    start, used = time.perf_counter(), time.process_time()
    with safe_open(Path(before) / "model.safetensors", "pt") as a, safe_open(Path(after) / "model.safetensors", "pt") as b:
        layers = 1 + max(int(name.split(".")[2]) for name in a.keys() if ".layers." in name)

        def pair(name):
            return a.get_tensor(name).float(), b.get_tensor(name).float()

        def residual(layer):
            total = 0
            for part in ("self_attn.o_proj", "mlp.down_proj"):
                x, y = pair(f"model.layers.{layer}.{part}.weight")
                total = total + (y - x).mean(1)
            return total

        if step == "norms":
            for name in a.keys():
                x, y = (tensor.flatten() for tensor in pair(name))
                delta, size = torch.linalg.vector_norm(y - x), torch.linalg.vector_norm(x)
                _ = (delta.item(), (delta / size).item(), (torch.dot(x, y) / (size * torch.linalg.vector_norm(y))).item())
        elif step == "logit_lens":
            norm, head = b.get_tensor("model.norm.weight").float(), b.get_tensor("lm_head.weight").float()
            directions = torch.cat([
                torch.stack([residual(layer) for layer in range(layers)]),
                torch.nn.functional.normalize(torch.randn(sets * layers, norm.numel()), dim=1),
            ])
            normed = directions * directions.square().mean(1, keepdim=True).rsqrt() * norm
            logits = normed @ head.T
            logits.topk(top), logits.topk(top, largest=False)
        else:
            hidden = b.get_tensor("model.norm.weight").numel()
            directions = torch.nn.functional.normalize(torch.randn(sets + null, hidden), dim=1)
            for layer in range(layers):
                total = 0
                for part in ("self_attn.o_proj", "mlp.down_proj"):
                    x, y = pair(f"model.layers.{layer}.{part}.weight")
                    delta = y - x
                    total = total + delta.mean(1)
                    (directions @ delta).norm(dim=1) / delta.norm()
                    u, _, _ = torch.svd_lowrank(delta, q=16, niter=7)
                    (directions @ u[:, :8]).abs()
                directions @ (total / total.norm())
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    print(json.dumps({"seconds": seconds, "cpuSeconds": cpu, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    name, before, after, *counts = sys.argv[1:]
    main(name, before, after, *map(int, counts))
