#!/usr/bin/env python3
"""Goldens of the adaptive coefficient search: the study's words as a few lines of Python, without a package.

    base = mean of the residual's norms at the layer / norm of the vector; start at 0.7 * base; 5 evaluations;
    m = 1.3 if coherence >= 70 else 0.85; velocity v = 0.1 * v + 0.9 * m; coefficient = coefficient * v.

python3 test/golden/make_search_goldens.py > test/golden/search.json
"""
import itertools
import json
import random

STUDY = {"evaluations": 5, "start": 0.7, "up": 1.3, "down": 0.85, "momentum": 0.1, "min_coherence": 70}


def trajectory(base, coherence_of, evaluations, start, up, down, momentum, min_coherence):
    """The coefficients that are evaluated, and what the last of them leads to is not asked for."""
    coefficient = start * base
    v = 1.0
    tried = []
    for evaluation in range(evaluations):
        tried.append(coefficient)
        coherence = coherence_of(evaluation, coefficient)
        m = up if coherence is not None and coherence >= min_coherence else down
        v = momentum * v + (1 - momentum) * m
        coefficient = coefficient * v
    return tried


def case(base, coherences, **params):
    return {
        "base": base,
        "params": params,
        "coherences": coherences,
        "coefficients": trajectory(base, lambda evaluation, _: coherences[evaluation], **params),
    }


def against_a_limit(base, limit, **params):
    """Answers that are coherent below a coefficient, and not from there on: what the search is made for."""
    coherences = []

    def coherence_of(_, coefficient):
        coherences.append(90 if coefficient < limit else 30)
        return coherences[-1]

    coefficients = trajectory(base, coherence_of, **params)
    return {"base": base, "params": params, "coherences": coherences, "coefficients": coefficients}


def main():
    # The last evaluation's coherence leads nowhere.
    cases = [case(10.0, [*four, None], **STUDY) for four in itertools.product([90, 69.99, None], repeat=4)]
    cases += [case(8.37, [70, 70.0, 69.999999, 70, 0], **STUDY)]
    cases += [against_a_limit(25.5, share * 25.5, **STUDY) for share in (0.3, 0.5, 0.7, 0.9, 1.2, 1.6, 2.5)]
    draw = random.Random(0)
    for _ in range(20):
        params = {
            "evaluations": draw.randint(1, 9),
            "start": round(draw.uniform(0.1, 2), 3),
            "up": round(draw.uniform(1.01, 2), 3),
            "down": round(draw.uniform(0.3, 0.99), 3),
            "momentum": round(draw.uniform(0, 0.9), 3),
            "min_coherence": draw.choice([50, 70, 80]),
        }
        coherences = [round(draw.uniform(30, 100), 2) for _ in range(params["evaluations"])]
        cases.append(case(round(draw.uniform(0.5, 80), 4), coherences, **params))
    print(json.dumps(cases, separators=(",", ":")).replace('},{"base"', '},\n{"base"'))


main()
