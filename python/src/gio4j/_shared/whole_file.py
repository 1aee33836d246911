"""Files of the user's that gio4j writes: each appears under its name when it is whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gio4j._checks import brief, cause
from gio4j._shared.private import new_file, publish
from gio4j.errors import StorageError


@contextmanager
def whole_file(path: Path) -> Iterator[int]:
    """An open file, which takes the name `path` at the end of the block.

    Whatever ends the block early, no part of it is left, and a file of that name stays as it was.
    StorageError for a full disk or a folder that cannot be written.
    """
    with clear_errors(path):
        descriptor, temporary = new_file(path.parent)
    try:
        yield descriptor
        with clear_errors(path):
            publish(descriptor, temporary, path)
    except BaseException:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise
    finally:
        os.close(descriptor)


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """What the system refuses about this path, as a StorageError with the cure."""
    try:
        yield
    except StorageError:
        raise
    except OSError as problem:
        folder = path.parent
        if problem.errno == errno.ENOSPC:
            free = shutil.disk_usage(folder).free
            raise StorageError(
                f"{folder}: the disk is full, {free / 2**20:,.0f} MiB are left; free some, or "
                "set GIO4J_CACHE for converted files, TMPDIR for temporary ones, to another folder"
            ) from problem
        reason = problem.strerror or cause(problem)
        raise StorageError(f"path={brief(str(path))}: cannot be written ({reason})") from problem
