"""Whatever a user passes as rows, as a `Source`: a path, or something of a kind."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gio4j._rows.convert import converted, identities_of
from gio4j._rows.float32 import Loss, Numbers, Offset, loss_of, offset_of
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.matrix import Matrix
from gio4j._rows.sources import FileSource, NpySource, Source
from gio4j._shared.open_file import absolute, open_file, shown
from gio4j.errors import InvalidInputError, warn

ARROW_SUFFIXES = (".arrow", ".feather", ".ipc")
CONVERTED_SUFFIXES = (".csv", ".tsv", ".parquet")
_EPSILON = 2.0**-24
_log = logging.getLogger("gio4j")


def share(value: Any, name: str, leases: ExitStack) -> Matrix:
    """Put rows of any kind where the engine can map them; `leases` keep them there until closed."""
    return source_of(value, name).share(leases)


def aligned(*sources: Source, warns: bool = True) -> tuple[tuple[Source, ...], Offset | None]:
    """The matrices of a call whose answers depend on differences of rows alone.

    Where float32 would lose what an offset of each column saves, it is subtracted from all of them,
    and answered: positions among the answers need it back. A GIOWarning tells what is lost even so.
    """
    samples = _samples(sources)
    if samples is None:
        return sources, None
    offset, loss = offset_of(samples)
    if loss is not None and warns:
        _warn_of(loss, sources, _WIDE)
    if offset is None:
        return sources, None
    _log.info("%s: moved by offsets, which float32 needs", _names(sources))
    return tuple(source.materialised(offset) for source in sources), offset


def resolved(given: Mapping[str, Any]) -> dict[str, Source]:
    """The matrices of a call by their names, aligned; sharing them makes the copy, if any."""
    sources, _ = aligned(*(source_of(value, name) for name, value in given.items()))
    return dict(zip(given, sources, strict=True))


def prepared(given: Mapping[str, Any]) -> dict[str, Source]:
    """`resolved` for a call that shares them more than once: that costs nothing any more."""
    return {name: source.materialised() for name, source in resolved(given).items()}


def unmoved(*sources: Source) -> tuple[Source, ...]:
    """The matrices of a call whose answers depend on where the rows lie.

    They stay there; a GIOWarning tells what float32 loses.
    """
    samples = _samples(sources)
    loss = None if samples is None else loss_of(samples)
    if loss is not None:
        _warn_of(loss, sources, _FAR.format(first=sources[0].name.partition(".")[0]))
    return sources


def source_of(value: Any, name: str) -> Source:
    """The rows of an array, frame, column or path; `name` is what messages call them.

    Raises TypeError for what holds no real numbers, InvalidInputError for another number of
    dimensions, no rows, or a frame whose column of vectors is not plain.
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, GivenPath):
        value.require_unchanged(name)
        return _of_path(value.path, name, value.column)
    if isinstance(value, str | bytes | os.PathLike):
        return _of_path(Path(os.fsdecode(value)), name, None)
    column = None
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        first, named = value
        if isinstance(first, str | bytes | os.PathLike):
            return _of_path(Path(os.fsdecode(first)), name, named)
        if holder_of(first).is_frame:
            value, column = first, named
    return holder_of(value).vectors(column, name)


# --- what float32 loses ---------------------------------------------------------------------------

_WIDE = (
    "clip or drop rows that make the column so wide, or split it into a coarse and a fine column"
)
_FAR = "subtract one row from all of them first, such as numpy.median({first}, axis=0)"
# Below this a float32 has fewer than 24 bits.
_TINY = 2.0**-126


def _warn_of(loss: Loss, sources: Sequence[Source], cure: str) -> None:
    affected = _names([sources[place] for place in loss.matrices])
    if loss.span < _TINY / _EPSILON:
        factor = 10.0 ** -np.floor(np.log10(loss.span))
        cure = f"multiply {_names(sources)} by {factor:g}"
    warn(
        f"{affected}: float32, which the engine computes from, loses differences between rows, in "
        f"{loss.rows} of {loss.sampled} that were looked at; in column {loss.column} such as "
        f"{loss.gap:.3g}, where the column spans {loss.span:.3g}; {cure}"
    )


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(source.name for source in sources)


def _samples(sources: Sequence[Source]) -> list[Numbers] | None:
    """Rows of each matrix; None where nothing is lost, or shapes do not fit, an error elsewhere."""
    if all(source.is_held for source in sources):
        return None
    samples = [source.sample() for source in sources]
    return samples if len({sample.shape[1] for sample in samples}) == 1 else None


# --- paths ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GivenPath:
    """A path that is read again later: from the root, and with what the file was at first."""

    path: Path
    column: str | None
    identities: list[list[Any]]

    def require_unchanged(self, name: str) -> None:
        """InvalidInputError if another file is there by now."""
        if identities_of(self.path, name) != self.identities:
            raise InvalidInputError(
                f"{name}: {shown(self.path)} was changed or replaced since it was selected from; "
                "select again"
            )


def kept(value: Any, name: str) -> Any:
    """The same for later use; of a path, or a path and a column, what it leads to now."""
    holder, column = value if isinstance(value, tuple) and len(value) == 2 else (value, None)
    if not isinstance(holder, str | bytes | os.PathLike):
        return value
    path = absolute(holder)
    return GivenPath(path, column, identities_of(path, name))


def _of_path(path: Path, name: str, column: str | None) -> Source:
    whole = absolute(path)
    if path.suffix in CONVERTED_SUFFIXES:
        return FileSource(converted(whole, name, column), name)
    if path.suffix in ARROW_SUFFIXES:
        return FileSource(open_file(whole, name), name, column)
    if path.suffix == ".npy" and column is None:
        return NpySource(open_file(whole, name), name)
    raise InvalidInputError(
        f"{name}: path {str(path)!r} ends in {path.suffix!r}; needs .npy, "
        f"{', '.join(ARROW_SUFFIXES + CONVERTED_SUFFIXES)}, or an array"
    )
