"""Tables in files where a matrix is wanted: converted once, to an Arrow file that is kept.

The copies lie in a folder of gio4j's own in the user's place for caches, or in the folder
GIO4J_CACHE when that is set; those used longest ago go when all of them take more than
GIO4J_CACHE_SIZE. One is used again as long as it is this user's and no wider open than its source,
and the source is the very file that it was made from: device, inode, size and both times.
It is of float32, or of doubles where float32 loses differences between rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gio4j._rows.arrow_file import write_batches
from gio4j._rows.choice import PLAIN, Choice, Names
from gio4j._rows.float32 import Numbers, Reservoir, stream_as_float32
from gio4j._rows.readers import Part, csv_parts, named_as
from gio4j._rows.remote import address_of
from gio4j._rows.sources import NoRowsError, Source, StreamSource
from gio4j._rows.tables import TABLES
from gio4j._rows.text import TEXT_SUFFIXES, readable, suffix_of
from gio4j._rows.text_table import TextLayout, layout_of
from gio4j._shared.cache import cache_path
from gio4j._shared.open_file import Identity, OpenFile, refusals, shown
from gio4j._shared.private import PrivateFolder, discard, publish
from gio4j._shared.whole_file import clear_errors
from gio4j.errors import InvalidInputError, warn

_METADATA = b"gio4j.source"
# Names of the columns of numbers, and what was said of those that were left out.
_COLUMNS, _NOTES = b"gio4j.columns", b"gio4j.notes"
_SUFFIX = ".arrow"
_FORMAT = 2
# Linux stamps files once in 1 to 10 ms.
_TICK_NS = 20_000_000
_DEFAULT_SIZE = "20g"
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True)
class Copy:
    """A converted file in the cache: of what, how large, and when it was last used."""

    path: Path
    source: str
    column: str | list[str] | None
    size: int
    used_seconds: float


@dataclass(frozen=True)
class Converted:
    """A converted file, and the names of its columns, where each has one."""

    file: OpenFile
    columns: Names | None


def converted(path: Path, name: str, choice: Choice = PLAIN) -> Converted:
    """The Arrow file of a table's vectors, or numbers, made now if there is no fresh one."""
    source = path.resolve()
    with refusals(source, name):
        status = source.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise InvalidInputError(f"{name}: {shown(source)} is no regular file")
    _wait_for_a_later_time(status.st_ctime_ns)
    mode = stat.S_IMODE(status.st_mode) & 0o600 | 0o400
    columns = choice.columns if isinstance(choice.columns, str | None) else list(choice.columns)
    made_from = {"source": address_of(source), "column": columns, "missing": choice.missing}
    folder, key = copies_folder(), f"{_digest(json.dumps(made_from, default=str))}{_SUFFIX}"
    target = folder.path / key
    identities = identities_of(source, name)
    facts = json.dumps({"format": _FORMAT, **made_from, "files": identities}, default=str).encode()
    fresh = _opened(target, mode, facts)
    if fresh is not None:
        return _with_notes(fresh)
    limit = cache_limit_bytes()
    reading = _reading(source, name, choice)
    with clear_errors(target):
        folder.path.parent.mkdir(parents=True, exist_ok=True)
        folder.sweep()
        descriptor, temporary = folder.create_unnamed()
    made = OpenFile(descriptor, temporary, own=True)
    metadata = {_METADATA: facts, **reading.metadata}
    passing = Reservoir()
    write_batches(descriptor, target, stream_as_float32(reading.seen_by(passing), name), metadata)
    if passing.loses():
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_batches(descriptor, target, reading.exact(), metadata)
    if identities_of(source, name) != identities:
        raise InvalidInputError(
            f"{name}: {shown(source)} was changed while it was read; call again when it is whole"
        )
    size = os.fstat(descriptor).st_size
    if size > limit:
        return _with_notes(made)  # not kept: it goes with the source that holds it
    with clear_errors(target):
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        _make_room(folder, limit - size, target)
        publish(descriptor, temporary, target)
    return _with_notes(OpenFile(os.dup(descriptor), target))


def copies_folder() -> PrivateFolder:
    """Where converted files lie."""
    return PrivateFolder(cache_path() / "converted")


def cache_limit_bytes() -> int:
    """How much the converted files may take: GIO4J_CACHE_SIZE, or 20 GiB."""
    text = os.environ.get("GIO4J_CACHE_SIZE") or _DEFAULT_SIZE
    match = re.fullmatch(r"(\d+)([kmgt]?)", text.lower())
    if match is None:
        raise InvalidInputError(
            f"GIO4J_CACHE_SIZE={text!r}: needs an integer with k, m, g or t, such as '20g'"
        )
    return int(match[1]) * _UNITS.get(match[2], 1)


def copies() -> list[Copy]:
    """The converted files, those used longest ago first."""
    return sorted(_copies(copies_folder()), key=lambda copy: copy.used_seconds)


def clear_copies() -> list[Copy]:
    """Delete all converted files; those that jobs read at present go when they end."""
    found = copies()
    for copy in found:
        discard(copy.path)
    return found


def identities_of(source: Path, name: str) -> list[list[Any]]:
    """Name and identity of a file, or of each in a folder and below."""
    with refusals(source, name):
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        return [[str(file.relative_to(source)), *Identity.of(file.stat())] for file in files]


