"""What a selection is worth: what is in it, and what is learnt from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import euclidean_distances

#: Of the classifier's weights, as shares of the number of features.
PENALTIES = np.logspace(-4, 0, 5)
#: Broken rows are cut to so many units before they are learnt, as anyone would.
LARGEST = 10.0


def shares(
    labels: np.ndarray,
    spoiled: np.ndarray,
    wanted: Mapping[int, float],
    copies_of: np.ndarray | None = None,
) -> dict[str, float]:
    """What is in a selection, without a network.

    mix_error : sum over all classes of |share - wanted share|, 0 to 2
    right : share of clean rows of wanted classes
    copies : rows that repeat another one picked, if the task has copies
    """
    classes = np.union1d(np.unique(labels), list(wanted))
    asked = np.array([wanted.get(int(label), 0.0) for label in classes])
    found = (labels[:, None] == classes).mean(axis=0)
    right = np.isin(labels, list(wanted)) & ~spoiled
    scored = {"mix_error": float(np.abs(found - asked).sum()), "right": float(right.mean())}
    if copies_of is not None:
        scored["copies"] = float(len(labels) - len(np.unique(copies_of)))
    return scored


def accuracy(
    rows: np.ndarray,
    labels: np.ndarray,
    tests: np.ndarray,
    test_labels: np.ndarray,
    *,
    hidden: int,
    seed: int,
) -> float:
    """Of ridge regression on random features: a network of which the last layer is learnt.

    In closed form, its penalty by leave-one-out, so that thousands of selections can be judged. The
    unit of length is that of the tests, the same for every method.
    """
    random = np.random.default_rng(seed)
    center = tests.mean(axis=0)
    unit = np.sqrt(np.square(tests - center).sum(axis=1).mean())
    directions = random.normal(size=(rows.shape[1], hidden))
    offsets = random.normal(size=hidden)

    def features(some: np.ndarray) -> np.ndarray:
        scaled = np.clip((some - center) / unit, -LARGEST, LARGEST)
        return np.maximum(0, scaled @ directions + offsets)

    if len(np.unique(labels)) == 1:
        return float(np.mean(test_labels == labels[0]))
    model = RidgeClassifierCV(hidden * PENALTIES).fit(features(rows), labels)
    return float(model.score(features(tests), test_labels))


def energy_distance(rows: np.ndarray, target: np.ndarray) -> float:
    """2 E|x - w| - E|x - x'| - E|w - w'|, in double."""

    def mean(a: np.ndarray, b: np.ndarray) -> float:
        return float(euclidean_distances(a.astype(np.float64), b.astype(np.float64)).mean())

    return 2 * mean(rows, target) - mean(rows, rows) - mean(target, target)


class Bigrams:
    """A bigram language model with Witten-Bell smoothing, which has no parameter to tune.

    words : size of the vocabulary; words are whole numbers below it, and 0 begins a sentence
    """

    def __init__(self, words: int, sentences: list[np.ndarray]) -> None:
        self.words = words
        before, after = _pairs(sentences)
        self.counts = np.bincount(after, minlength=words)
        self.keys, self.times = np.unique(before * words + after, return_counts=True)
        self.total = np.bincount(before, minlength=words)
        self.kinds = np.bincount(self.keys // words, minlength=words)

    def perplexity(self, sentences: list[np.ndarray]) -> float:
        """How many words the model hesitates between, on average."""
        before, after = _pairs(sentences)
        seen, kinds = self.counts.sum(), np.count_nonzero(self.counts)
        alone = (self.counts[after] + kinds / self.words) / (seen + kinds)
        keys = before * self.words + after
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        times = np.where(self.keys[places] == keys, self.times[places], 0)
        total, kinds_after = self.total[before], self.kinds[before]
        with np.errstate(invalid="ignore"):
            after_it = (times + kinds_after * alone) / (total + kinds_after)
        chances = np.where(total > 0, after_it, alone)
        return float(np.exp(-np.log(chances).mean()))


def _pairs(sentences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Each word with the one before it."""
    before = np.concatenate([np.append(0, words[:-1]) for words in sentences])
    return before.astype(np.int64), np.concatenate(sentences).astype(np.int64)
