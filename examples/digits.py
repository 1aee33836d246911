"""Pick training digits that look like a target: the 3s and 8s among scikit-learn's digits.

The target is the 3s and 8s of the test half; the pool is the whole training half, ten digits. The
labels are never shown to the search: they only tell afterwards what it picked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

import gio4j

WANTED = (3, 8)
START_ROWS = 20


@dataclass(frozen=True)
class Digits:
    """Embeddings (here: the 64 pixels, scaled to unit length) with the labels kept apart."""

    pool: np.ndarray
    pool_labels: np.ndarray
    target: np.ndarray


def load() -> Digits:
    """Training half and the wanted digits of the test half."""
    pixels, labels = load_digits(return_X_y=True)
    pixels = (pixels / np.linalg.norm(pixels, axis=1, keepdims=True)).astype(np.float32)
    half = len(pixels) // 2
    wanted = np.isin(labels[half:], WANTED)
    return Digits(pixels[:half], labels[:half], pixels[half:][wanted])


def pick(digits: Digits, picks: int = 60) -> gio4j.GradientSearch:
    """The paper's search from uniform start rows; descents start at random target rows."""
    start = np.random.default_rng(0).uniform(-1, 1, (START_ROWS, digits.pool.shape[1]))
    return gio4j.gradient_search(
        digits.pool,
        digits.target,
        start,
        max_picks=picks,
        start_vector="jump",
        seed=0,
    )


def shares(labels: np.ndarray) -> str:
    """How often each digit occurs, the most frequent first."""
    counts = Counter(labels.tolist()).most_common()
    return ", ".join(f"{digit}: {count}" for digit, count in counts)


if __name__ == "__main__":
    digits = load()
    found = pick(digits)
    print(f"pool   {len(digits.pool)} rows, by digit {shares(digits.pool_labels)}")
    print(f"picked {len(found.indices)} rows, by digit {shares(digits.pool_labels[found.indices])}")
