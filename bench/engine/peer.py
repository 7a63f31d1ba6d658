"""The peer of cpu.ts: the same work by transformers (PyTorch, fp32, CPU). Reads a JSON job, prints a JSON result.

    python3 bench/engine/peer.py make <folder>      writes a random model of the demo's size
    python3 bench/engine/peer.py run <job.json>     times generation, capture, scoring
"""

import json
import sys
import time
from pathlib import Path

import torch


def make(folder: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=2048, hidden_size=128, intermediate_size=384, num_hidden_layers=8, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=1024, rms_norm_eps=1e-5, tie_word_embeddings=True,
        initializer_range=0.1, bos_token_id=0, eos_token_id=2))
    model.to(torch.bfloat16).save_pretrained(folder)


def batches(rows, size):
    rows = sorted(rows, key=len)
    return [rows[i:i + size] for i in range(0, len(rows), size)]


@torch.inference_mode()
def run(job: dict) -> dict:
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(job["threads"])
    model = AutoModelForCausalLM.from_pretrained(job["weightsDir"], dtype=torch.float32).eval()
    result = {}

    # As a usual pipeline does it: left-padded batches, hooks that keep what is pooled.
    def padded(rows):
        width = max(map(len, rows))
        ids = torch.tensor([[0] * (width - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        return ids, mask

    start = time.perf_counter()
    for rows in batches(job["generate"], job["rows"]):
        ids, mask = padded(rows)
        model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=job["newTokens"], min_new_tokens=job["newTokens"],
                       do_sample=False, pad_token_id=0)
    result["generate"] = time.perf_counter() - start

    start = time.perf_counter()
    for rows in batches(job["capture"], job["rows"]):
        ids, mask = padded(rows)
        hidden = model.model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[1:]
        weights = mask.float()
        [((state * weights[:, :, None]).sum(1) / weights.sum(1, keepdim=True), state.norm(dim=-1)) for state in hidden]
    result["capture"] = time.perf_counter() - start

    start = time.perf_counter()
    for rows in batches(job["score"], job["rows"]):
        ids, mask = padded(rows)
        logits = model(input_ids=ids, attention_mask=mask, logits_to_keep=1).logits[:, -1]
        logits.softmax(-1)[:, job["tokenIds"]]
    result["score"] = time.perf_counter() - start
    return result


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        print(json.dumps(run(json.loads(Path(sys.argv[2]).read_text()))))
