"""Paths as rows: which files a path leads to, and what reads each of them.

A path is a file, a folder, a pattern such as `shards/*.parquet`, an address such as
`s3://bucket/rows.npy` where fsspec is installed, or a list of them. The files of a folder are those
in it and below it whose names do not begin with a dot or an underscore, in order of their paths;
those of a pattern likewise; without .json beside other kinds. Several files are one matrix, row
after row.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gio4j._checks import brief
from gio4j._rows.archives import npz_source, safetensors_source
from gio4j._rows.arrow_messages import is_compressed
from gio4j._rows.choice import Choice, Names
from gio4j._rows.convert import converted, identities_of
from gio4j._rows.gradient_files import GRADIENT_FILES
from gio4j._rows.joined_source import JoinedSource
from gio4j._rows.kinds.arrow import FileTable
from gio4j._rows.remote import address_of, fetched, is_address
from gio4j._rows.sources import FileSource, NoRowsError, NpySource, Source
from gio4j._rows.tables import TABLES, arrow_table
from gio4j._rows.text import suffix_of
from gio4j._rows.vectors import holds_float32, is_read_as_stored, is_view
from gio4j._shared.open_file import absolute, open_file, path_of, refusals, shown
from gio4j.errors import InvalidInputError

_PATTERN = re.compile(r"[*?\[]")


def npy_source(path: Path, name: str, choice: Choice) -> Source:
    """A .npy file, where it lies."""
    return NpySource(open_file(path, name), name)


def arrow_source(path: Path, name: str, choice: Choice) -> Source:
    """An Arrow file: vectors where they lie; what else there is, a converted copy."""
    file = open_file(path, name)
    holder = arrow_table(path, name, choice)
    column = holder.meant(name) if choice.columns is None else choice.columns
    if not isinstance(column, str) and len(column) == 1:
        (column,) = column
    if isinstance(column, str):
        holder.require_column(column, name)
        is_there = column in holder.names and holder.holds_vectors(column)
        if is_there and not is_compressed(file, name) and is_read_in_place(holder, column):
            return FileSource(file, name, column)
    return converted_source(path, name, choice)


def is_read_in_place(holder: FileTable, column: str) -> bool:
    """Whether the engine reads vectors of this type, or they are read in doubles as they come."""
    kind = holder.value.schema.field(column).type
    is_plain = is_read_as_stored(kind) and not is_view(kind)
    return is_plain or not holds_float32(kind)


def converted_source(path: Path, name: str, choice: Choice) -> Source:
    """Any other: a copy as an Arrow file, which is kept."""
    copy = converted(path, name, choice)
    source = FileSource(copy.file, name)
    source.columns = copy.columns
    return source


#: What makes rows of each kind of file, by the end of its name.
FILE_KINDS: dict[str, Callable[[Path, str, Choice], Source]] = {
    ".npy": npy_source,
    ".mmap": npy_source,  # as TRAK calls them
    ".npz": npz_source,
    ".safetensors": safetensors_source,
    **GRADIENT_FILES,
    **dict.fromkeys(TABLES, converted_source),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), arrow_source),
}


def is_path(value: Any) -> bool:
    """Whether a value is a path, or a list of paths."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, str | bytes | os.PathLike) for each in value)
    return isinstance(value, str | bytes | os.PathLike)


def files_of(value: Any, name: str) -> list[Path]:
    """The files that a path leads to, from the root, in order."""
    if isinstance(value, list):
        return [file for each in value for file in files_of(each, name)]
    text = str(path_of(value, name)) if not isinstance(value, str) else value
    if is_address(text):
        return fetched(text, name)
    path = absolute(os.path.expanduser(path_of(text, name)))
    with refusals(path, name):
        if path.exists() or not _PATTERN.search(text):
            return _below(path, name)
        found = sorted(map(Path, glob.glob(str(path), recursive=True)))
        files = [file for one in found for file in _below(one, name)]
    if not files:
        raise InvalidInputError(f"{name}: no file matches {shown(text)}")
    return files