def _opened(path: Path, mode: int, facts: bytes) -> OpenFile | None:
    """The copy at this path, if it is what it should be."""
    if not copies_folder().is_ours():
        return None
    try:
        descriptor = os.open(path, _OPEN)
    except OSError:
        return None
    file = OpenFile(descriptor, path)
    status = os.fstat(descriptor)
    owned = not hasattr(os, "geteuid") or (
        status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & ~mode == 0
    )
    if not stat.S_ISREG(status.st_mode) or not owned or _metadata_of(file).get(_METADATA) != facts:
        return None
    with suppress(OSError):
        os.utime(path)  # used now
    return file


def _make_room(folder: PrivateFolder, most: int, target: Path) -> None:
    """Delete the copies used longest ago until the others, without the target, fit."""
    kept = [copy for copy in _copies(folder) if copy.path != target]
    kept.sort(key=lambda copy: copy.used_seconds)
    total = sum(copy.size for copy in kept)
    for copy in kept:
        if total <= most:
            break
        with suppress(OSError):  # Windows does not delete what is open
            copy.path.unlink()
            total -= copy.size


def _copies(folder: PrivateFolder) -> Iterator[Copy]:
    if not folder.is_ours():
        return
    for path in folder.path.glob(f"*{_SUFFIX}"):
        try:
            file = OpenFile(os.open(path, _OPEN), path)
            status = os.fstat(file.descriptor)
            facts = json.loads(_metadata_of(file).get(_METADATA, b"{}"))
        except (OSError, ValueError):
            continue
        source, column = facts.get("source", "unknown"), facts.get("column")
        yield Copy(path, source, column, status.st_size, status.st_mtime)


def _wait_for_a_later_time(changed_ns: int) -> None:
    """Return when a change that is made to a file from now on gets another time.

    Within a tick of the system's clock two changes have one time, and the second would not show.
    """
    time.sleep(max(0, min(_TICK_NS, changed_ns + _TICK_NS - time.time_ns())) / 1e9)


@dataclass(frozen=True)
class _Reading:
    """How a file's rows are read.

    seen_by : the rows, of which a sample with all digits is shown to a reservoir
    exact : the rows with all their digits
    metadata : names of the columns and notes, for the copy
    """

    seen_by: Callable[[Reservoir], Iterator[Numbers]]
    exact: Callable[[], Iterator[Numbers]]
    metadata: dict[bytes, bytes]


def _reading(source: Path, name: str, choice: Choice) -> _Reading:
    """By the engine where a text file holds JSON arrays without a header, else as a table."""
    if suffix_of(source) in TEXT_SUFFIXES and not source.is_dir():
        with named_as(name), readable(source):
            layout = layout_of(source, name, choice)
        if layout is None:
            raise NoRowsError(f"{name}: {shown(source)} has no rows; needs at least one")
        if choice == PLAIN and layout.is_vectors and not layout.has_doubled_quotes:
            return _Reading(
                lambda passing: _csv_vectors(source, name, layout, passing),
                lambda: _csv_doubles(source, name, layout),
                {},
            )
    with named_as(name), readable(source):
        found = TABLES[suffix_of(source)](source, f"{name}: {shown(source)}", choice)
        rows = found.vectors(choice, f"{name}: {shown(source)}")

    def exact() -> Iterator[Numbers]:
        with named_as(name), readable(source):
            for block in rows.blocks() if choice.skips else rows_in(rows):
                is_whole = choice.skips and block.dtype.kind in "iu"
                yield block.astype(np.float64) if is_whole or block.dtype.itemsize > 8 else block

    metadata = {_NOTES: json.dumps(found.notes).encode()}
    if rows.columns is not None:
        metadata[_COLUMNS] = json.dumps(rows.columns).encode()
    return _Reading(lambda passing: passing.watch(exact()), exact, metadata)


def rows_in(source: Source) -> Iterator[Numbers]:
    """The rows of a stream, of which none may lack a number; of another source its blocks."""
    return source.batches() if isinstance(source, StreamSource) else source.blocks()


def _with_notes(file: OpenFile) -> Converted:
    """A copy whose notes are given."""
    metadata = _metadata_of(file)
    for note in json.loads(metadata.get(_NOTES, b"[]")):
        warn(note)
    names = metadata.get(_COLUMNS)
    return Converted(file, None if names is None else tuple(json.loads(names)))


def _csv_vectors(
    source: Path, name: str, layout: TextLayout, passing: Reservoir
) -> Iterator[Numbers]:
    """Those of the first column that begins with a bracket, cut at tabs if there are any."""
    try:
        for part in _csv_parts(source, layout, texts=False):
            passing.add(part.sample)
            yield part.vectors
    except InvalidInputError as problem:
        raise InvalidInputError(f"{name}: {problem}") from problem


def _csv_doubles(source: Path, name: str, layout: TextLayout) -> Iterator[Numbers]:
    """The rows with all digits, parsed here: five times slower, and never needed for text."""
    for part in _csv_parts(source, layout, texts=True):
        texts = part.columns.column(part.column).to_pylist()
        rows = [text.strip("[] \t").split(",") for text in texts]
        yield np.array(rows, np.float64)


def _csv_parts(source: Path, layout: TextLayout, *, texts: bool) -> Iterator[Part]:
    delimiter, column = ("\t", 0) if layout.whole_lines else (None, None)
    return csv_parts(source, delimiter, column, "raise", texts=texts)


def _metadata_of(file: OpenFile) -> Mapping[bytes, bytes]:
    """What the copy was made from, and more; nothing when it is none, or damaged."""
    try:
        with open(file.descriptor, "rb", closefd=False) as source:
            return pa.ipc.open_file(source).schema.metadata or {}
    except (OSError, pa.ArrowInvalid):
        return {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
