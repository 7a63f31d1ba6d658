"""A peer of cpu.ts: the same work by transformers (PyTorch, fp32, CPU). Reads a JSON job, prints a JSON result.

    python3 bench/engine/peer.py make <folder>      writes a random model of the demo's size
    python3 bench/engine/peer.py run <job.json>     times steered generation, extraction, scoring
"""

import json
import sys
import time
from contextlib import contextmanager
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
    """Places of rows of about the same length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    return [order[i:i + size] for i in range(0, len(order), size)]


# As a usual pipeline does it: left-padded batches, hooks that steer, hidden states that are pooled.
def padded(rows):
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return {"input_ids": ids, "attention_mask": mask}


class Clock:
    def __init__(self):
        self.spent = {}

    @contextmanager
    def time(self, name):
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.spent[name] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


@contextmanager
def steered(model, vectors, rows):
    """Adds to each row of the batch what it is steered by, layer by layer."""
    by_layer = {}
    for row, entries in enumerate(rows):
        for entry in entries:
            by_layer.setdefault(entry["layer"], []).append((row, entry["coefficient"] * vectors[entry["vector"]]))
    hooks = []
    for layer, entries in by_layer.items():
        at, added = torch.tensor([row for row, _ in entries]), torch.stack([vector for _, vector in entries])[:, None]
        hooks.append(model.model.layers[layer].register_forward_hook(
            lambda _module, _inputs, output, at=at, added=added: output.index_add_(0, at, added.expand(-1, output.shape[1], -1))))
    yield
    for hook in hooks:
        hook.remove()


@torch.inference_mode()
def run(job: dict) -> dict:
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(job["threads"])
    model = AutoModelForCausalLM.from_pretrained(job["weightsDir"], dtype=torch.float32, attn_implementation="sdpa").eval()
    vectors = torch.tensor(job["vectors"])
    clock = Clock()

    def write(rows, tokens):
        return model.generate(**padded(rows), max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False,
                              pad_token_id=0)[:, -tokens:].tolist()

    write(job["generate"][:2], 2)
    ids = [None] * len(job["generate"])
    with clock.time("generation"):
        for batch in batches(job["generate"], job["batch"]):
            with steered(model, vectors, [job["steering"][i] for i in batch]):
                for i, row in zip(batch, write([job["generate"][i] for i in batch], job["newTokens"])):
                    ids[i] = row

    with clock.time("extraction"):
        for batch in batches(job["extract"], job["batch"]):
            inputs = padded([job["extract"][i] for i in batch])
            hidden = model.model(**inputs, output_hidden_states=True, use_cache=False).hidden_states[1:]
            weights = inputs["attention_mask"].float()
            [((state * weights[:, :, None]).sum(1) / weights.sum(1, keepdim=True), state.norm(dim=-1)) for state in hidden]

    with clock.time("scoring"):
        for batch in batches(job["score"], job["batch"]):
            logits = model(**padded([job["score"][i] for i in batch]), logits_to_keep=1, use_cache=False).logits[:, -1]
            logits.softmax(-1)[:, job["tokenIds"]]
    return {"spent": clock.spent, "ids": ids}


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        print(json.dumps(run(json.loads(Path(sys.argv[2]).read_text()))))
