"""Writes random tiny checkpoints of every family and what transformers (fp32, CPU) computes from them.

    python test/golden/make_engine_goldens.py [fixture or tiny ...]

Without names, all of them and what models/tiny has. Rerunnable: fixed seeds. Needs torch, transformers, tokenizers.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, LlamaConfig

from engine_fixtures import DROPPED, FIXTURE_SETTINGS
from engine_tokenizers import CHATS, TEXTS, small

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIXTURES = ROOT / "test" / "fixtures" / "engine"


def write_fixture(name: str, seed: int, *, config=LlamaConfig, tokenizer=small, dtype=torch.bfloat16, shard: str | None = None,
                  stop=(2, 1), vectors: float = 0, published: dict | None = None, **changes) -> Path:
    """`vectors`: how far norms and biases, which transformers begins with 1 or 0, are moved from there.

    `published`: fields of config.json as the family's published ones have them.
    """
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tokenizer(folder)
    settings = dict(vocab_size=320, hidden_size=32, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4,
                    num_key_value_heads=2, head_dim=16, max_position_embeddings=256, rms_norm_eps=1e-5,
                    tie_word_embeddings=True, bos_token_id=0, eos_token_id=2, pad_token_id=1, initializer_range=0.2)
    settings |= changes
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config(**settings)).to(dtype)
    if vectors:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter.add_(vectors * torch.randn_like(parameter))
    model.generation_config = GenerationConfig(bos_token_id=settings["bos_token_id"], eos_token_id=list(stop),
                                               pad_token_id=settings["pad_token_id"])
    model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    if published:
        path = folder / "config.json"
        fields = {**json.loads(path.read_text()), **published}
        path.write_text(json.dumps({name: value for name, value in fields.items() if value is not DROPPED}, indent=2) + "\n")
    return folder


def numbers(tensor: torch.Tensor) -> list[float]:
    return [float(f"{x:.7g}") for x in tensor.flatten().tolist()]


@torch.no_grad()
def forward(model, ids: list[int]):
    out = model(torch.tensor([ids]), output_hidden_states=True)
    layers = model.config.num_hidden_layers
    # The last of hidden_states is after the final norm: read every block's own output instead.
    return out.logits[0], blocks(model, ids, layers)


@torch.no_grad()
def blocks(model, ids, layers, steer=None):
    seen: dict[int, torch.Tensor] = {}

    def hook(layer):
        def read(_module, _inputs, output):
            hidden = output[0] if isinstance(output, tuple) else output
            if steer and layer in steer:
                hidden = hidden + steer[layer]
            seen[layer] = hidden[0]
            return (hidden, *output[1:]) if isinstance(output, tuple) else hidden
        return read

    handles = [block.register_forward_hook(hook(layer)) for layer, block in enumerate(model.model.layers)]
    try:
        logits = model(torch.tensor([ids])).logits[0]
    finally:
        for handle in handles:
            handle.remove()
    stacked = torch.stack([seen[layer] for layer in range(layers)])
    return stacked if steer is None else (stacked, logits)


@torch.no_grad()
def greedy(model, ids: list[int], count: int, stop: set[int], steer=None) -> list[int]:
    """Recomputes the whole text at every token, without a cache: slow, plain, right."""
    new: list[int] = []
    layers = model.config.num_hidden_layers
    while len(new) < count:
        logits = (blocks(model, ids + new, layers, steer)[1] if steer else model(torch.tensor([ids + new])).logits[0])[-1]
        token = int(logits.argmax())
        if token in stop:
            break
        new.append(token)
    return new


def stop_ids(model) -> set[int]:
    value = model.generation_config.eos_token_id
    return set(value if isinstance(value, list) else [value])


@torch.no_grad()
def model_golden(folder: Path, raw: list[str], chats: list, new_tokens: int, forced: int) -> dict:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    stop, layers, hidden = stop_ids(model), model.config.num_hidden_layers, model.config.hidden_size
    prompts = [{"prompt": {"format": "raw", "text": text}, "ids": tokenizer(text)["input_ids"]} for text in raw if text]
    prompts += [{"prompt": {"format": "chat", "messages": chat},
                 "ids": list(render(tokenizer, chat))} for chat in chats]
    for index, row in enumerate(prompts):
        logits, stacked = forward(model, row["ids"])
        row["logits"] = numbers(logits[-1])
        row["argmax"] = logits.argmax(-1).tolist()
        first, rest = [0], list(range(len(row["ids"]) // 2, len(row["ids"])))
        row["pools"] = [first, rest]
        # At most two rows carry activations: the file stays small.
        if index < 2:
            row["means"] = [numbers(torch.stack([stacked[l, pool].mean(0) for l in range(layers)])) for pool in row["pools"]]
        row["norms"] = [numbers(torch.stack([stacked[l, pool].norm(dim=-1).mean() for l in range(layers)])) for pool in row["pools"]]
        row["greedy"] = greedy(model, row["ids"], new_tokens, stop)
        row["text"] = decode(tokenizer, row["greedy"])
    long = greedy(model, prompts[0]["ids"], forced, set())
    generator = torch.Generator().manual_seed(5)
    vector = torch.nn.functional.normalize(torch.randn(hidden, generator=generator), dim=0)
    layer, size = layers // 2, float(prompts and torch.tensor(prompts[0]["norms"][1])[layers // 2]) * 0.7
    ids = prompts[1]["ids"]
    stacked, logits = blocks(model, ids, layers, {layer: size * vector})
    steered = {"ids": ids, "layer": layer, "coefficient": size, "vector": numbers(vector), "logits": numbers(logits[-1]),
               "last": numbers(stacked[:, -1]), "greedy": greedy(model, ids, new_tokens, stop, {layer: size * vector})}
    weights = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        weights.update(path.read_bytes())
    return {"weights": weights.hexdigest(), "layers": layers, "prompts": prompts, "forced": {"ids": prompts[0]["ids"], "greedy": long}, "steered": steered}


def render(tokenizer, chat: list, tokenize: bool = True):
    return tokenizer.apply_chat_template(chat, add_generation_prompt=True, enable_thinking=False, tokenize=tokenize,
                                         return_dict=False)


def decode(tokenizer, ids: list[int]) -> str | None:
    """None for what a tokenizer that falls back to bytes writes of bytes that are no text: Rust's gives up all of a run of
    them when one is wrong, JavaScript's keeps those that are right."""
    text = tokenizer.decode(ids, skip_special_tokens=True)
    return None if "\ufffd" in text and "<0x00>" in tokenizer.get_vocab() else text


