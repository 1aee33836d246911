"""Rows of many columns, such as gradients, as rows of few that keep their inner products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gio4j._checks import Seed, check_int, one_of, same_columns, seed_of
from gio4j._rows.inputs import source_of
from gio4j._rows.matrix import empty
from gio4j._rows.sources import Source
from gio4j.errors import InvalidInputError

Float32 = npt.NDArray[np.float32]
#: Adds the projection of some rows, (m, p), to zeros of shape (m, columns).
Projection = Callable[[Float32, Float32], None]

KINDS = ("rademacher", "sparse", "target")
# Numbers of a block of rows: 64 MB.
_BLOCK_NUMBERS = 1 << 24
# Columns whose signs are drawn at once, which the answer depends on.
_DRAWN = 1024
# Signs that are kept instead of drawn for each block of rows: 256 MB.
_KEPT_SIGNS = 1 << 26
# New columns that each old one is added to. One, a count sketch, has a few times the error where
# few columns hold most of a row's length; more than four cost time and gain little.
_PARTS = 4


def project(
    gradients: Any,
    columns: int,
    kind: Literal["rademacher", "sparse", "target"] = "rademacher",
    *,
    target: Any = None,
    seed: Seed = 0,
) -> Float32:
    """Project rows of many columns, such as gradients, to few that keep their inner products.

    Parameters
    ----------
    gradients : matrix-like of shape (N, p)
        The rows, of any kind that `gio4j.select` takes. They are read once, some at a time, so a
        .npy file of float16 may be larger than the memory.
    columns : int
        How many columns the answer has, at least 1 and fewer than p.
    kind : {"rademacher", "sparse", "target"}, default="rademacher"
        "rademacher" multiplies by random signs [1]_, as LESS does [2]_. "sparse" adds each column,
        with a random sign, to four of the new ones [3]_: nearly as close, and cheaper the more
        columns are asked for. "target" takes coordinates in the space of the target's own
        gradients [4]_, along its principal directions: what they cannot tell is lost, and few
        columns do.
    target : matrix-like of shape (n, p), default=None
        The target's gradients, for ``kind="target"`` alone.
    seed : int, Generator, RandomState or None, default=0
        Seed of the signs, or a generator of NumPy's that draws it. Rows that are to be compared
        need the same seed. None draws one from the system.

    Returns
    -------
    ndarray of shape (N, columns), float32
        The projected rows, in memory that the engine sees, as of `gio4j.empty`.

    Raises
    ------
    InvalidInputError
        For sizes that do not fit, a number that is not finite, and a target of fewer directions
        than `columns`. It is a ValueError.
    TypeError
        For dtypes that hold no real numbers.
    GioMemoryError
        When shared memory is short.

    Notes
    -----
    The random kinds keep inner products in the mean: that of two rows errs by about the product of
    their lengths over ``sqrt(columns)``. The cost is ``N*p*columns`` multiplications, ``4*N*p`` for
    "sparse", and ``n*n*p`` more for "target", whose rows are held in memory as doubles.

    Divide gradients by their lengths first where these mean nothing, or pass ``metric="cosine"`` to
    `gio4j.select`.

    References
    ----------
    .. [1] D. Achlioptas. Database-friendly random projections: Johnson-Lindenstrauss with binary
       coins. Journal of Computer and System Sciences, 2003.
    .. [2] M. Xia et al. LESS: Selecting Influential Data for Targeted Instruction Tuning. ICML
       2024. arXiv 2402.04333.
    .. [3] D. Kane and J. Nelson. Sparser Johnson-Lindenstrauss transforms. Journal of the ACM,
       2014.
    .. [4] G. Min et al. GIST. ICML 2026. arXiv 2602.18584.

    Examples
    --------
    >>> small = gio4j.project(pool, 4, seed=1)
    >>> small.shape
    (500, 4)
    >>> found = gio4j.select(small, gio4j.project(target, 4, seed=1), 20)
    """
    source = source_of(gradients, "gradients")
    one_of(kind, "kind", KINDS)
    rows, given = source.shape
    cure = f"gradients have {given}; leave them as they are for more"
    count = check_int(columns, "columns", least=1, most=max(given - 1, 1), cure=cure)
    if (target is None) == (kind == "target"):
        needs = "needs target=" if target is None else "takes no target=; leave it out"
        raise InvalidInputError(f"kind={kind!r}: {needs}")
    if kind == "target":
        wanted = source_of(target, "target")
        same_columns(given, "gradients", wanted.shape[1], "target")
        projection = _onto_target(wanted, count)
    else:
        random = _rademacher if kind == "rademacher" else _sparse
        projection = random(given, count, seed_of(seed) % 2**64)
    answer: Float32 = empty((rows, count))
    answer[:] = 0
    for first, block in float_blocks(source):
        part = answer[first : first + len(block)]
        projection(block, part)
        if not np.isfinite(part).all():
            row = first + int(np.flatnonzero(~np.isfinite(part).all(axis=1))[0])
            raise InvalidInputError(
                f"gradients: row {row} is too large, float32 cannot hold its projection; divide "
                "gradients by a number first"
            )
    return answer


def float_blocks(source: Source) -> Iterator[tuple[int, Float32]]:
    """All rows as float32, some at a time, each block with the number of its first row."""
    most = max(1, _BLOCK_NUMBERS // source.shape[1])
    first = 0
    for held in source.blocks():
        for start in range(0, len(held), most):
            with np.errstate(over="ignore"):  # an error below
                block = np.ascontiguousarray(held[start : start + most], np.float32)
            if len(bad := np.argwhere(~np.isfinite(block))):
                row, column = bad[0]
                value = held[start + row, column]
                what = "too large for float32" if np.isfinite(value) else "not finite"
                raise InvalidInputError(
                    f"{source.name}: row {first + row}, column {column} is {value:g}, {what}; drop "
                    "or repair such rows"
                )
            yield first, block
            first += len(block)


def _generator(seed: int, stream: int, number: int) -> np.random.Generator:
    """Draws that depend on nothing else."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, number, stream]))


