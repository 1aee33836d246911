"""DSIR: the log odds of a text's hashed n-grams in a target and in a pool."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from gio4j._engine.jobs import OnStatus
from gio4j._rows.texts import texts_of
from gio4j._select.groups import numbered
from gio4j.errors import InvalidInputError

Buckets = npt.NDArray[np.uint16]
_BUCKETS = 10_000
# Added to the share of a bucket before its logarithm.
_EPS = 1e-8
# Of NLTK's WordPunctTokenizer.
_TOKENS = re.compile(r"\w+|[^\w\s]+")
# N-grams whose bucket is remembered: 100 MB. Of a language's text half come again.
_REMEMBERED = 1 << 19
# Buckets of texts that are looked up at once.
_AT_ONCE = 1 << 20


def dsir_scores(
    pool: Any, target: Any, groups: Any, min_tokens: int, on_status: OnStatus | None
) -> npt.NDArray[np.float64]:
    """By group of the target and text of the pool, its counts times the log ratios of buckets.

    The pool is read once; the buckets of its n-grams, two bytes each, wait in a temporary file
    until all are counted.
    """
    bucket = lru_cache(_REMEMBERED)(_bucket)
    wanted = [_counts(buckets) for buckets in _hashed(target, "target", bucket)]
    of_rows = (
        np.zeros(len(wanted), np.int32) if groups is None else numbered(groups, len(wanted))[1]
    )
    by_group = np.zeros((int(of_rows.max()) + 1, _BUCKETS))
    for group, (places, counts) in zip(of_rows, wanted, strict=True):
        by_group[group, places] += counts
    del wanted
    with tempfile.TemporaryFile() as waiting:
        total = np.zeros(_BUCKETS)
        lengths = []
        for buckets in _hashed(pool, "pool", bucket):
            total += np.bincount(buckets, minlength=_BUCKETS)
            lengths.append(len(buckets))
            waiting.write(buckets.tobytes())
            if on_status is not None and len(lengths) % 1024 == 0:
                on_status({"stage": "hash", "done": len(lengths), "total": 0, "objective": None})
        ratios = _log_shares(by_group, "target") - _log_shares(total[None], "pool")
        waiting.seek(0)
        scores = _sums(waiting, np.array(lengths), ratios)
    # Of n words there are n - 1 pairs.
    scores[:, (np.array(lengths) + 1) // 2 < min_tokens] = -np.inf
    return scores


def _bucket(ngram: str) -> int:
    return int.from_bytes(sha256(ngram.encode()).digest(), "big") % _BUCKETS


def _hashed(value: Any, name: str, bucket: Callable[[str], int]) -> Iterator[Buckets]:
    """The bucket of each word, then of each pair of words, text by text."""
    row = 0
    for texts in texts_of(value, name):
        for text in texts:
            words = _TOKENS.findall(text.lower())
            pairs = map(" ".join, pairwise(words))
            try:
                yield np.array([*map(bucket, words), *map(bucket, pairs)], np.uint16)
            except UnicodeEncodeError:
                raise InvalidInputError(
                    f"{name}: row {row} has half of a surrogate pair, which is no text; drop or "
                    "repair such rows"
                ) from None
            row += 1


def _counts(buckets: Buckets) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    return np.unique(buckets, return_counts=True)


def _log_shares(counts: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
    totals = counts.sum(axis=1, keepdims=True)
    if not totals.all():
        raise InvalidInputError(f"{name}: its texts, or those of a group, hold no words; pass some")
    shares: npt.NDArray[np.float64] = np.log(counts / totals + _EPS)
    return shares


def _sums(
    waiting: IO[bytes], lengths: npt.NDArray[np.int64], ratios: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The sum of the ratios of each text's buckets, some texts at a time."""
    sums = np.zeros((len(ratios), len(lengths)))
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        before = ends[first] - lengths[first]
        last = max(first + 1, int(np.searchsorted(ends, before + _AT_ONCE, side="right")))
        buckets = np.frombuffer(waiting.read(2 * int(ends[last - 1] - before)), np.uint16)
        held = first + np.flatnonzero(lengths[first:last])
        if len(held):
            starts = ends[held] - lengths[held] - before
            sums[:, held] = np.add.reduceat(ratios[:, buckets], starts, axis=1)
        first = last
    return sums
