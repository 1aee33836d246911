"""Selection problems of which the answer is known: the share that each class should have.

Fashion-MNIST and the verses are fetched by set-up; the rest is made.
"""

from __future__ import annotations

import gzip
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from .data import fetched
from .scores import accuracy, energy_distance, shares

NOISE, NOISY_SHARE = 0.5, 0.3
WANTED_SHARES = (0.6, 0.3, 0.1)
LAW, HISTORY, POETRY, PROPHETS, GOSPELS, LETTERS = range(6)
#: With which book each part begins.
FIRST_BOOKS = {
    "Ge": LAW,
    "Josh": HISTORY,
    "Job": POETRY,
    "Isa": PROPHETS,
    "Mat": GOSPELS,
    "Rom": LETTERS,
}


@dataclass(frozen=True)
class Task(ABC):
    """A pool to select from and a target.

    pool : (N, d) float32, its rows in random order
    target : (n, d)
    budgets : rows to select
    """

    pool: np.ndarray
    target: np.ndarray
    budgets: tuple[int, ...]

    @abstractmethod
    def scores(self, picks: np.ndarray, seed: int) -> dict[str, float]:
        """What a selection is worth, by the names in table.MEASURES; the first is what counts."""


@dataclass(frozen=True)
class Classes(Task):
    """A classifier learns the classes of the picks and is tested in the target's proportions.

    labels : (N,) class of each pool row, as it is learnt
    wanted : the target's share of each class it has
    tests, test_labels : what is tested
    spoiled : (N,) rows that are noise besides their class
    copies_of : (N,) rows with one number are copies of one another; None: there are none
    hidden : random features of the classifier
    """

    labels: np.ndarray
    wanted: Mapping[int, float]
    tests: np.ndarray
    test_labels: np.ndarray
    spoiled: np.ndarray
    copies_of: np.ndarray | None = None
    hidden: int = 256

    def scores(self, picks: np.ndarray, seed: int) -> dict[str, float]:
        """The classifier's accuracy, then what is in the selection."""
        learned = accuracy(
            self.pool[picks],
            self.labels[picks],
            self.tests,
            self.test_labels,
            hidden=self.hidden,
            seed=seed,
        )
        repeats = None if self.copies_of is None else self.copies_of[picks]
        found = shares(self.labels[picks], self.spoiled[picks], self.wanted, repeats)
        return {"accuracy": learned, **found}


def fashion(seed: int) -> Classes:
    """60,000 images, 30 % with noise; wanted: 60/30/10 of sandals, sneakers and ankle boots."""
    random = np.random.default_rng(seed)
    pool, labels = _images("train")
    noisy = _spoil(pool, random)
    features, classes = _images("t10k")
    target, tests = _draw(classes, (5, 7, 9), 300, 800, random)
    return Classes(
        pool=pool,
        labels=labels,
        wanted=dict(zip((5, 7, 9), WANTED_SHARES, strict=True)),
        target=features[target],
        tests=features[tests],
        test_labels=classes[tests],
        budgets=(300, 1500),
        spoiled=noisy,
        hidden=1024,
    )


def fashion_whole(seed: int) -> Classes:
    """Nothing to aim at, X = G: pool and target are the same 10,000 images."""
    random = np.random.default_rng(seed)
    features, classes = _images("train")
    rows = random.permutation(len(features))[:20_000]
    pool, tests = rows[:10_000], rows[10_000:]
    images = features[pool]
    return Classes(
        pool=images,
        labels=classes[pool],
        wanted=dict.fromkeys(range(10), 0.1),
        target=images,
        tests=features[tests],
        test_labels=classes[tests],
        budgets=(500, 2500),
        spoiled=np.zeros(len(pool), bool),
        hidden=1024,
    )


def digits(seed: int) -> Classes:
    """scikit-learn's 8 x 8 digits, 30 % with noise; wanted: 60/30/10 of 3, 8 and 9.

    The pool has 87 rows of each, so that the larger budget takes most of the clean threes.
    """
    random = np.random.default_rng(seed)
    features, classes = load_digits(return_X_y=True)
    features = (features / 16).astype(np.float32)
    target, tests = _draw(classes, (3, 8, 9), 60, 100, random)
    rest = _others(len(classes), target, tests, random)
    pool = features[rest]
    noisy = _spoil(pool, random)
    return Classes(
        pool=pool,
        labels=classes[rest],
        wanted=dict(zip((3, 8, 9), WANTED_SHARES, strict=True)),
        target=features[target],
        tests=features[tests],
        test_labels=classes[tests],
        budgets=(30, 90),
        spoiled=noisy,
        hidden=512,
    )


