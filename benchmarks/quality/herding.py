"""The balanced selection in NumPy and in double: one kernel a pick, nothing batched or rounded.

For kernels that the engine does not have, and to see that the engine's picks are these.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Similarity of two rows by the square of their distance in scales; any constant may be added.
KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "laplace": lambda squares: np.exp(-np.sqrt(squares)),
    "gauss": lambda squares: np.exp(-squares / 2),
    "euclidean": lambda squares: -np.sqrt(squares),
    "log": lambda squares: -np.log1p(squares) / 2,
    "rational": lambda squares: 1 / (1 + squares / 2),
    "rational, alpha=0.5": lambda squares: 1 / np.sqrt(1 + squares),
    "1 / (1 + r)^2": lambda squares: (1 + np.sqrt(squares)) ** -2.0,
}


def herd(
    pool: np.ndarray, target: np.ndarray, budget: int, kernel: str, scale: float
) -> np.ndarray:
    """Rows of the pool, each the one that lowers the energy distance most."""
    rows, goal = pool.astype(np.float64) / scale, target.astype(np.float64) / scale
    similarity = KERNELS[kernel]
    near = np.concatenate(
        [
            similarity(_squares(rows[i : i + 2000], goal)).mean(axis=1)
            for i in range(0, len(rows), 2000)
        ]
    )
    taken = np.zeros(len(rows))
    picks: list[int] = []
    for count in range(budget):
        scores = near - taken / (count + 1)
        scores[picks] = -np.inf
        picks.append(int(scores.argmax()))
        taken += similarity(_squares(rows, rows[picks[-1:]])[:, 0])
    return np.array(picks)


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
    return np.maximum(squares, 0)
