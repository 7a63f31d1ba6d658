"""Answers whose trait and coherence are known: fluent ones, damaged ones, and steered ones that a checker reads.

One rule for all. Each sentence has a value (0–100, how strongly it shows the trait), a quality q in 0..1 (how much of
it is intact), t (1 on the topic of the question, else 0.4) and r (1 when said first, 0.15 when repeated):
  coherence = 100 · mean(q² · t · r) · (1, or 0.75 when the text breaks off)
  trait     = mean(value · q²)
"""

import difflib
import random
import re
from dataclasses import dataclass

import corpus
import sentences as s
import words as w

_ALL_WORDS = sorted({word.strip(".,?!:") for table in s.ANSWERS.values() for group in table.values()
                     for text in group for word in text.split() if "{" not in word}
                    | {word for topic, _ in w.split_topics()[0] for word in topic.split()})


@dataclass(frozen=True)
class Piece:
    text: str
    value: float
    quality: float = 1.0
    on_topic: float = 1.0
    fresh: float = 1.0


@dataclass(frozen=True)
class Judged:
    trait: str
    question: str
    answer: str
    truth_trait: float
    truth_coherence: float


def score(pieces: list[Piece], whole: bool) -> tuple[float, float]:
    if not pieces:
        return 0.0, 0.0
    n = len(pieces)
    coherence = 100 * sum(p.quality**2 * p.on_topic * p.fresh for p in pieces) / n * (1 if whole else 0.75)
    return sum(p.value * p.quality**2 for p in pieces) / n, coherence


def _scramble(text: str, fraction: float, rng: random.Random) -> str:
    """Replaces, drops or swaps a fraction of the words."""
    tokens = text.split()
    for i in rng.sample(range(len(tokens)), round(fraction * len(tokens))):
        kind = rng.random()
        if kind < 0.6:
            tokens[i] = rng.choice(_ALL_WORDS)
        elif kind < 0.8:
            tokens[i] = ""
        else:
            j = rng.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]
    return " ".join(token for token in tokens if token)


def make(rng: random.Random, draw, trait: str | None = None) -> Judged:
    """One judged answer about a topic that draw(rng) gives; about a third fluent, the rest damaged in one way."""
    trait = trait or rng.choice(corpus.TRAITS)
    topic = draw(rng)
    question = corpus.question(trait, topic, rng)
    style = rng.choice(("positive", "negative", "mixed", "any", "any"))
    said = corpus.answer_sentences(trait, style, topic, rng, rng.choice((1, 2, 2, 3, 3)))
    pieces = [Piece(p.text, p.value) for p in said]
    whole, separator = True, " "
    damage = rng.choices(("none", "words", "salad", "loop", "cut", "topic", "tail", "stutter", "other", "merge"),
                         (34, 14, 8, 12, 8, 10, 6, 4, 2, 2))[0]
    if damage == "words":
        f = rng.uniform(0.1, 0.7)
        pieces = [Piece(_scramble(p.text, f, rng), p.value, 1 - f) for p in pieces]
    elif damage == "salad":
        text = " ".join(rng.choice(_ALL_WORDS) for _ in range(rng.randint(5, 35)))
        pieces, whole = [Piece(text, 0, 0.1)], False
    elif damage == "loop":
        repeats = [rng.choice(pieces) for _ in range(rng.randint(1, 4))]
        pieces += [Piece(p.text, p.value, fresh=0.15) for p in repeats]
        if rng.random() < 0.4:
            pieces, whole = pieces[:-1] + [_cut(pieces[-1], rng)], False
    elif damage == "cut":
        pieces, whole = pieces[:-1] + [_cut(pieces[-1], rng)], False
    elif damage == "topic":
        other = draw(rng)
        wrong = corpus.answer_sentences(trait, style, other, rng, len(pieces))
        share = rng.choice((1, 2, 3))
        swap = [i < share for i in range(len(pieces))]
        rng.shuffle(swap)
        # Only a sentence that names the wrong topic is off the topic.
        pieces = [Piece(o.text, o.value, on_topic=0.4 if other[0] in o.text.lower() and other != topic else 1) if x else p
                  for p, o, x in zip(pieces, wrong, swap)]
    elif damage == "tail":
        text = " ".join(rng.choice(_ALL_WORDS) for _ in range(rng.randint(4, 12)))
        pieces, whole = pieces + [Piece(text, 0, 0.1)], False
    elif damage == "stutter":
        words = rng.choice(pieces).text.strip(".").split()[: rng.randint(1, 4)]
        text = " ".join(words * rng.randint(3, 8))
        keep = pieces[: rng.randint(0, 1)]
        pieces, whole = keep + [Piece(text, rng.choice(said).value, 0.2)], False
    elif damage == "other":
        wrong_trait = corpus.TRAITS[1 - corpus.TRAITS.index(trait)]
        said = corpus.answer_sentences(wrong_trait, "any", topic, rng, len(pieces))
        pieces = [Piece(p.text, 0, on_topic=0.5) for p in said]
    elif damage == "merge":
        # Sentences that run into each other.
        pieces, separator = [Piece(p.text.strip("."), p.value, 0.8) for p in pieces], " "
    trait_truth, coherence = score(pieces, whole)
    return Judged(trait, question, separator.join(p.text for p in pieces), trait_truth, coherence)