def outliers(seed: int) -> Classes:
    """The digits with broken rows of 1e3 to 1e8: 80 in the pool, three in the target of 60."""
    task = digits(seed)
    random = np.random.default_rng(seed + 1000)
    pool, target, spoiled = task.pool.copy(), task.target.copy(), task.spoiled.copy()
    for rows, broken in ((pool, 80), (target, 3)):
        places = random.choice(len(rows), broken, replace=False)
        sizes = 10 ** random.uniform(3, 8, size=(broken, 1))
        rows[places] = sizes * random.normal(size=(broken, rows.shape[1]))
        if rows is pool:
            spoiled[places] = True
    return replace(task, pool=pool, target=target, spoiled=spoiled)


def verses(seed: int) -> Classes:
    """The 31,102 verses of the King James Bible; wanted: 60/30/10 of poetry, gospels, letters.

    Six classes: law, history, poetry, prophets, gospels and Acts, letters. A linear classifier
    tells 60 % of them, so classes overlap far more than in the images.
    """
    random = np.random.default_rng(seed)
    features, labels = _verses()
    wanted = (POETRY, GOSPELS, LETTERS)
    target, tests = _draw(labels, wanted, 200, 800, random)
    rest = _others(len(labels), target, tests, random)
    return Classes(
        pool=features[rest],
        labels=labels[rest],
        wanted=dict(zip(wanted, WANTED_SHARES, strict=True)),
        target=features[target],
        tests=features[tests],
        test_labels=labels[tests],
        budgets=(200, 1000),
        spoiled=np.zeros(len(rest), bool),
    )


def mixture(
    seed: int,
    columns: int = 32,
    targets: int = 200,
    budgets: tuple[int, ...] = (100, 1000),
    apart: float = 1.2,
) -> Classes:
    """20 normal clusters of unlike width and size; wanted: 40/30/15/10/5 of five of them.

    12,000 rows; 200 of them stand there 20 times more, and another 200 as often with a jitter of
    0.001: four rows in ten are copies.
    """
    random = np.random.default_rng(seed)
    shares = (0.4, 0.3, 0.15, 0.1, 0.05)
    centers = random.normal(scale=apart, size=(20, columns))
    widths = random.uniform(0.5, 1.5, size=20)

    def rows(classes: np.ndarray) -> np.ndarray:
        noise = random.normal(size=(len(classes), columns))
        return (centers[classes] + widths[classes, None] * noise).astype(np.float32)

    labels = random.choice(20, 12_000, p=random.dirichlet(np.full(20, 2.0)))
    pool = rows(labels)
    copied = np.repeat(random.choice(12_000, 400, replace=False), 20)
    copies = pool[copied]
    copies[4000:] += random.normal(scale=1e-3, size=(4000, columns)).astype(np.float32)
    order = random.permutation(20_000)
    wanted = random.permutation(20)[:5]
    target, tests = (
        np.repeat(wanted, np.rint(np.multiply(shares, size)).astype(int)) for size in (targets, 800)
    )
    return Classes(
        pool=np.concatenate([pool, copies])[order],
        labels=np.concatenate([labels, labels[copied]])[order],
        wanted={int(label): share for label, share in zip(wanted, shares, strict=True)},
        target=rows(target),
        tests=rows(tests),
        test_labels=tests,
        budgets=budgets,
        spoiled=np.zeros(20_000, bool),
        copies_of=np.concatenate([np.arange(12_000), copied])[order],
    )


def plane(seed: int) -> Classes:
    """The mixture in two columns, with more targets than the budget has rows."""
    return mixture(seed, columns=2, targets=5000, budgets=(20, 200), apart=8)


