"""What float32 keeps of a call's numbers, and the offsets that save what it would lose.

The engine computes from float32, which has 24 bits: of times around 1.7e9 seconds it tells apart
those that lie 128 s from each other. What methods look at are differences of rows, and these stay
as they are when one number a column is subtracted from every matrix of a call. So where that saves
bits, an offset is subtracted in double (exactly, of whole numbers of 64 bits) while the rows are
copied anyway, and answers that are positions get it back.

Whether it is needed is found out on a sample of the rows: by how much float32 changes the
difference of each row to its nearest unlike one. Data that float32 holds, or that lie about 0, are
converted as they are. No offset helps a column that is wide and fine at once, such as microseconds
over years; then a warning says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gio4j.errors import InvalidInputError

FLOAT32, FLOAT16 = np.dtype("<f4"), np.dtype("<f2")
#: The upper half of a float32, for which NumPy has no type of its own; `plain` makes numbers of it.
BFLOAT16 = np.dtype([("bfloat16", "<u2")])
#: The types that the engine reads as they are stored, and what requests call them.
STORED: dict[np.dtype[Any], str] = {
    FLOAT32: "float32",
    FLOAT16: "float16",
    BFLOAT16: "bfloat16",
    np.dtype("i1"): "int8",
    np.dtype("u1"): "uint8",
}
Rows = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.number]
Offset = npt.NDArray[np.float64]
Precise = npt.NDArray[np.longdouble]  # 64 bits of mantissa on x86: all of an int64 or uint64

# Rows looked at of each matrix, and numbers of them: a few milliseconds, whatever their length.
_SAMPLE_ROWS = 256
_LEAST_ROWS = 16
_SAMPLE_NUMBERS = 1 << 15
# Lines along which rows are put in order to find near ones.
_LINES = 4
# Bits that an offset must save to be worth it: rows about 0 never gain that much, and are
# converted as they always were.
_WORTH_BITS = 4
# Where a difference keeps that many bits, an offset can save no more.
_ALL_BITS = -20
# A difference is lost if float32 changes it by more than half. Among 256 rows of one column of
# random numbers a pair comes that close in one of 500 cases, and in more columns never.
_LOST = 0.5
# Sixteen steps of double, at a column's largest number: that much the order of sums changes, in
# copies of one row for instance, and nobody misses it. Whole numbers have no such noise.
_NOISE = 2.0**-48
# What is missed of a number that float32 cannot hold, which is an error once it is converted.
_BEYOND = np.finfo(np.float64).max
# Numbers of a block that is converted at once, and stays in the cache meanwhile.
_BLOCK = 1 << 17


@dataclass(frozen=True)
class Loss:
    """Differences between rows that float32 loses.

    matrices : places of those with such rows
    column : where most is lost
    span : of the numbers of that column
    gap : one of its differences that are lost
    rows : sampled rows with a lost difference, of `sampled`
    """

    matrices: tuple[int, ...]
    column: int
    span: float
    gap: float
    rows: int
    sampled: int


def is_held(dtype: np.dtype) -> bool:
    """Whether float32 holds all numbers of a dtype."""
    return dtype in STORED or bool(np.can_cast(dtype, FLOAT32, "safe"))


def shared_type(dtype: np.dtype, offset: Offset | None = None) -> np.dtype:
    """In which rows are shared: their own type, where the engine reads it, else float32."""
    return dtype if offset is None and dtype in STORED else FLOAT32


def sample_size(columns: int) -> int:
    """How many rows of a matrix are looked at."""
    return max(_LEAST_ROWS, min(_SAMPLE_ROWS, _SAMPLE_NUMBERS // max(columns, 1)))


class Reservoir:
    """An even sample of the rows of a stream, the same each time it is read."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._keys = np.empty(0)
        self.rows: Numbers = np.empty((0, 0), np.float32)

    def watch(self, batches: Iterator[Numbers]) -> Iterator[Numbers]:
        """The same batches, looked at as they pass."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: Numbers) -> None:
        """Look at some more rows."""
        most = sample_size(batch.shape[1])
        keys = self._random.random(len(batch))
        if len(self._keys):
            bound = self._keys.max() if len(self._keys) == most else 1.0
            chosen = np.flatnonzero(keys < bound)
            rows = np.concatenate([self.rows, batch[chosen]])
            keys = np.concatenate([self._keys, keys[chosen]])
        else:
            rows = np.asarray(batch)
        kept = np.sort(np.argsort(keys, kind="stable")[:most])
        self.rows, self._keys = rows[kept], keys[kept]

    def loses(self) -> bool:
        """Whether float32 loses anything that doubles would save, with an offset or without."""
        return not is_held(self.rows.dtype) and offset_of([self.rows]) != (None, None)


def plain(array: Numbers) -> Numbers:
    """The array; as float32 if it is bfloat16, which NumPy cannot compute with."""
    if array.dtype != BFLOAT16:
        return array
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def convert(
    array: Numbers, out: Rows, name: str, offset: Offset | None = None, first_row: int = 0
) -> None:
    """Copy rows as float32, less the offset of each column.

    InvalidInputError for a finite number that float32 cannot hold; `first_row` counts the rows
    before. One pass: a cast says by itself that a number was too large.
    """
    numbers = plain(array)
    try:
        with np.errstate(over="raise"):
            _copy(numbers, out, offset)
    except FloatingPointError:
        raise InvalidInputError(_too_large(numbers, name, offset, first_row)) from None


def as_float32(array: Numbers, name: str, offset: Offset | None = None, first_row: int = 0) -> Rows:
    """Rows as float32, the same array where they are, else a copy in the heap."""
    if array.dtype == FLOAT32 and offset is None:
        return array  # type: ignore[return-value]
    out = np.empty(array.shape, FLOAT32)
    convert(array, out, name, offset, first_row)
    return out


def stream_as_float32(
    batches: Iterator[Numbers], name: str, offset: Offset | None = None
) -> Iterator[Numbers]:
    """Each batch as float32, or where they begin as float16, which has gaps as well, as that."""
    row, kind = 0, None
    for batch in batches:
        if kind is None:
            kind = FLOAT16 if batch.dtype == FLOAT16 and offset is None else FLOAT32
        yield (
            batch.astype(FLOAT16, copy=False)
            if kind == FLOAT16
            else as_float32(batch, name, offset, row)
        )
        row += len(batch)


def offset_of(samples: Sequence[Numbers]) -> tuple[Offset | None, Loss | None]:
    """The offset to subtract from all matrices, if one is worth it; and what is lost even so.

    Tried are no offset, the medians of all rows, and those of the rows that lose most without:
    where many rows hold a mark for a missing number, the others lie elsewhere.
    """
    seen = _Seen.of(samples)
    if seen is None:
        return None, None
    best: Offset | None = None
    shares = seen.lost(None)
    for least in (-1.0, 2.0**-10):
        chosen = shares > least
        if chosen.any() and (_bits(shares) > _ALL_BITS or (shares.any() and seen.is_whole.all())):
            offset = seen.medians(chosen)
            left = seen.lost(offset)
            if not left.any() or _bits(shares) - _bits(left) > _WORTH_BITS:
                best, shares = offset, left
    return best, seen.loss(shares, best)


def loss_of(samples: Sequence[Numbers]) -> Loss | None:
    """What is lost of matrices that are converted as they are."""
    seen = _Seen.of(samples)
    return None if seen is None else seen.loss(seen.lost(None), None)


@dataclass(frozen=True)
class _Seen:
    """Unlike rows of all matrices, and the difference of each to its nearest other.

    matrices : whose each row is; of equal rows the first stands for all
    is_whole : columns of whole numbers
    whole : types of matrices of whole numbers that double does not hold
    """

    rows: Precise
    matrices: npt.NDArray[np.int64]
    near: npt.NDArray[np.int64]
    gaps: Precise
    is_whole: npt.NDArray[np.bool_]
    whole: list[np.dtype]

    @staticmethod
    def of(samples: Sequence[Numbers]) -> _Seen | None:
        kinds = [sample.dtype for sample in samples]
        rows = np.concatenate([plain(sample).astype(np.longdouble) for sample in samples])
        matrices = np.repeat(np.arange(len(samples)), [len(sample) for sample in samples])
        finite = np.isfinite(rows).all(axis=1)  # others are refused later, with their row
        _, unlike = np.unique(_hashes(rows[finite]), return_index=True)
        kept = np.flatnonzero(finite)[np.sort(unlike)]
        rows, matrices = rows[kept], matrices[kept]
        if len(rows) < 2:
            return None
        near = _nearest_others(rows)
        gaps = rows - rows[near]
        whole = [kind for kind in kinds if kind.kind in "iu" and kind.itemsize == 8]
        return _Seen(rows, matrices, near, gaps, (rows == np.rint(rows)).all(axis=0), whole)

    def medians(self, chosen: npt.NDArray[np.bool_]) -> Offset:
        """Of each column a number that stands in it; one that whole numbers can do with."""
        rows = self.rows[chosen].astype(np.float64)
        middle = (len(rows) - 1) // 2
        offset: Offset = np.partition(rows, middle, axis=0)[middle]
        for kind in self.whole:
            bounds = np.iinfo(kind)
            offset = np.rint(offset).clip(bounds.min, np.nextafter(float(bounds.max), 0))
        return offset

    def lost(self, offset: Offset | None) -> npt.NDArray[np.float64]:
        """The share of its difference that each row loses, 0 to 1."""
        size, missed = (np.abs(part).max(axis=1) for part in (self.gaps, self._missed(offset)))
        shares = np.ones(len(size))
        np.divide(missed, size, out=shares, where=(size > 0) & (missed < size))
        found: npt.NDArray[np.float64] = np.where(size == 0, 0.0, shares)
        return found

    def loss(self, shares: npt.NDArray[np.float64], offset: Offset | None) -> Loss | None:
        noise = np.where(self.is_whole, 0, _NOISE * np.abs(self.rows).max(axis=0))
        gone = (shares > _LOST) & (np.abs(self.gaps) > noise).any(axis=1)
        missed = np.abs(self._missed(offset)[gone])
        if not gone.any() or missed.max() == _BEYOND:
            return None
        affected = np.unique(self.matrices[gone])
        row, column = np.unravel_index(missed.argmax(), missed.shape)
        return Loss(
            matrices=tuple(affected.tolist()),
            column=int(column),
            span=float(np.ptp(self.rows[:, column])),
            gap=float(np.abs(self.gaps[gone][row, column])),
            rows=int(gone.sum()),
            sampled=int(np.isin(self.matrices, affected).sum()),
        )

    def _missed(self, offset: Offset | None) -> Precise:
        moved = self.rows if offset is None else self.rows - offset
        with np.errstate(over="ignore", invalid="ignore"):
            kept = moved.astype(np.float32).astype(np.longdouble)
            missed: Precise = kept - kept[self.near] - self.gaps
        missed[~np.isfinite(missed)] = _BEYOND
        return missed


def _hashes(rows: Precise) -> npt.NDArray[np.uint64]:
    """The same for equal rows, and but for a chance of 2^-64 for no others.

    From two doubles a number: bytes of a long double that are no part of it may differ.
    """
    upper = rows.astype(np.float64)
    lower = (rows - upper).astype(np.float64)
    factors = np.random.default_rng(0).integers(2**64, size=2 * rows.shape[1], dtype=np.uint64) | 1
    both = np.concatenate([upper, lower], axis=1) + 0.0  # without -0.0
    found: npt.NDArray[np.uint64] = both.view(np.uint64) @ factors
    return found


def _nearest_others(rows: Precise) -> npt.NDArray[np.int64]:
    """Of each row another that is near: the nearest, where one lies much nearer than the others.

    Near rows are near on any line. So they stand side by side in the order along a few random
    ones, which takes no product of all with all.
    """
    middle = np.median(rows.astype(np.float64), axis=0)
    points = (rows - middle).astype(np.float64)
    reach = np.abs(points).max(axis=1)
    # Rows far out lie there at 2^20 times the usual distance, and leave the others their digits.
    points = (points / (np.median(reach) or reach.max())).clip(-(2.0**20), 2.0**20)
    lines = np.random.default_rng(0).normal(size=(_LINES, rows.shape[1]))
    near = np.zeros(len(rows), np.int64)
    apart = np.full(len(rows), np.inf)
    for places in np.einsum("ij,lj->li", points, lines):
        order = np.argsort(places, kind="stable")
        for first, second in ((order[:-1], order[1:]), (order[1:], order[:-1])):
            distances = np.abs(points[first] - points[second]).max(axis=1)
            nearer = distances < apart[first]
            near[first[nearer]], apart[first[nearer]] = second[nearer], distances[nearer]
    return near


def _bits(shares: npt.NDArray[np.float64]) -> float:
    """How many bits are lost, as a mean; below -40 nothing is."""
    return float(np.log2(np.maximum(shares, 2.0**-40)).mean())


def _copy(array: Numbers, out: Rows, offset: Offset | None) -> None:
    if offset is None:
        np.copyto(out, array, casting="unsafe")
    elif array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        for rows in _blocks(array.shape):
            _copy_whole(array[rows], out[rows], offset)
    else:
        np.subtract(array, offset, out=out, casting="unsafe")


def _copy_whole(block: Numbers, out: Rows, offset: Offset) -> None:
    """Exactly: differences of integers wrap around, and are right again as unsigned ones."""
    whole = offset.astype(block.dtype)
    below = block < whole
    gaps = np.where(below, whole - block, block - whole).view(np.uint64)
    np.copyto(out, gaps, casting="unsafe")
    np.negative(out, out=out, where=below)


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    step = max(1, _BLOCK // shape[1])
    return (slice(start, start + step) for start in range(0, shape[0], step))


def _too_large(array: Numbers, name: str, offset: Offset | None, first_row: int) -> str:
    for rows in _blocks(array.shape):
        block, moved = array[rows], np.empty(array[rows].shape, FLOAT32)
        with np.errstate(over="ignore"):
            _copy(block, moved, offset)
        bad = np.argwhere(np.isinf(moved) & np.isfinite(block))
        if len(bad):
            row, column = bad[0]
            return (
                f"{name}: row {first_row + rows.start + row}, column {column} is "
                f"{block[row, column]:g}, too large for float32 (at most 3.4e38); divide the "
                "column by a constant in every matrix, or drop such rows"
            )
    raise AssertionError("the cast said that a number is too large")