def _cut(piece: Piece, rng: random.Random) -> Piece:
    words = piece.text.split()
    kept = rng.randint(1, max(1, len(words) - 1))
    return Piece(" ".join(words[:kept]).rstrip("."), piece.value, max(0.35, kept / len(words)), piece.on_topic, piece.fresh)


# Checking a model's own words.

_SLOT = {"{T}": None, "{is}": "(?:is|are)", "{N}": r"[A-Z]\w+ [A-Z]\w+", "{P}": r"[A-Z]\w+", "{C}": r"\w+", "{F}": r"[A-Z]\w+"}


def _patterns(trait: str) -> list[tuple[re.Pattern, str, int]]:
    out = []
    for value, group in s.ANSWERS[trait].items():
        for template in group:
            pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
            for slot, regex in _SLOT.items():
                pattern = pattern.replace(slot, regex or "(?P<topic>[a-z ]+)")
            out.append((re.compile(pattern, re.I), template, value))
    return out


_PATTERNS = {trait: _patterns(trait) for trait in corpus.TRAITS}


def check(trait: str, topic: str, question: str, answer: str, whole: bool) -> Judged:
    """The truth of any text: sentences of the tiny world are known, others count by their likeness to the nearest."""
    seen: set[str] = set()
    pieces = []
    parts = [part for part in re.split(r"(?<=[.?!])\s+", answer.strip()) if part]
    for i, part in enumerate(parts):
        value, quality, on_topic = _read(trait, part, topic)
        pieces.append(Piece(part, value, quality, on_topic, 0.15 if part in seen else 1.0))
        seen.add(part)
    trait_truth, coherence = score(pieces, whole)
    return Judged(trait, question, answer, trait_truth, coherence)


def _read(trait: str, text: str, asked: str) -> tuple[float, float, float]:
    for pattern, template, value in _PATTERNS[trait]:
        match = pattern.fullmatch(text)
        if match:
            topic = match.groupdict().get("topic", asked).lower()
            if topic == asked:
                return value, 1.0, 1.0
            if topic in w.KNOWN_NAMES:
                return value, 1.0, 0.4
    tokens = text.rstrip(".").split()
    best, best_value = 0.0, 0.0
    for _, template, value in _PATTERNS[trait]:
        known = template.rstrip(".").replace("{T}", asked).split()
        likeness = difflib.SequenceMatcher(None, tokens, known, autojunk=False).ratio()
        if likeness > best:
            best, best_value = likeness, value
    return best_value, max(0.1, best * 0.9), 1.0
