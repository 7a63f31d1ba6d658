"""Makes methods.json: what torch (mean_diff, gradient), numpy and scikit-learn (pca, probe) answer on small seeded data.

    python3 test/golden/make_method_goldens.py

The data itself is in the file (base64 of fp32, [rows, columns], positives first), so that the tests need no Python.
Last made with torch 2.13 (CPU) and scikit-learn 1.9.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
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


def pca(data, n_pos, differences):
    """The first right singular vector of the differences, uncentred, towards the positives; scikit-learn agrees."""
    _, values, directions = np.linalg.svd(differences, full_matrices=False)
    rows = data.astype(np.float64)
    positive, negative = rows[:n_pos].mean(axis=0), rows[n_pos:].mean(axis=0)
    vector = directions[0] * np.sign(directions[0] @ (positive - negative))
    # scikit-learn centres: of every pair in both orders the mean is zero.
    both = PCA(n_components=1, svd_solver="full").fit(np.concatenate([differences, -differences]))
    assert abs(both.components_[0] @ vector) > 1 - 1e-9
    return {
        "vector": encode(vector),
        "norm": float(values[0] / np.sqrt(len(differences))),
        "baseline": float((positive + negative) / 2 @ vector),
    }


def paired(data, n_pos):
    rows = data.astype(np.float64)
    return pca(data, n_pos, rows[:n_pos] - rows[n_pos:]) if 2 * n_pos == len(rows) else None


def unpaired(data, n_pos):
    rows = data.astype(np.float64)
    differences = rows[:n_pos, None, :] - rows[None, n_pos:, :]
    return pca(data, n_pos, differences.reshape(-1, rows.shape[1]))


def gradient(data, n_pos, start):
    """The search of the trait-interp pipeline in torch, in fp64 and from a given start. Not normalised."""
    rows = torch.from_numpy(data).double()
    vector = torch.from_numpy(start).double().requires_grad_()
    optimizer = torch.optim.Adam([vector], lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        projections = rows @ (vector / (vector.norm() + 1e-8))
        separation = projections[:n_pos].mean() - projections[n_pos:].mean()
        (0.01 * vector.norm() - separation).backward()
        optimizer.step()
    return {"start": encode(start), "vector": encode(vector.detach().numpy())}


def separation(data, n_pos):
    """Of mean_diff's vector: accuracy about the midpoint, and Cohen's d with the pooled deviation."""
    rows = data.astype(np.float64)
    difference = rows[:n_pos].mean(axis=0) - rows[n_pos:].mean(axis=0)
    projections = rows @ (difference / np.linalg.norm(difference))
    positive, negative = projections[:n_pos], projections[n_pos:]
    boundary = (positive.mean() + negative.mean()) / 2
    right = (positive > boundary).sum() + (negative <= boundary).sum()
    if len(positive) < 2 or len(negative) < 2:
        return {"accuracy": float(right / len(rows)), "effectSize": None}
    freedom = len(rows) - 2
    pooled = ((len(positive) - 1) * positive.var(ddof=1) + (len(negative) - 1) * negative.var(ddof=1)) / freedom
    return {
        "accuracy": float(right / len(rows)),
        "effectSize": float((positive.mean() - negative.mean()) / np.sqrt(pooled)),
    }


def main():
    starts = np.random.default_rng(7)
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
                "pca_paired": paired(data, n_pos),
                "pca_unpaired": unpaired(data, n_pos),
                "gradient": gradient(data, n_pos, starts.normal(size=data.shape[1]).astype(np.float32)),
                "separation": separation(data, n_pos),
            }
        )
    path = Path(__file__).with_name("methods.json")
    path.write_text(json.dumps(goldens, indent=1) + "\n")


if __name__ == "__main__":
    main()
