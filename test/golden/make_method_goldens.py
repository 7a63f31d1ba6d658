"""Makes methods.json: what torch (mean_diff) and scikit-learn (probe) answer on small seeded data sets.

    python3 test/golden/make_method_goldens.py

The data itself is in the file (base64 of fp32, [rows, columns], positives first), so that the tests need no Python.
Last made with torch 2.13 (CPU) and scikit-learn 1.9.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression


def gaussian(rng, n_pos, n_neg, columns, shift, offset=0.0, scale=1.0):
    """Two clouds of the same shape, `shift` apart along a random direction, both moved away from the origin."""
    direction = rng.normal(size=columns)
    direction /= np.linalg.norm(direction)
    centre = offset * rng.normal(size=columns)
    rows = centre + scale * rng.normal(size=(n_pos + n_neg, columns))
    rows[:n_pos] += shift * direction
    return rows


def cases():
    rng = np.random.default_rng(20240607)
    yield "separable", 20, 20, gaussian(rng, 20, 20, 16, shift=6)
    yield "overlapping", 60, 60, gaussian(rng, 60, 60, 8, shift=1)
    yield "fewer rows than columns", 6, 6, gaussian(rng, 6, 6, 256, shift=4)
    yield "imbalanced", 90, 10, gaussian(rng, 90, 10, 12, shift=2)
    yield "one row each", 1, 1, gaussian(rng, 1, 1, 32, shift=3)
    base = gaussian(rng, 25, 25, 5, shift=3)
    yield "collinear", 25, 25, np.concatenate([base, base, 2 * base[:, :1] - base[:, 1:2]], axis=1)
    # Like residuals: a large common part, one outlier dimension, a small difference.
    residuals = gaussian(rng, 40, 40, 64, shift=2, offset=3)
    residuals[:, 7] += 150
    yield "outlier dimension", 40, 40, residuals
    yield "large values", 15, 15, gaussian(rng, 15, 15, 24, shift=2e4, offset=1e4, scale=1e4)
    yield "small values", 15, 15, gaussian(rng, 15, 15, 24, shift=2e-5, offset=1e-5, scale=1e-5)


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def mean_diff(data, n_pos):
    rows = torch.from_numpy(data)
    positive, negative = rows[:n_pos].mean(dim=0), rows[n_pos:].mean(dim=0)
    difference = positive - negative
    vector = difference / difference.norm()
    return {
        "vector": encode(vector.numpy()),
        "norm": difference.norm().item(),
        "baseline": ((positive + negative) / 2 @ vector).item(),
    }


def probe(data, n_pos, dtype, tol):
    rows = data.astype(dtype)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    labels = np.arange(len(rows)) < n_pos
    fitted = LogisticRegression(C=1.0, solver="lbfgs", max_iter=1000, tol=tol).fit(rows, labels)
    weights = fitted.coef_[0].astype(np.float64)
    norm = float(np.linalg.norm(weights))
    means = data.astype(np.float64)
    middle = (means[:n_pos].mean(axis=0) + means[n_pos:].mean(axis=0)) / 2
    return {
        "vector": encode(weights / norm),
        "norm": norm,
        "baseline": float(middle @ (weights / norm)),
        "bias": float(fitted.intercept_[0]),
        "trainAccuracy": float(fitted.score(rows, labels)),
    }


def main():
    goldens = []
    for name, n_pos, n_neg, rows in cases():
        data = rows.astype(np.float32)
        goldens.append(
            {
                "name": name,
                "positives": n_pos,
                "negatives": n_neg,
                "columns": data.shape[1],
                "data": encode(data),
                "mean_diff": mean_diff(data, n_pos),
                # As pipelines call it: fp32, default tolerance.
                "probe": probe(data, n_pos, np.float32, 1e-4),
                # The same objective followed to its minimum.
                "probe_exact": probe(data, n_pos, np.float64, 1e-10),
            }
        )
    path = Path(__file__).with_name("methods.json")
    path.write_text(json.dumps(goldens, indent=1) + "\n")


if __name__ == "__main__":
    main()
