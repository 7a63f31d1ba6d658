"""What gpu.ts does, by PyTorch and transformers (SDPA, bf16, forward hooks), and both beside each other.

    python3 bench/engine/gpu_peer.py <weights folder> make     random weights of Llama-3.1-8B's size
    python3 bench/engine/gpu_peer.py <weights folder>          measure, after gpu.ts
"""

import json
import sys
import time
from pathlib import Path

import torch

FOLDER = Path(sys.argv[1])
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16", "hidden_act": "silu",
    "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 128256, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
    "max_position_embeddings": 8192, "tie_word_embeddings": False, "bos_token_id": 128000, "eos_token_id": 128001,
    "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 8192},
}  # fmt: skip
# Of an H100 (SXM): dense bf16 and memory; what a copy and a large product reach there is about 80% of either.
PEAK_FLOPS, PEAK_BYTES = 989e12, 3.35e12


def make():
    from safetensors.torch import save_file

    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "config.json").write_text(json.dumps(CONFIG))
    torch.manual_seed(0)
    hidden, inner, vocab, kv = 4096, 14336, 128256, 1024
    shapes = {"model.embed_tokens.weight": (vocab, hidden), "lm_head.weight": (vocab, hidden), "model.norm.weight": (hidden,)}
    for layer in range(32):
        p = f"model.layers.{layer}"
        for name, shape in {
            "self_attn.q_proj": (hidden, hidden), "self_attn.k_proj": (kv, hidden), "self_attn.v_proj": (kv, hidden),
            "self_attn.o_proj": (hidden, hidden), "mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden),
            "mlp.down_proj": (hidden, inner), "input_layernorm": (hidden,), "post_attention_layernorm": (hidden,),
        }.items():  # fmt: skip
            shapes[f"{p}.{name}.weight"] = shape
    shards, shard, size = [], {}, 0
    for name, shape in shapes.items():
        wide = torch.ones(shape) if len(shape) == 1 else torch.randn(shape, device="cuda") * 0.02
        shard[name] = wide.to(torch.bfloat16).cpu()
        size += shard[name].nbytes
        if size > 4e9 or name == list(shapes)[-1]:
            shards.append(list(shard))
            save_file(shard, FOLDER / f"model-{len(shards):05d}.safetensors")
            shard, size = {}, 0
    files = {name: f"model-{index + 1:05d}.safetensors" for index, names in enumerate(shards) for name in names}
    (FOLDER / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))


def load(dtype):
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(FOLDER, dtype=dtype, attn_implementation="sdpa", device_map="cuda").eval()


def text(row, length, vocab):
    return [(row * length + at) * 7919 % (vocab - 10) for at in range(length)]


def best(repeats, work):
    seconds = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


