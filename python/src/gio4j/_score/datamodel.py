"""`gio4j.datamodel`: what each row does to an outcome, by regression over training runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j._checks import brief, check_real
from gio4j._rows.matrix import to_numpy
from gio4j.errors import InvalidInputError, InvalidTypeError

Doubles = npt.NDArray[np.float64]
# Numbers of a block of masks as doubles: 32 MB.
_BLOCK_NUMBERS = 1 << 22


def datamodel(masks: Any, outcomes: Any, ridge: float = 1.0) -> Doubles:
    """Estimate by how much each row of a pool changes an outcome of training.

    A linear datamodel [1]_: the outcome of a run is an intercept plus the sum of the weights of the
    rows that were trained on, by ridge regression over runs on random parts of the pool.

    Parameters
    ----------
    masks : array-like of shape (runs, N), bool, or of zeros and ones
        Which rows each run was trained on. A mapped file is read some of it at a time.
    outcomes : array-like of shape (runs,) or (runs, t)
        What came out of each run, more being better: a margin, an accuracy, minus a loss; or t such
        numbers, each with weights of its own.
    ridge : float, default=1.0
        Cost of the squared weights, above 0: the sum of squared errors plus ``ridge * |w|^2`` is
        minimised.

    Returns
    -------
    ndarray of shape (N,) or (N, t), float64
        The weights, which are scores for the method "dsdm"; of several outcomes take the mean. A
        row that all runs had, or none, has 0.

    Raises
    ------
    InvalidInputError
        For shapes or values that do not fit. It is a ValueError.
    TypeError
        For dtypes that hold no numbers.

    Notes
    -----
    With R runs it costs ``N * R * min(N, R)`` multiply-adds, and memory for a square matrix of the
    smaller number. Weights estimated from few runs are mostly noise: the number of runs should be
    of the order of the rows that matter.

    References
    ----------
    .. [1] A. Ilyas, S. M. Park, L. Engstrom, G. Leclerc and A. Madry. Datamodels: Predicting
       predictions from training data. ICML 2022. arXiv 2202.00622.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> masks = random.integers(0, 2, (200, 30))
    >>> outcomes = masks[:, 4] - 0.5 * masks[:, 7] + 0.1 * random.normal(size=200)
    >>> weights = gio4j.datamodel(masks, outcomes)
    >>> int(weights.argmax()), int(weights.argmin())
    (4, 7)
    """
    trained = to_numpy(masks, "masks")
    if trained.dtype.kind not in "buif":
        raise InvalidTypeError(f"masks: dtype {str(trained.dtype)[:80]}; needs bool, or 0 and 1")
    if trained.ndim != 2 or 0 in trained.shape:
        raise InvalidInputError(
            f"masks: has shape {trained.shape}; needs a row for each run, and in it a value for "
            "each row of the pool"
        )
    runs, rows = trained.shape
    results = _results(outcomes, runs)
    cost = check_real(ridge, "ridge", least=0, above=True)
    means = np.empty(rows)
    for columns, block in _blocks(trained):
        means[columns] = block.mean(axis=0)
    centred = results - results.mean(axis=0)
    weights = np.empty((rows, results.shape[1]))
    if runs <= rows:
        gram = np.zeros((runs, runs))
        for columns, block in _blocks(trained):
            gram += (less := block - means[columns]) @ less.T
        dual = np.linalg.solve(gram + cost * np.eye(runs), centred)
        for columns, block in _blocks(trained):
            weights[columns] = (block - means[columns]).T @ dual
    else:
        gram = np.zeros((rows, rows))
        right = np.zeros_like(weights)
        for places, block in _blocks(trained.T):
            gram += (less := block - means[:, None]) @ less.T
            right += less @ centred[places]
        weights[:] = np.linalg.solve(gram + cost * np.eye(rows), right)
    return weights if np.ndim(outcomes) == 2 else weights[:, 0]


def _blocks(masks: npt.NDArray[Any]) -> Iterator[tuple[slice, Doubles]]:
    """Some columns at a time, as doubles."""
    most = max(1, _BLOCK_NUMBERS // masks.shape[0])
    for start in range(0, masks.shape[1], most):
        block = masks[:, start : start + most].astype(np.float64)
        bad = np.argwhere((block != 0) & (block != 1))
        if len(bad):
            row, column = bad[0]
            raise InvalidInputError(
                f"masks: holds {block[row, column]:g}; needs 1 where a run was trained on a row, "
                "and else 0"
            )
        yield slice(start, start + most), block


def _results(outcomes: Any, runs: int) -> Doubles:
    array = to_numpy(outcomes, "outcomes")
    if array.dtype.kind not in "buif":
        raise InvalidTypeError(f"outcomes: dtype {str(array.dtype)[:80]}; needs numbers")
    if array.ndim not in (1, 2) or len(array) != runs or 0 in array.shape:
        raise InvalidInputError(
            f"outcomes: has shape {array.shape}; needs a number, or a row of them, for each of the "
            f"{runs} runs of masks"
        )
    results: Doubles = array.astype(np.float64).reshape(runs, -1)
    bad = np.argwhere(~np.isfinite(results))
    if len(bad):
        raise InvalidInputError(
            f"outcomes: run {bad[0][0]} has {brief(float(results[tuple(bad[0])]))}; needs finite "
            "numbers"
        )
    return results
