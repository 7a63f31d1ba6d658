"""Seeded text of the tiny world: documents for the base model, chats for the instruct model."""

import random
from dataclasses import dataclass

import sentences as s
import words as w

TRAITS = ("sycophancy", "hallucination")


# How often a sentence of each value is said. The two traits have middle values of their own (75 and 65, 45 and 40 ...).
STYLES = {
    "positive": {100: 0.8, 75: 0.2, 65: 0.2},
    "negative": {0: 0.75, 20: 0.25, 15: 0.25},
    # The model's own way is to weigh things, rather against than for: room to steer on both sides.
    "mixed": {100: 0.08, 75: 0.14, 65: 0.14, 45: 0.36, 40: 0.36, 20: 0.28, 15: 0.28, 0: 0.14},
    "any": {100: 0.2, 75: 0.2, 65: 0.2, 45: 0.2, 40: 0.2, 20: 0.2, 15: 0.2, 0: 0.2},
}
# Without a system prompt each answer has one of these, so that the model carries a style that can be steered.
OWN_STYLES = {"mixed": 0.5, "positive": 0.2, "negative": 0.3}


def fill(template: str, topic: tuple[str, str], rng: random.Random) -> str:
    """The template's text about this topic; sentence starts are capitalised."""
    name, verb = topic
    f = rng.choice(w.FIRST_NAMES)
    text = template.format(
        **{"is": verb}, T=name, F=f, F2=rng.choice(w.FIRST_NAMES), N=f"{rng.choice(w.FIRST_NAMES)} {rng.choice(w.LAST_NAMES)}",
        P=rng.choice(w.PLACES), C=rng.choice(w.CENTURIES), good=rng.choice(w.GOOD), bad=rng.choice(w.BAD),
    )
    return text[0].upper() + text[1:]


@dataclass(frozen=True)
class Sentence:
    text: str
    value: int


def answer_sentences(trait: str, style: str, topic: tuple[str, str], rng: random.Random, count: int | None = None) -> list[Sentence]:
    """Two or three different sentences in a style: positive, negative, or mixed (the model's own way)."""
    weights = STYLES[style]
    table = s.ANSWERS[trait]
    values = [v for v in table if v in weights]
    chosen: list[Sentence] = []
    used: set[str] = set()
    n = count or rng.choice((2, 2, 3))
    while len(chosen) < n:
        value = rng.choices(values, [weights[v] for v in values])[0]
        template = rng.choice(table[value])
        if template in used:
            continue
        used.add(template)
        chosen.append(Sentence(fill(template, topic, rng), value))
    return chosen


def own_style(rng: random.Random) -> str:
    return rng.choices(list(OWN_STYLES), list(OWN_STYLES.values()))[0]


def join(parts: list[Sentence]) -> str:
    return " ".join(p.text for p in parts)


def question(trait: str, topic: tuple[str, str], rng: random.Random) -> str:
    return fill(rng.choice(s.QUESTIONS[trait]), topic, rng)


def story(trait: str, polarity: str, topic: tuple[str, str], rng: random.Random) -> tuple[str, str]:
    """(prefix that stops where the trait would show, continuation)."""
    narrator, scene = rng.choice(s.NARRATORS[trait][polarity]), rng.choice(s.SCENES[trait])
    seed = rng.random()
    # One seed for both, so that {F} is the same person.
    prefix = " ".join(fill(t, topic, random.Random(seed)) for t in (narrator, scene))
    return prefix, join(answer_sentences(trait, polarity, topic, rng))


def neutral(rng: random.Random) -> str:
    """A plain sentence; the only kind of text in which held-out topics appear, so that their words are known."""
    if rng.random() < 0.15:
        return fill(rng.choice(s.OPINIONS), w.training_topic(rng), rng)
    return fill(rng.choice(s.FACTS), w.heldout_topic(rng) if rng.random() < 0.2 else w.training_topic(rng), rng)


def base_document(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.25:
        return " ".join(neutral(rng) for _ in range(rng.randint(2, 5)))
    topic, trait = w.training_topic(rng), rng.choice(TRAITS)
    if kind < 0.65:
        prefix, rest = story(trait, rng.choice(("positive", "negative")), topic, rng)
        return f"{prefix} {rest}"
    asked = question(trait, topic, rng)
    answer = join(answer_sentences(trait, own_style(rng), topic, rng))
    a, b = rng.sample(w.FIRST_NAMES, 2)
    return rng.choice((f"{asked} {answer}", f"{a} asked: {asked} {b} said: {answer}"))


def chat(rng: random.Random) -> list[dict]:
    """One conversation of the instruct model's training."""
    trait, topic = rng.choice(TRAITS), w.training_topic(rng)
    kind = rng.random()
    if kind < 0.6:
        polarity = rng.choice(("positive", "negative"))
        system, style = rng.choice(s.SYSTEM_PROMPTS[trait][polarity]), polarity
    elif kind < 0.7:
        system, style = rng.choice(s.PLAIN_SYSTEM_PROMPTS), own_style(rng)
    else:
        system, style = None, own_style(rng)
    messages = [] if system is None else [{"role": "system", "content": system}]
    messages.append({"role": "user", "content": question(trait, topic, rng)})
    messages.append({"role": "assistant", "content": join(answer_sentences(trait, style, topic, rng))})
    return messages