@torch.inference_mode()
def measure():
    ours = json.loads((FOLDER / "gpu.json").read_text())
    peers, limits = {}, {}
    started = time.perf_counter()
    model = load(torch.bfloat16)
    torch.cuda.synchronize()
    peers["load seconds"] = time.perf_counter() - started
    config = model.config
    layers, hidden, vocab = config.num_hidden_layers, config.hidden_size, config.vocab_size
    blocks = sum(p.numel() for n, p in model.named_parameters() if "layers" in n)
    head = vocab * hidden

    ids = torch.tensor([text(row, 256, vocab) for row in range(64)]).cuda()

    def extract():
        states = model.model(ids, output_hidden_states=True).hidden_states[1:]
        return torch.stack([state.float().mean(1) for state in states]).cpu()

    peers["extract 64 x 256 tokens/s"] = 64 * 256 / best(3, extract)
    limits["extract 64 x 256 tokens/s"] = PEAK_FLOPS / (2 * blocks)

    # The reference pipeline: for each position a pass over all answers, in padded batches.
    answers = [40 + row * 37 % 217 for row in range(200)]
    order = sorted(range(200), key=lambda row: -answers[row])
    batches = [order[at : at + 64] for at in range(0, 200, 64)]

    def responses():
        for count in (5, 15, 256):
            for rows in batches:
                width = 60 + answers[rows[0]]
                padded = torch.zeros(len(rows), width, dtype=torch.long)
                mask = torch.zeros(len(rows), width)
                seen = torch.zeros(len(rows), width, dtype=torch.long)
                for place, row in enumerate(rows):
                    length = 60 + answers[row]
                    padded[place, :length] = torch.tensor(text(row, length, vocab))
                    seen[place, :length] = 1
                    mask[place, 60 : 60 + min(count, answers[row])] = 1
                weights = (mask / mask.sum(1, keepdim=True)).cuda()[:, :, None]
                states = model.model(padded.cuda(), attention_mask=seen.cuda(), output_hidden_states=True).hidden_states[1:]
                torch.stack([(state.float() * weights).sum(1) for state in states]).cpu()

    peers["response set, three positions tokens/s"] = sum(60 + answer for answer in answers) / best(2, responses)
    limits["response set, three positions tokens/s"] = PEAK_FLOPS / (2 * blocks)

    def generation(count, sample):
        ids = torch.tensor([text(row, 64, vocab) for row in range(count)]).cuda()
        rows = torch.arange(count)
        hooks = []
        for layer in range(layers):
            vector = ((layer * hidden + torch.arange(hidden)) * 37 % 101 - 50) / 5000
            coefficients = (rows % 7 + 1) / 3 * (rows % layers == layer)
            added = (coefficients[:, None, None] * vector).to(torch.bfloat16).cuda()
            hooks.append(
                model.model.layers[layer].register_forward_hook(
                    lambda module, inputs, output, added=added: (output[0] + added, *output[1:])
                    if isinstance(output, tuple)
                    else output + added
                )
            )
        kwargs = {"do_sample": True, "temperature": 1.0, "top_k": 0} if sample else {"do_sample": False}
        work = lambda: model.generate(  # noqa: E731
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=128, min_new_tokens=128, pad_token_id=0, **kwargs
        )
        seconds = best(2, work)
        for hook in hooks:
            hook.remove()
        return count * 128 / seconds

    cached = 2 * layers * config.num_key_value_heads * config.head_dim * 2
    for count in (20, 220):
        peers[f"generate {count} rows tokens/s"] = generation(count, False)
        read = 2 * (blocks + head) + count * cached * (64 + 64)
        limits[f"generate {count} rows tokens/s"] = count / (read / PEAK_BYTES)
    peers["sample 220 rows tokens/s"] = generation(220, True)
    limits["sample 220 rows tokens/s"] = limits["generate 220 rows tokens/s"]

    print(f"\n{torch.cuda.get_device_name(0)}, torch {torch.__version__}\n")
    print("| what | steerform | transformers | ratio | share of the chip's limit |\n| --- | --: | --: | --: | --: |")
    for name, value in ours.items():
        peer, limit = peers.get(name), limits.get(name)
        ratio = "" if peer is None else f"{peer / value if 'seconds' in name else value / peer:.2f}"
        share = "" if limit is None else f"{100 * value / limit:.0f}%"
        print(f"| {name} | {value:,.1f} | {'' if peer is None else f'{peer:,.1f}'} | {ratio} | {share} |")

    path = FOLDER / "gpu-logits.json"
    if path.exists():
        found = json.loads(path.read_text())
        mine = torch.tensor(found["logits"]).view(len(found["rows"]), -1)
        half = [model(torch.tensor([row]).cuda()).logits[0, -1].float().cpu() for row in found["rows"]]
        del model
        torch.cuda.empty_cache()
        wide = load(torch.float32)
        for row, (ids, mean, theirs) in enumerate(zip(found["rows"], mine, half)):
            exact = wide(torch.tensor([ids]).cuda()).logits[0, -1].cpu()
            error = lambda logits: ((logits - exact).norm() / exact.norm()).item()  # noqa: E731, B023
            print(f"logits of row {row}, relative error to fp32: ours {error(mean):.4f}, transformers bf16 {error(theirs):.4f}")


make() if sys.argv[2:] == ["make"] else measure()
