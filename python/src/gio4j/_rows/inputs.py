"""Whatever a user passes as rows, as a `Source`: a path, or something of a kind."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gio4j._checks import brief
from gio4j._rows.checkpoints import CheckpointSource, are_checkpoints
from gio4j._rows.choice import PLAIN, Choice, Names, choice_of, columns_of, listed
from gio4j._rows.files import FILE_KINDS, GivenFiles, files_of, is_path, source_of_files
from gio4j._rows.float32 import Loss, Numbers, Offset, loss_of, offset_of
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.matrix import Matrix
from gio4j._rows.sources import Source
from gio4j._rows.text import suffix_of
from gio4j._rows.unit import UnitSource
from gio4j.errors import InvalidInputError, warn

_EPSILON = 2.0**-24
_log = logging.getLogger("gio4j")


def share(value: Any, name: str, leases: ExitStack) -> Matrix:
    """Put rows of any kind where the engine can map them; `leases` keep them there until closed."""
    return source_of(value, name).share(leases)


def aligned(*sources: Source, warns: bool = True) -> tuple[tuple[Source, ...], Offset | None]:
    """The matrices of a call whose answers depend on differences of rows alone.

    Their columns need the same names, where they have names. Where float32 would lose what an
    offset of each column saves, it is subtracted from all of them, and answered: positions among
    the answers need it back. A GIOWarning tells what is lost even so. Unit rows and checkpoints
    stay where they are.
    """
    if not all(source.is_movable for source in sources):
        return unmoved(*sources), None
    _require_same_names(sources)
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


def resolved(given: Mapping[str, Any], has_origin: bool = False) -> dict[str, Source]:
    """The matrices of a call by their names; sharing them makes the copy, if any.

    They are aligned, unless answers depend on where the origin is.
    """
    named = [source_of(value, name) for name, value in given.items()]
    sources = unmoved(*named) if has_origin else aligned(*named)[0]
    return dict(zip(given, sources, strict=True))


def chosen(given: Mapping[str, Any], columns: Any, missing: Any, metric: Any) -> dict[str, Source]:
    """The matrices of a call by their names, by its arguments of these names."""
    choice = choice_of(columns, missing, metric)
    if choice.columns is not None and not any(map(has_columns, given.values())):
        raise InvalidInputError(
            f"columns={brief(columns)}: {' and '.join(given)} have no columns by name; pass a "
            "frame or a file, or columns=None"
        )
    return {name: source_of(value, name, choice) for name, value in given.items()}


def prepared(given: Mapping[str, Any]) -> dict[str, Source]:
    """`resolved` for a call that shares them more than once: that costs nothing any more."""
    return {name: source.materialised() for name, source in resolved(given).items()}


def has_columns(value: Any) -> bool:
    """Whether a value has columns by name, or is a file, which may have some."""
    if are_checkpoints(value):
        return any(has_columns(matrix) for matrix, _ in value)
    first, _ = parted(value)
    return is_path(first) or isinstance(first, GivenFiles) or holder_of(first).is_frame


def unmoved(*sources: Source) -> tuple[Source, ...]:
    """The matrices of a call whose answers depend on where the rows lie.

    They stay there; a GIOWarning tells what float32 loses.
    """
    _require_same_names(sources)
    _require_same_checkpoints(sources)
    samples = _samples(sources)
    loss = None if samples is None else loss_of(samples)
    is_unit = any(source.metric == "cosine" for source in sources)
    if loss is not None:
        cure = _FAR.format(first=sources[0].name.partition(".")[0])
        _warn_of(loss, sources, cure + _OR_EUCLIDEAN if is_unit else cure)
    elif is_unit:
        _warn_of_short(sources, samples or [])
    return sources


def source_of(value: Any, name: str, choice: Choice = PLAIN) -> Source:
    """The rows of an array, frame, column or path; `name` is what messages call them.

    A pair of a frame or path and columns goes before the choice; of an array, which has no columns
    by name, all are taken. Of checkpoints the choice is one of each. Raises TypeError for what
    holds no real numbers, InvalidInputError for another number of dimensions, no rows, or a table
    whose columns are not plain.
    """
    if isinstance(value, Source):
        return value
    if are_checkpoints(value):
        return _checkpoints(value, name, choice)
    if isinstance(value, GivenFiles):
        value.require_unchanged(name)
        source = _of_files(value.files, name, choice, value.columns)
    else:
        first, named = parted(value)
        if is_path(first):
            source = _of_files(files_of(first, name), name, choice, named)
        else:
            source = holder_of(first).vectors(_with(choice, named), name)
    is_unit = choice.metric == "cosine"
    if choice.skips:
        source = source.present(without_zeros=is_unit)
    return UnitSource(source) if is_unit else source


def _checkpoints(pairs: list[Any], name: str, choice: Choice) -> CheckpointSource:
    if choice.skips:
        raise InvalidInputError(
            f"{name}: missing='skip' leaves out rows of one matrix, and {name} has "
            f"{len(pairs)} checkpoints; drop those rows from all of them first"
        )
    parts = [
        source_of(matrix, f"{name}[{place}]", choice) for place, (matrix, _) in enumerate(pairs)
    ]
    return CheckpointSource(parts, [weight for _, weight in pairs], name)


def _of_files(
    files: Sequence[Path], name: str, choice: Choice, named: str | Names | None
) -> Source:
    if named is not None and (
        bare := next((file for file in files if file.suffix == ".npy"), None)
    ):
        raise InvalidInputError(
            f"{name}: path {str(bare)!r} ends in '.npy', whose columns have no names; pass the "
            "path alone"
        )
    return source_of_files(files, name, _with(choice, named))


def _with(choice: Choice, named: str | Names | None) -> Choice:
    return choice if named is None else replace(choice, columns=named)


def parted(value: Any) -> tuple[Any, str | Names | None]:
    """A frame or path, and the columns named beside it or behind it; or the value alone."""
    if isinstance(value, str):
        return _path_and_columns(value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str | list):
        first, named = value
        if is_path(first) or holder_of(first).is_frame:
            return first, columns_of(named)
    return value, None


def _path_and_columns(text: str) -> tuple[str, str | Names | None]:
    """A path; or FILE:COLUMN, or FILE:A,B,C, unless there is a file of that very name."""
    path, _, column = text.rpartition(":")
    if not column or suffix_of(Path(path)) not in FILE_KINDS or os.path.exists(text):
        return text, None
    return path, columns_of(column.split(",") if "," in column else column)


def kept(value: Any, name: str) -> Any:
    """The same for later use; of a path, or a path and columns, what it leads to now."""
    if are_checkpoints(value):
        return [(kept(matrix, name), weight) for matrix, weight in value]
    first, named = parted(value)
    if not is_path(first):
        return value
    return GivenFiles.of(first, name, named)


def _require_same_checkpoints(sources: Sequence[Source]) -> None:
    """InvalidInputError for other checkpoints, or other weights, than the first of them has."""
    several = next((each for each in sources if isinstance(each, CheckpointSource)), None)
    if several is not None:
        for source in sources:
            several.require_same(source)


def _require_same_names(sources: Sequence[Source]) -> None:
    """InvalidInputError for columns of numbers with other names, or in another order."""
    named = [(source, source.columns) for source in sources if _names_of(source) is not None]
    for source, columns in named[1:]:
        first, known = named[0]
        if columns == known:
            continue
        assert columns is not None
        assert known is not None
        ours, theirs = set(known), set(columns)
        if ours == theirs:
            differs = "the same columns in another order"
        elif ours > theirs or ours < theirs:
            more = first if ours > theirs else source
            differs = f"{listed(sorted(ours ^ theirs, key=str))} only in {more.name}"
        else:
            differs = (
                f"{listed(sorted(ours - theirs, key=str))} only in {first.name}, "
                f"{listed(sorted(theirs - ours, key=str))} only in {source.name}"
            )
        raise InvalidInputError(
            f"{first.name}, {source.name}: their columns of numbers differ, {differs}; pass "
            "columns= with those to take, or arrays"
        )


def _names_of(source: Source) -> Names | None:
    """Names of the columns; those that pandas gives where there are none are no names."""
    names = source.columns
    return None if names is None or names == tuple(range(len(names))) else names


# --- what float32 loses ---------------------------------------------------------------------------

_WIDE = (
    "clip or drop rows that make the column so wide, or split it into a coarse and a fine column"
)
_FAR = "subtract one row from all of them first, such as numpy.median({first}, axis=0)"
_OR_EUCLIDEAN = ", which changes their angles, or pass metric='euclidean'"
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


def _warn_of_short(sources: Sequence[Source], samples: Sequence[Numbers]) -> None:
    """Of rows too short for all digits of float32, which the others' differences do not show."""
    for source, sample in zip(sources, samples, strict=False):
        reach = np.abs(sample.astype(np.float64)).max(axis=1)
        short = reach[(reach > 0) & (reach < _TINY)]
        if len(short):
            warn(
                f"{source.name}: float32, which the engine computes from, has fewer digits below "
                f"{_TINY:.2g}, and of {len(reach)} rows that were looked at {len(short)} are that "
                f"short; multiply {source.name} by {10.0 ** -np.floor(np.log10(short.min())):g}, "
                "which no angle depends on"
            )


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(source.name for source in sources)


def _samples(sources: Sequence[Source]) -> list[Numbers] | None:
    """Rows of each matrix; None where nothing is lost, or shapes do not fit, an error elsewhere."""
    if all(source.is_held for source in sources):
        return None
    samples = [source.sample() for source in sources]
    return samples if len({sample.shape[1] for sample in samples}) == 1 else None