@dataclass(frozen=True)
class Narrow(Task):
    """Rows of the target's own topic are wanted; no other selection comes near."""

    related: np.ndarray

    def scores(self, picks: np.ndarray, seed: int) -> dict[str, float]:
        """The share of related rows, and the energy distance as a share of random rows'."""
        random = np.random.default_rng(seed)
        draws = [random.choice(len(self.pool), len(picks), replace=False) for _ in range(10)]
        usual = np.mean([energy_distance(self.pool[draw], self.target) for draw in draws])
        energy = energy_distance(self.pool[picks], self.target) / usual
        return {"right": float(self.related[picks].mean()), "energy": float(energy)}


def narrow(seed: int) -> Narrow:
    """60 paraphrases, 0.06 apart, and a pool of 10,000 unit vectors that starts at 0.7.

    400 rows lie at 0.7 to 0.9 from the target, 2,000 at 1.0 to 1.2, the others in 40 topics
    elsewhere.
    """
    random = np.random.default_rng(seed)

    def units(rows: int) -> np.ndarray:
        return normalize(random.normal(size=(rows, 384)))

    def around(centers: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """Unit rows at these distances from centres of length 1."""
        aside = units(len(distances))
        aside = normalize(aside - (aside * centers).sum(axis=1, keepdims=True) * centers)
        cosines = (1 - distances**2 / 2)[:, None]
        return cosines * centers + np.sqrt(1 - cosines**2) * aside

    topics = units(41)
    own = topics[:1]
    pool = np.concatenate(
        [
            around(own, random.uniform(0.7, 0.9, size=400)),
            around(own, random.uniform(1.0, 1.2, size=2000)),
            around(topics[random.integers(1, 41, size=7600)], random.uniform(0.7, 1.1, size=7600)),
        ]
    )
    order = random.permutation(len(pool))
    return Narrow(
        pool=pool[order].astype(np.float32),
        target=around(own, np.full(60, 0.06 / np.sqrt(2))).astype(np.float32),
        budgets=(50, 200),
        related=order < 400,
    )


@cache
def _verses() -> tuple[np.ndarray, np.ndarray]:
    """TF-IDF and a truncated SVD, rows of length 1; and to which part each belongs."""
    text, labels = [], []
    part, last = LAW, ""
    lines = fetched("verses/verses.txt").read_text()
    for book, verse in re.findall(r"^([1-3]?[A-Za-z]+)\d+:\d+ (.+)$", lines, re.M):
        if book != last:
            part, last = FIRST_BOOKS.get(book, part), book
        text.append(verse)
        labels.append(part)
    words = TfidfVectorizer(sublinear_tf=True, min_df=3).fit_transform(text)
    rows = TruncatedSVD(128, random_state=0).fit_transform(words)
    return normalize(rows).astype(np.float32), np.array(labels)


def _images(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of 784 pixels from 0 to 1, and their classes."""
    with gzip.open(fetched(f"fashion/{part}-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    with gzip.open(fetched(f"fashion/{part}-labels-idx1-ubyte.gz")) as file:
        classes = np.frombuffer(file.read(), np.uint8, offset=8)
    return pixels.reshape(-1, 784).astype(np.float32) / 255, classes.astype(np.int64)


def _spoil(rows: np.ndarray, random: Any) -> np.ndarray:
    """Adds noise to a share of the rows, in place; which they are."""
    noisy = np.zeros(len(rows), bool)
    noisy[random.choice(len(rows), round(NOISY_SHARE * len(rows)), replace=False)] = True
    noise = random.normal(scale=NOISE, size=(noisy.sum(), rows.shape[1]))
    rows[noisy] = np.clip(rows[noisy] + noise, 0, 1)
    return noisy


def _draw(
    classes: np.ndarray, wanted: tuple[int, ...], targets: int, tests: int, random: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the wanted classes in the wanted shares: for the target, and others for the test."""
    drawn: list[np.ndarray] = []
    for label, share in zip(wanted, WANTED_SHARES, strict=True):
        rows = random.permutation(np.flatnonzero(classes == label))
        first, second = round(share * targets), round(share * tests)
        drawn += [rows[:first], rows[first : first + second]]
    return np.concatenate(drawn[::2]), np.concatenate(drawn[1::2])


def _others(rows: int, target: np.ndarray, tests: np.ndarray, random: Any) -> np.ndarray:
    """Every other row, shuffled: an order of classes must not decide ties."""
    return random.permutation(np.setdiff1d(np.arange(rows), np.concatenate([target, tests])))