def tokenizer_golden(folder: Path, chats: list) -> dict:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [{"text": text, "ids": (ids := tokenizer(text)["input_ids"]), "decoded": tokenizer.decode(ids, skip_special_tokens=True)}
             for text in TEXTS]
    chats = [{"messages": chat, "ids": list(render(tokenizer, chat)),
              "text": render(tokenizer, chat, tokenize=False)} for chat in chats]
    # Partial characters and special tokens: what a model may well generate.
    count = len(tokenizer)
    odd = [[i % count for i in range(start, start + 12)] for start in range(0, count, max(1, count // 20))]
    return {"texts": texts, "chats": chats,
            "decoded": [{"ids": ids, "text": text} for ids in odd if (text := decode(tokenizer, ids)) is not None]}


def write(name: str, golden: dict) -> None:
    (HERE / f"{name}.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


RAW = TEXTS[:3] + TEXTS[8:9] + TEXTS[10:11]


def write_tiny() -> None:
    for variant in ["base", "instruct", "judge"]:
        folder = ROOT / "models" / "tiny" / variant
        if not (folder / "config.json").exists():
            continue
        questions = ["What do you think of the moon?", "Is the sea blue?", "Tell me about the old bridge.", "Why do cats sleep?",
                     "I think the sun is cold. Do you agree?", "Where is the library?", "How many legs has a spider?"]
        raw = ["The old bridge", "I was walking in the garden when"]
        write(f"engine-tiny-{variant}", model_golden(folder, raw, [[{"role": "user", "content": q}] for q in questions], 40, 200))
        write(f"tokenizer-tiny-{variant}", tokenizer_golden(folder, CHATS))


def main() -> None:
    torch.set_num_threads(2)
    chosen = sys.argv[1:] or [*FIXTURE_SETTINGS, "tiny"]
    for name in chosen:
        if name == "tiny":
            write_tiny()
            continue
        settings = dict(FIXTURE_SETTINGS[name])
        chats = [CHATS[index] for index in settings.pop("chats", range(len(CHATS)))]
        folder = write_fixture(name, **settings)
        write(f"engine-{name}", model_golden(folder, RAW, chats, 24, 100))
        # The others have the tokenizer of this one.
        if name == "tied-bf16" or "tokenizer" in settings:
            write(f"tokenizer-{name}", tokenizer_golden(folder, chats))


if __name__ == "__main__":
    main()
