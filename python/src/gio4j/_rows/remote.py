"""Files at an address, such as `s3://bucket/rows.npy`, where fsspec is installed.

They are fetched into the temporary folder, and stay there as long as this process lives: asked for
again, a file is fetched again only if its file system says that it has changed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gio4j._checks import cause
from gio4j._shared.open_file import OpenFile, shown
from gio4j._shared.private import user_folder
from gio4j._shared.whole_file import clear_errors
from gio4j.errors import GioError, InvalidInputError, MissingPackageError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::|://)")
_PATTERN = re.compile(r"[*?\[]")
# Held open, so that no other process sweeps them; by address and version.
_fetched: dict[tuple[str, str], OpenFile] = {}
_addresses: dict[Path, str] = {}


def is_address(text: str) -> bool:
    """Whether a path is one of fsspec's: two letters at least, as C:/ is a drive."""
    return _ADDRESS.match(text) is not None


def address_of(path: Path) -> str:
    """Where a file was fetched from; of any other its path."""
    return _addresses.get(path, str(path))


def fetched(address: str, name: str) -> list[Path]:
    """The files of an address, of a folder there or of a pattern, as files of this machine."""
    try:
        import fsspec
    except ImportError as problem:
        raise MissingPackageError(
            f"{name}: {shown(address)} needs fsspec: pip install fsspec, and what it asks for"
        ) from problem
    with _named(address, name):
        system, path = fsspec.core.url_to_fs(address)
        if _PATTERN.search(path):
            found = system.glob(path)
        else:
            found = system.find(path) if system.isdir(path) else [path]
        files = [_file(system, each) for each in sorted(found) if not _is_hidden(each, path)]
    if not files:
        raise InvalidInputError(f"{name}: no file matches {shown(address)}")
    return files


def _file(system: Any, path: str) -> Path:
    address = system.unstrip_protocol(path)
    key = address, str(system.ukey(path))
    held = _fetched.get(key)
    if held is None or held.path is None or not held.path.exists():
        folder = user_folder(Path(tempfile.gettempdir()))
        descriptor, made = folder.create()
        target = made.with_name(f"{made.name}{''.join(Path(path).suffixes)}")
        with clear_errors(target):
            with system.open(path, "rb") as source, open(descriptor, "wb", closefd=False) as file:
                shutil.copyfileobj(source, file, 1 << 20)
            os.replace(made, target)
        held = _fetched[key] = OpenFile(descriptor, target, own=True)
        _addresses[target] = address
    assert held.path is not None
    return held.path


def _is_hidden(path: str, within: str) -> bool:
    return any(part[0] in "._" for part in path.removeprefix(within).split("/") if part)


@contextmanager
def _named(address: str, name: str) -> Iterator[None]:
    """What a file system refuses, each in its own way, as one error of ours."""
    try:
        yield
    except (GioError, MemoryError):
        raise
    except ImportError as problem:
        raise MissingPackageError(f"{name}: {shown(address)}: {cause(problem)}") from problem
    except FileNotFoundError:
        raise InvalidInputError(f"{name}: there is no file {shown(address)}") from None
    except Exception as problem:
        raise InvalidInputError(
            f"{name}: {shown(address)} cannot be read ({cause(problem)})"
        ) from problem
