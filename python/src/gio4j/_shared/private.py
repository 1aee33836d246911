"""Files of gio4j's own: without a name where the system allows it, else in a marked folder.

Nothing is ever deleted but what such a folder holds, and a folder is taken for gio4j's only if it
is no link, belongs to this user, is closed to all others and has the marker inside.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gio4j._shared.threads import waiters
from gio4j.errors import StorageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MARKER = ".gio4j-owned"
_MARKER_TEXT = b"gio4j keeps files of its own in this folder, and deletes them.\n"
#: Begins the name of a file that goes with the process that made it.
NEW = "new-"
# What Windows needs to leave line ends alone, and what keeps a file from other programs.
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
# A file system without O_TMPFILE says the first, a kernel without it the others.
_NO_UNNAMED_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS)


# The threads that hold the lock of a folder or wait for it.
_holders: set[int] = set()


class PrivateFolder:
    """A folder of this user's that gio4j alone writes to.

    Its marker is locked while files come and go, so that none is swept between its making and the
    lock on it that says that its process lives. A lock, not a process id in the name: it ends with
    its owner whatever happens, and two containers that share a folder have different ids for one
    process. Windows has no such locks, but refuses to delete a file that is open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> tuple[int, Path]:
        """A new empty file, 0600, open and locked; swept when this process has ended.

        Raises
        ------
        StorageError
            If something that is not gio4j's has the folder's name.
        """
        with self._locked(make=True):
            path = self.path / f"{NEW}{secrets.token_hex(8)}"
            descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
            _lock(descriptor, wait=False)
            return descriptor, path

    def create_unnamed(self) -> tuple[int, Path | None]:
        """A file without a name, where the system allows it."""
        with self._locked(make=True):
            descriptor = _unnamed(self.path)
        return self.create() if descriptor is None else (descriptor, None)

    def ensure(self) -> Path:
        """The folder, made if it is not there; a StorageError as in `create`."""
        with self._locked(make=True):
            return self.path

    def sweep(self) -> None:
        """Remove what killed processes left, and then the folder if it is empty."""
        with suppress(OSError):
            if not self.is_ours():
                return
            with self._locked(make=False):
                names = set(os.listdir(self.path))
                for name in sorted(names):
                    if name.startswith(NEW) and _remove_if_stale(self.path / name):
                        names.discard(name)
                if names <= {MARKER} and fcntl is not None:
                    os.unlink(self.path / MARKER)
                    try:
                        os.rmdir(self.path)
                    except OSError:  # a finalizer in the middle of this has put a file there
                        self._mark()

    def is_ours(self) -> bool:
        """Whether it is there, and provably gio4j's."""
        try:
            status = os.lstat(self.path)
            if not stat.S_ISDIR(status.st_mode) or not _is_mine(status):
                return False
            marker = os.lstat(self.path / MARKER)
        except OSError:
            return False
        return stat.S_ISREG(marker.st_mode) and _is_mine(marker)

    @contextmanager
    def _locked(self, make: bool) -> Iterator[None]:
        if waiters() & _holders:
            # A finalizer or signal handler inside of this, whose lock would never come free. It
            # keeps others away meanwhile, and its sweep can do without one within.
            if make:
                self._make()
                yield
                return
            raise BlockingIOError(errno.EWOULDBLOCK, "swept already")
        me = threading.get_ident()
        try:
            _holders.add(me)
            with self._locked_alone(make):
                yield
        finally:
            _holders.discard(me)

    @contextmanager
    def _locked_alone(self, make: bool) -> Iterator[None]:
        while True:
            if make:
                self._make()
            try:
                marker = os.open(self.path / MARKER, _FLAGS | _NO_LINK)
            except FileNotFoundError:
                if make:
                    continue  # a sweep came in between
                raise
            try:
                _lock(marker, wait=True)
                # A sweep may have removed the folder while this waited for it.
                if os.fstat(marker).st_nlink or fcntl is None:
                    yield
                    return
            finally:
                os.close(marker)

    def _make(self) -> None:
        """Make the folder if it is not there, and be sure that it is gio4j's."""
        try:
            os.mkdir(self.path, 0o700)
        except FileExistsError:
            # One that is empty is what a process left that was killed between here and below.
            with suppress(OSError):
                if _is_mine(os.lstat(self.path)) and not os.listdir(self.path):
                    self._mark()
        else:
            self._mark()
        if not self.is_ours():
            with suppress(FileNotFoundError):
                os.lstat(self.path)
                raise StorageError(
                    f"{self.path}: is not gio4j's own: it needs to be a folder of yours with mode "
                    f"0700 and the file {MARKER}; move it away, or set TMPDIR (temporary files) or "
                    "GIO4J_CACHE (converted files) to another folder"
                )

    def _mark(self) -> None:
        with suppress(FileExistsError, FileNotFoundError):  # another process was quicker
            flags = _FLAGS | os.O_CREAT | os.O_EXCL
            descriptor = os.open(self.path / MARKER, flags, 0o600)
            try:
                os.write(descriptor, _MARKER_TEXT)
            finally:
                os.close(descriptor)