def _rademacher(given: int, columns: int, seed: int) -> Projection:
    size = 1 / np.sqrt(columns)

    def drawn(start: int) -> Float32:
        count = min(_DRAWN, given - start) * columns
        random = _generator(seed, 0, start // _DRAWN)
        bits = np.unpackbits(np.frombuffer(random.bytes(-(-count // 8)), np.uint8), count=count)
        signs = bits.astype(np.float32).reshape(-1, columns)
        signs *= 2 * size
        signs -= size
        return signs

    starts = range(0, given, _DRAWN)
    kept = [drawn(start) for start in starts] if given * columns <= _KEPT_SIGNS else None

    def add(block: Float32, out: Float32) -> None:
        for place, start in enumerate(starts):
            out += block[:, start : start + _DRAWN] @ (
                drawn(start) if kept is None else kept[place]
            )

    return add


def _sparse(given: int, columns: int, seed: int) -> Projection:
    parts = min(_PARTS, columns)
    bounds = np.linspace(0, columns, parts + 1).astype(int)
    sorting = []
    for part in range(parts):
        random = _generator(seed, 1, part)
        places = random.integers(bounds[part], bounds[part + 1], given)
        signs = (random.integers(0, 2, given) * 2 - 1) / np.sqrt(parts)
        order = np.argsort(places, kind="stable")
        used, starts = np.unique(places[order], return_index=True)
        sorting.append((order, signs[order].astype(np.float32), used, starts))

    def add(block: Float32, out: Float32) -> None:
        for order, signs, used, starts in sorting:
            out[:, used] = np.add.reduceat(block[:, order] * signs, starts, axis=1)

    return add


def _onto_target(target: Source, columns: int) -> Projection:
    rows = np.concatenate([block.astype(np.float64) for _, block in float_blocks(target)])
    squares, directions = np.linalg.eigh(rows @ rows.T)
    rank = int((squares > squares[-1] * len(rows) * np.finfo(np.float64).eps).sum())
    if columns > rank:
        raise InvalidInputError(
            f"columns={columns}: the {len(rows)} rows of target have {rank} directions; "
            + (f"pass columns={rank} or fewer, or more target rows" if rank else "all are zero")
        )
    largest = slice(-1, -columns - 1, -1)
    turned = directions[:, largest] / np.sqrt(squares[largest])
    # The sign of a direction is anyone's: towards the target's mean.
    turned *= np.where(turned.sum(axis=0) < 0, -1, 1)
    matrix = (rows.T @ turned).astype(np.float32)

    def add(block: Float32, out: Float32) -> None:
        out += block @ matrix

    return add
