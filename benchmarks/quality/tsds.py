"""TSDS (Liu, Karbasi and Rekatsinas 2024, arXiv 2410.11303) in NumPy, from its formulas."""

from __future__ import annotations

import numpy as np

PIECE = 500


def tsds(
    pool: np.ndarray,
    target: np.ndarray,
    *,
    sigma: float = 0.75,
    trade_off: float = 5.0,
    alpha: float = 0.5,
    max_neighbors: int = 5000,
    density_neighbors: int = 1000,
) -> np.ndarray:
    """The probability of each pool row; defaults are the public script's.

    Each target row hands out 1/M over its nearest pool rows, to neighbour k the share
    1/(s rho_k), where rho is a kernel estimate of how many copies a row has. One level s is shared
    by all targets: the one at which what is gained by spreading equals what the way costs.
    """
    distances = squared_distances(target, pool)
    densities = np.full(len(pool), np.nan)
    most = min(max_neighbors, len(pool) - 1)
    count = min(64, most)
    while True:
        # Densities cost most: neighbours are looked at only as far as the level reaches.
        near = np.argpartition(distances, count, axis=1)[:, : count + 1]
        ranked = np.take_along_axis(distances, near, 1)
        order = np.argsort(ranked, axis=1, kind="stable")
        near = np.take_along_axis(near, order, 1)
        lengths = np.sqrt(np.take_along_axis(ranked, order, 1).astype(np.float64))
        missing = np.unique(near)[np.isnan(densities[np.unique(near)])]
        densities[missing] = density(pool, missing, sigma, density_neighbors)
        shares = 1 / densities[near]
        level = _level(lengths, shares, (1 - alpha) * len(target) * trade_off / alpha)
        reached = _reached(shares, level)
        if count == most or reached.max() < count:
            return _probabilities(len(pool), near, shares, reached, level)
        count = min(2 * count, most)


def density(pool: np.ndarray, rows: np.ndarray, sigma: float, neighbors: int) -> np.ndarray:
    """Sum of max(0, 1 - distance^2 / sigma^2) over a row's nearest pool rows, itself included."""
    sums = np.empty(len(rows))
    for first in range(0, len(rows), PIECE):
        some = rows[first : first + PIECE]
        weights = np.maximum(0, 1 - squared_distances(pool[some], pool) / np.float32(sigma**2))
        for place, row in enumerate(weights, start=first):
            positive = row[row > 0]
            if len(positive) > neighbors:
                positive = np.partition(positive, -neighbors)[-neighbors:]
            sums[place] = positive.sum(dtype=np.float64)
    return np.maximum(1, sums)


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """By one product, never below 0."""
    squares = a @ b.T
    squares *= -2
    squares += (a * a).sum(1)[:, None]
    squares += (b * b).sum(1)
    return np.maximum(squares, 0, out=squares)


def _reached(shares: np.ndarray, level: float) -> np.ndarray:
    """How many neighbours of each target are filled at a level."""
    return np.minimum((np.cumsum(shares, axis=1) <= level).sum(1), shares.shape[1] - 1)


def _level(lengths: np.ndarray, shares: np.ndarray, limit: float) -> float:
    """The least level at which a little more of it would lengthen the ways by the limit.

    That is the sum over filled neighbours of (length of the next one - own length) times share,
    which only rises: found by halving.
    """
    every = np.arange(len(lengths))
    none = np.zeros((len(lengths), 1))
    filled = np.cumsum(np.hstack([none, shares]), axis=1)
    walked = np.cumsum(np.hstack([none, lengths * shares]), axis=1)
    low, high = 0.0, float(filled[:, -1].max())
    for _ in range(60):
        level = (low + high) / 2
        reached = _reached(shares, level)
        cost = lengths[every, reached] * filled[every, reached] - walked[every, reached]
        low, high = (low, level) if cost.sum() >= limit else (level, high)
    return high


def _probabilities(
    rows: int, near: np.ndarray, shares: np.ndarray, reached: np.ndarray, level: float
) -> np.ndarray:
    total = np.zeros(rows)
    for row, part, filled in zip(near, shares, reached, strict=True):
        given = part[:filled] / level
        total[row[:filled]] += given
        total[row[filled]] += max(0.0, 1 - given.sum())
    return total / total.sum()
