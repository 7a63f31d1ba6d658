"""Small tokenizers of the families' kinds, and their chat templates."""

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

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


def llama3_splits() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def of_bytes(special: list[str], splits: pre_tokenizers.PreTokenizer, size: int = 320) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splits
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    return tokenizer


def of_pieces(special: list[str], size: int = 400) -> Tokenizer:
    """SentencePiece's kind: spaces are letters, and what is not in the vocabulary falls back to bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=size - len(special) - len(bytes_), limit_alphabet=60, show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    learned = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(learned["vocab"], key=learned["vocab"].get)
    vocabulary = {token: index for index, token in enumerate([*special, *bytes_, *pieces])}
    tokenizer.model = models.BPE(vocabulary, [tuple(merge) for merge in learned["merges"]], unk_token="<unk>", fuse_unk=True,
                                 byte_fallback=True)
    tokenizer.add_special_tokens(special)
    return tokenizer


def begin_with(tokenizer: Tokenizer, bos: str) -> None:
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.token_to_id(bos))])


def save(folder: Path, tokenizer: Tokenizer, template: str, **special) -> None:
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, **special)
    fast.chat_template = template
    fast.save_pretrained(folder)


def small(folder: Path) -> None:
    special = ["<|bos|>", "<|endoftext|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    tokenizer = of_bytes(special, llama3_splits())
    begin_with(tokenizer, "<|bos|>")
    save(folder, tokenizer, CHAT_TEMPLATE, bos_token="<|bos|>", eos_token="<|end|>", pad_token="<|endoftext|>")


# A system message of its own when it is given none: SmolLM2 and Qwen 2.5 do so.
DEFAULT_SYSTEM = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a small test.<|im_end|>\\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Finds the last question from behind, cuts thoughts out of earlier answers, and opens an empty thought when it is told not to
# think: Qwen 3 does so.
THINKING = """{%- if messages[0].role == 'system' %}{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}{%- endif %}
{%- set ns = namespace(searching=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- if ns.searching and message.role == "user" and not message.content.startswith('<tool>') %}
        {%- set ns.searching = false %}{%- set ns.last = (messages|length - 1) - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == "assistant" %}
        {%- if '</think>' in content and loop.index0 < ns.last %}{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}
        {{- '<|im_start|>assistant\\n' + content + '<|im_end|>\\n' }}
    {%- elif message.role == "user" %}
        {{- '<|im_start|>user\\n' + content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}"""


def im_tokens() -> list[str]:
    return ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def smollm2(folder: Path) -> None:
    splits = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    save(folder, of_bytes(im_tokens(), splits), DEFAULT_SYSTEM, bos_token="<|im_start|>", eos_token="<|im_end|>",
         pad_token="<|im_end|>", unk_token="<|endoftext|>")


def qwen(template: str):
    def write(folder: Path) -> None:
        tokenizer = of_bytes(im_tokens(), llama3_splits())
        tokenizer.normalizer = normalizers.NFC()
        save(folder, tokenizer, template, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    return write


def mistral(folder: Path) -> None:
    tokenizer = of_pieces(["<unk>", "<s>", "</s>"])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    begin_with(tokenizer, "<s>")
    template = (
        "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('roles must alternate, and the first is user') }}{% endif %}{% if message['role'] == 'user' %}"
        "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}"
    )
    save(folder, tokenizer, template, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def gemma(folder: Path) -> None:
    tokenizer = of_pieces(["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    begin_with(tokenizer, "<bos>")
    template = (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
        "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('roles must alternate') }}{% endif %}"
        "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
        "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
    )
    save(folder, tokenizer, template, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>")
