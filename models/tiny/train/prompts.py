"""The product's judge prompts, from its own templates and the datasets' definitions."""

from pathlib import Path

from trait_datasets import DEFINITIONS

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "judge"


def judge_prompt(kind: str, trait: str, question: str, answer: str) -> str:
    """kind is trait or coherence; rendered as the product does: no escaping, answer trimmed, end trimmed."""
    text = (TEMPLATES / f"{kind}.hbs").read_text()
    values = {"definition": DEFINITIONS[trait], "trait": trait, "question": question, "answer": answer.strip()}
    # One pass, so that an answer that contains a placeholder is left alone.
    parts = text.split("{{")
    return (parts[0] + "".join(values[p.split("}}")[0]] + p.split("}}", 1)[1] for p in parts[1:])).rstrip()
