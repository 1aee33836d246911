"""CSV and Parquet files where a matrix is wanted: converted once, to an Arrow file that is kept.

The copy lies beside the file, as `NAME.gio4j.arrow`; where that folder cannot be written, in the
system's place for caches; and in the folder GIO4J_CACHE, when that is set. It is used again as long
as size and time of the source are those it was made from, which its metadata hold. It is of
float32, or of doubles where float32 loses differences between rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from gio4j._arrow_file import clear_errors, write_vectors
from gio4j._float32 import Numbers, Reservoir, stream_as_float32
from gio4j._frames import dataset_vectors, require_column, vector_column
from gio4j._readers import csv_parts, open_parquet
from gio4j._text import readable
from gio4j.errors import InvalidInputError

_METADATA = b"gio4j.source"


def converted(path: Path, name: str, column: str | None = None) -> Path:
    """The Arrow file of a CSV or Parquet file's vectors, made now if there is no fresh one.

    `column` names one of several in a Parquet file.
    """
    source = path.resolve()
    if not source.exists():
        raise InvalidInputError(f"{name}: there is no file {source}")
    if column is not None and source.suffix != ".parquet":
        raise InvalidInputError(f"{name}: {source} has no column names; pass its path alone")
    facts = json.dumps({"format": 1, "files": _sizes_and_times(source)}).encode()
    made_of = source.name if column is None else f"{source.name}.{_digest(column)}"
    beside = source.with_name(f"{made_of}.gio4j.arrow")
    cached = cache_folder() / f"{_digest(source)}-{made_of}.arrow"
    for made in (beside, cached):
        if _metadata_of(made).get(_METADATA) == facts:
            return made
    target = beside
    if os.environ.get("GIO4J_CACHE") or not os.access(source.parent, os.W_OK):
        target = cached
        with clear_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
    passing = Reservoir()
    if source.suffix == ".parquet":
        batches = passing.watch(_parquet_vectors(source, name, column))
    else:
        batches = _csv_vectors(source, name, passing)
    write_vectors(target, stream_as_float32(batches, name), {_METADATA: facts})
    if passing.loses():
        if source.suffix == ".parquet":
            batches = _parquet_vectors(source, name, column)
        else:
            batches = _csv_doubles(source, name)
        write_vectors(target, batches, {_METADATA: facts})
    return target


def cache_folder() -> Path:
    """Where converted files go that do not lie beside their source."""
    chosen = os.environ.get("GIO4J_CACHE")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "gio4j" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "gio4j"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gio4j"


def _sizes_and_times(source: Path) -> list[list[int]]:
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    states = [file.stat() for file in files]
    return [[state.st_size, state.st_mtime_ns] for state in states]


def _csv_vectors(source: Path, name: str, passing: Reservoir) -> Iterator[Numbers]:
    """Those of the first column that begins with a bracket, cut at tabs if there are any."""
    try:
        for part in csv_parts(source, None, None, "raise", texts=False):
            passing.add(part.sample)
            yield part.vectors
    except InvalidInputError as problem:
        raise InvalidInputError(f"{name}: {problem}") from problem


def _csv_doubles(source: Path, name: str) -> Iterator[Numbers]:
    """The same with all digits, parsed here: five times slower, and never needed for text."""
    for part in csv_parts(source, None, None, "raise"):
        texts = part.columns.column(part.column).to_pylist()
        rows = [text.strip("[] \t").split(",") for text in texts]
        yield np.array(rows, np.float64)


def _parquet_vectors(source: Path, name: str, column: str | None) -> Iterator[Numbers]:
    """Those of the named column, else of `features`, else of the only one of lists of numbers."""
    dataset = open_parquet(source)
    chosen = vector_column(dataset, f"{name}: {source}") if column is None else column
    require_column(dataset, chosen, f"{name}: {source}")
    with readable(source):
        yield from dataset_vectors(dataset, chosen, f"{name}: {source}: {chosen}")


def _metadata_of(path: Path) -> dict[bytes, bytes]:
    """The metadata of an Arrow file; empty when it is none, or damaged."""
    try:
        with pa.OSFile(str(path)) as file:
            return pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowInvalid):
        return {}


def _digest(source: Path | str) -> str:
    return hashlib.sha256(os.fsencode(source)).hexdigest()[:16]
