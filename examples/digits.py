"""Pick training digits that look like a target: the 3s and 8s among scikit-learn's digits.

The target is the 3s and 8s of the test half; the pool is the whole training half, ten digits. The
labels are never shown to `select`: they only tell afterwards what it picked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

import gio4j

WANTED = (3, 8)
BUDGET = 40


@dataclass(frozen=True)
class Digits:
    """Rows of 64 pixels, in place of embeddings, with the labels kept apart."""

    pool: np.ndarray
    pool_labels: np.ndarray
    target: np.ndarray


def load() -> Digits:
    """Training half and the wanted digits of the test half."""
    pixels, labels = load_digits(return_X_y=True)
    half = len(pixels) // 2
    wanted = np.isin(labels[half:], WANTED)
    return Digits(pixels[:half], labels[:half], pixels[half:][wanted])


def pick(digits: Digits) -> gio4j.Selection:
    """As many rows as the budget, by the default method."""
    return gio4j.select(digits.pool, digits.target, BUDGET)


def shares(labels: np.ndarray) -> str:
    """How often each digit occurs, the most frequent first."""
    counts = Counter(labels.tolist()).most_common()
    return ", ".join(f"{digit}: {count}" for digit, count in counts)


if __name__ == "__main__":
    digits = load()
    found = pick(digits)
    print(f"pool   {len(digits.pool)} rows, by digit {shares(digits.pool_labels)}")
    print(f"picked {len(found.indices)} rows, by digit {shares(digits.pool_labels[found.indices])}")