def source_of_files(files: Sequence[Path], name: str, choice: Choice) -> Source:
    """The rows of the files, one after another."""
    kinds = {kind_of(file, name) for file in files}
    if len(kinds) > 1 and len(kinds & set(TABLES)) < len(kinds):
        raise InvalidInputError(
            f"{name}: holds files of the kinds {', '.join(sorted(kinds))}; pass those of one kind, "
            f"such as '*{min(kinds)}'"
        )
    parts, empty = [], None
    for file in files:
        try:
            with _by_address(file):
                make = FILE_KINDS[kind_of(file, name)]
                # A converted file's messages name it by themselves.
                is_named = len(files) > 1 and make is not converted_source
                part = make(file, f"{name}: {shown(file)}" if is_named else name, choice)
        except NoRowsError as problem:  # as programs write for a part of their work without rows
            empty = problem
            continue
        part.path = address_of(file)
        parts.append(part)
    if empty is not None and not parts:
        raise empty
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        if part.columns != parts[0].columns:
            raise InvalidInputError(
                f"{name}: {shown(part.path or '')} has other columns of numbers than "
                f"{shown(files[0])}, or in another order; pass columns= with those to take"
            )
    return JoinedSource(parts, name)


@dataclass(frozen=True)
class GivenFiles:
    """Files that are read again later: from the root, and with what they were at first."""

    files: tuple[Path, ...]
    columns: str | Names | None
    identities: list[list[list[Any]]]

    @staticmethod
    def of(value: Any, name: str, columns: str | Names | None) -> GivenFiles:
        """What a path leads to now."""
        files = tuple(files_of(value, name))
        return GivenFiles(files, columns, [identities_of(file, name) for file in files])

    def require_unchanged(self, name: str) -> None:
        """InvalidInputError if another file is there by now."""
        for file, identities in zip(self.files, self.identities, strict=True):
            if identities_of(file, name) != identities:
                raise InvalidInputError(
                    f"{name}: {shown(file)} was changed or replaced since it was selected from; "
                    "select again"
                )


@contextmanager
def _by_address(file: Path) -> Iterator[None]:
    """Errors name a file that was fetched as the user named it."""
    try:
        yield
    except InvalidInputError as problem:
        if (address := address_of(file)) != str(file):
            raise type(problem)(str(problem).replace(str(file), address)) from problem
        raise


def _below(path: Path, name: str) -> list[Path]:
    """The file; or those of a folder."""
    if not path.is_dir():
        return [path]
    if (path / "dataset_dict.json").exists():
        splits = sorted(entry.name for entry in path.iterdir() if entry.is_dir())
        raise InvalidInputError(
            f"{name}: {shown(path)} is a DatasetDict; pass the folder of one split, of "
            f"{', '.join(splits)}"
        )
    files = [
        file
        for file in sorted(path.rglob("*"))
        if not any(part[0] in "._" for part in file.relative_to(path).parts)
        and not file.is_dir()
        and (suffix_of(file) in FILE_KINDS or suffix_of(path) in TABLES)
    ]
    # Beside files of another kind JSON says something about these, as `datasets` writes it.
    rows = [file for file in files if suffix_of(file) != ".json"]
    files = rows or files
    if not files:
        raise InvalidInputError(
            f"{name}: the folder {shown(path)} holds no file whose name ends in {_KINDS}"
        )
    return files


def kind_of(path: Path, name: str) -> str:
    """By which end of its name, or of a folder's, a file is read; InvalidInputError for none."""
    for each in (path, *path.parents):  # a folder rows.csv may hold files of any name
        if (kind := suffix_of(each)) in FILE_KINDS and (each == path or kind in TABLES):
            return kind
        if each.is_dir() and each.suffix:
            break
    raise InvalidInputError(
        f"{name}: path {brief(str(path))} ends in {brief(path.suffix)}; needs {_KINDS}, or an array"
    )


_KINDS = ", ".join(FILE_KINDS)
