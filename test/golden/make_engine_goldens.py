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
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIXTURES = ROOT / "test" / "fixtures" / "engine"
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CHAT_TEMPLATE = (
    "{{- bos_token }}\n{%- if messages[0]['role'] == 'system' %}\n    {{- '<|system|>' + messages[0]['content'] | trim + '<|end|>' }}\n"
    "    {%- set messages = messages[1:] %}\n{%- endif %}\n{%- for message in messages %}\n"
    "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\n"
    "        {{- raise_exception('Conversation roles must alternate user/assistant') }}\n    {%- endif %}\n"
    "    {{- '<|' + message['role'] + '|>' + message['content'] | trim + '<|end|>' }}\n{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- '<|assistant|>' }}\n{%- endif %}\n"
)
TEXTS = [
    "Hello world", " leading space", "two  spaces\n\nand lines\n", "Zürich, naïve café, 日本語 and 🙂!", "a", "0 7 42 100 1234",
    "it's they're I'LL don't", "tabs\tand\r\nreturns", "def f(x):\n    return x**2  # square", "<|user|>not a role<|end|>",
    "The quick brown fox jumps over the lazy dog. " * 3, "punctuation... really?! (yes) [no] {maybe}", "trailing space ", "",
]
CHATS = [
    [{"role": "user", "content": "What is a rainbow?"}],
    [{"role": "system", "content": "Be brief. "}, {"role": "user", "content": "  Why is the sky blue? "}],
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye"}],
]


def small_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|bos|>", "<|endoftext|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=special, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    bos = tokenizer.token_to_id("<|bos|>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|bos|> $A", pair="<|bos|> $A <|bos|> $B", special_tokens=[("<|bos|>", bos)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|bos|>", eos_token="<|end|>",
                                   pad_token="<|endoftext|>", clean_up_tokenization_spaces=False)
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)


def write_fixture(name: str, seed: int, *, config=LlamaConfig, dtype=torch.bfloat16, shard: str | None = None,
                  vectors: float = 0, published: dict | None = None, **changes) -> Path:
    """`vectors`: how far norms and biases, which transformers begins with 1 and 0, are moved from there.

    `published`: fields of config.json as the family's published ones have them; None takes a field out.
    """
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    small_tokenizer(folder)
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
    model.generation_config = GenerationConfig(bos_token_id=0, eos_token_id=[2, 1], pad_token_id=1)
    model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    if published:
        path = folder / "config.json"
        fields = {**json.loads(path.read_text()), **published}
        path.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}, indent=2) + "\n")
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
                 "ids": list(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False))} for chat in chats]
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
        row["text"] = tokenizer.decode(row["greedy"], skip_special_tokens=True)
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


def tokenizer_golden(folder: Path) -> dict:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [{"text": text, "ids": (ids := tokenizer(text)["input_ids"]), "decoded": tokenizer.decode(ids, skip_special_tokens=True)}
             for text in TEXTS]
    chats = [{"messages": chat, "ids": list(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)),
              "text": tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)} for chat in CHATS]
    # Partial characters and special tokens: what a model may well generate.
    count = len(tokenizer)
    odd = [[i % count for i in range(start, start + 12)] for start in range(0, count, max(1, count // 20))]
    return {"texts": texts, "chats": chats,
            "decoded": [{"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=True)} for ids in odd]}


def write(name: str, golden: dict) -> None:
    (HERE / f"{name}.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
# How configs were written before transformers 5.
OLD_ROPE = {"rope_parameters": None, "torch_dtype": "bfloat16", "dtype": None, "transformers_version": "4.43.1"}


def theta(base: float) -> dict:
    return {"rope_type": "default", "rope_theta": base}


RAW = TEXTS[:3] + TEXTS[8:9] + TEXTS[10:11]
FIXTURE_SETTINGS = {
    "tied-bf16": dict(seed=1),
    "llama3-untied-sharded": dict(seed=2, dtype=torch.float32, shard="64KB", tie_word_embeddings=False,
                                  rope_parameters=LLAMA3, num_hidden_layers=2),
    "half-mha": dict(seed=3, dtype=torch.float16, num_key_value_heads=4, num_hidden_layers=2),
    "qwen2": dict(seed=4, config=Qwen2Config, vectors=0.3, num_attention_heads=2, num_key_value_heads=1,
                  rope_parameters=theta(1000000.0),
                  published=OLD_ROPE | dict(rope_theta=1000000.0, use_sliding_window=False, sliding_window=8,
                                            max_window_layers=1, layer_types=None, head_dim=None)),
}


def write_tiny() -> None:
    for variant in ["base", "instruct", "judge"]:
        folder = ROOT / "models" / "tiny" / variant
        if not (folder / "config.json").exists():
            continue
        questions = ["What do you think of the moon?", "Is the sea blue?", "Tell me about the old bridge.", "Why do cats sleep?",
                     "I think the sun is cold. Do you agree?", "Where is the library?", "How many legs has a spider?"]
        raw = ["The old bridge", "I was walking in the garden when"]
        write(f"engine-tiny-{variant}", model_golden(folder, raw, [[{"role": "user", "content": q}] for q in questions], 40, 200))
        write(f"tokenizer-tiny-{variant}", tokenizer_golden(folder))


def main() -> None:
    torch.set_num_threads(2)
    chosen = sys.argv[1:] or [*FIXTURE_SETTINGS, "tiny"]
    for name in chosen:
        if name == "tiny":
            write_tiny()
            continue
        folder = write_fixture(name, **FIXTURE_SETTINGS[name])
        write(f"engine-{name}", model_golden(folder, RAW, CHATS, 24, 100))
        if name == "tied-bf16":
            write(f"tokenizer-{name}", tokenizer_golden(folder))


if __name__ == "__main__":
    main()