def new_file(folder: Path) -> tuple[int, Path | None]:
    """An open file for `publish` to name, in a folder of the user's, with the mode that umask sets.

    Its path is None as long as it has no name.
    """
    descriptor = _unnamed(folder, 0o666)
    if descriptor is not None:
        return descriptor, None
    path = folder / f".gio4j-{secrets.token_hex(8)}"
    return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666), path


def publish(descriptor: int, path: Path | None, target: Path) -> None:
    """Give a new file its lasting name, at once and in place of whatever had it."""
    if path is not None:
        os.replace(path, target)
        return
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # With `dst_dir_fd`, or else Python links to the link that /proc has.
        def link(name: str) -> None:
            source = f"/proc/self/fd/{descriptor}"
            os.link(source, name, dst_dir_fd=folder, follow_symlinks=True)

        try:
            link(target.name)
        except FileExistsError:
            name = f"{NEW}{secrets.token_hex(8)}"
            link(name)
            os.replace(name, target.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)


def unnamed_file(folder: Path) -> tuple[int, Path | None]:
    """An open file, 0600, that goes with its descriptor: its path is None on Linux.

    Elsewhere the engine needs a name to open, and the file lies in this user's folder of gio4j's
    inside `folder`.
    """
    descriptor = _unnamed(folder)
    if descriptor is not None:
        return descriptor, None
    descriptor, path = user_folder(folder).create()
    if sys.platform != "linux":
        return descriptor, path
    discard(path)
    return descriptor, None


def goes_with(owner: object, path: Path) -> None:
    """Delete a file of a private folder when its owner dies, or this process ends."""
    weakref.finalize(owner, _discard, path, os.getpid())


def discard(path: Path) -> None:
    """Delete a file of a private folder, and the folder when that was the last."""
    with suppress(OSError):
        os.unlink(path)
    PrivateFolder(path.parent).sweep()


def user_folder(base: Path) -> PrivateFolder:
    """The one folder in `base` that holds this user's files of gio4j's."""
    user = getattr(os, "getuid", None)
    return PrivateFolder(base / ("gio4j" if user is None else f"gio4j-{user()}"))


def _unnamed(folder: Path, mode: int = 0o600) -> int | None:
    """A file that never has a name; None where the system knows no such files."""
    if sys.platform != "linux" or not hasattr(os, "O_TMPFILE"):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | _FLAGS, mode)
    except OSError as problem:
        if problem.errno in _NO_UNNAMED_FILES:
            return None
        raise


def _discard(path: Path, maker: int) -> None:
    if os.getpid() == maker:  # not in a forked child
        discard(path)


def _is_mine(status: os.stat_result) -> bool:
    if fcntl is None:  # Windows: the temporary folder is the user's own, modes say nothing
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _lock(descriptor: int, wait: bool) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_if_stale(path: Path) -> bool:
    try:
        descriptor = os.open(path, _FLAGS | _NO_LINK)
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not _lock(descriptor, wait=False):
            return False
        if fcntl is not None:
            os.unlink(path)
    finally:
        os.close(descriptor)
    if fcntl is None:
        try:
            os.unlink(path)
        except OSError:  # open elsewhere
            return False
    return True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_holders.clear)
