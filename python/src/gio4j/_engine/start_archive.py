"""The start archive: the engine's classes as they lie in memory once loaded, and their profiles.

With it (the JVM's ahead-of-time cache, JEP 514 and 515) an engine is ready in half the time, and
its first job takes a third less of the processors' time. The archive, 40 MB, is made after the
first start, by a process of its own and of the lowest priority, which may outlive this one by
seconds. The JVM takes it only if Java, jars and flags are those that it was made with, and starts
without it otherwise.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from gio4j._engine.java import Java
from gio4j._engine.options import Options
from gio4j._shared import threads
from gio4j._shared.cache import cache_path
from gio4j._shared.memory import address_space_limit, memory_limit
from gio4j._shared.private import PrivateFolder
from gio4j.errors import GioError, InvalidInputError

#: The module that makes one: `python -m gio4j._training ARCHIVE`.
MAKER = "gio4j._training"
_VARIABLE = "GIO4J_START_ARCHIVE"
# The maker and its JVM take 0.6 GB for some seconds.
_LEAST_MEMORY_BYTES = 4 << 30
# Whoever made none within that time has failed.
_RETRY_SECONDS = 86_400
# One for each installation in use, such as that of a second environment.
_MOST_KEPT = 3
_IDLE_PRIORITY_CLASS = 0x40


def archive_arguments(java: Java, jar: Path, options: Options) -> list[str]:
    """The flag that makes `java` use its archive, if there is one that nobody else can write."""
    setting = _setting(options)
    if setting != "auto":
        return [] if setting == "off" else [f"-XX:AOTCache={setting}"]
    path = _folder().path / _name(java, jar)
    with suppress(OSError):
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode) and _folder().is_ours():
            os.utime(path)  # used now
            return [f"-XX:AOTCache={path}"]
    return []


def make_archive(java: Java, jar: Path, options: Options) -> None:
    """Have the archive made in the background, if there is none and the machine allows it."""
    python = sys.executable
    if (
        _setting(options) != "auto"
        or address_space_limit() is not None
        or (memory_limit() or 0) < _LEAST_MEMORY_BYTES
        # A program with Python inside: it would be started once more.
        or not Path(python or "").stem.startswith("python")
    ):
        return
    # Without it the engine starts as it always does: no failure here is worth an error.
    with suppress(OSError, GioError):
        folder = _folder()
        archive = folder.path / _name(java, jar)
        if archive.exists():
            return
        cache_path().mkdir(parents=True, exist_ok=True)
        folder.ensure()
        if _claim(archive.with_suffix(".making")):
            _begin(python, archive, java)


def archives() -> list[Path]:
    """The archives that are kept, the one used last first."""
    folder = _folder()
    found = folder.path.glob("*.aot") if folder.is_ours() else []
    return sorted(found, key=lambda path: -path.stat().st_mtime)


def clear_archives() -> None:
    """Delete the archives; engines that run keep what they have loaded."""
    for archive in archives():
        archive.unlink()


def keep(made: Path, archive: Path) -> None:
    """Put a new archive into its place, and delete those used longest ago."""
    os.chmod(made, 0o600)  # as the JVM wrote it, others may read it
    os.replace(made, archive)
    for old in archives()[_MOST_KEPT:]:
        old.unlink()


def _setting(options: Options) -> str:
    """Auto, off, or the path of an archive that is to be used.

    Off beside flags of the user's own, which an archive may not go with.
    """
    text = os.environ.get(_VARIABLE) or "auto"
    if text not in ("auto", "off") and not os.path.isfile(text):
        raise InvalidInputError(
            f"{_VARIABLE}={text!r}: needs 'auto', 'off' or the path of an archive; "
            f"`python -m {MAKER} FILE` makes one"
        )
    return "off" if options.jvm_flags else text


def _folder() -> PrivateFolder:
    return PrivateFolder(cache_path() / "start")


def _name(java: Java, jar: Path) -> str:
    """Another one for every Java and jar, by what tells that they have changed."""
    facts: list[object] = [java.version, java.vector_arguments]
    for file in (java.executable.resolve(), jar):
        status = file.stat()
        facts += [file, status.st_size, status.st_mtime_ns]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16] + ".aot"


def _claim(making: Path) -> bool:
    """Whether it is this process that makes the archive, in this new folder."""
    with suppress(FileExistsError):
        making.mkdir(mode=0o700)
        return True
    if time.time() - making.stat().st_mtime > _RETRY_SECONDS:
        shutil.rmtree(making)
    return False


def _begin(python: str, archive: Path, java: Java) -> None:
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [python, "-W", "ignore", "-m", MAKER, str(archive)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=archive.parent,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "GIO4J_JAVA_HOME": str(java.executable.parents[1]),
            _VARIABLE: "off",
        },
        start_new_session=True,  # it goes on when this process ends
        creationflags=_IDLE_PRIORITY_CLASS if sys.platform == "win32" else 0,
    )
    pid, process.returncode = process.pid, 0  # or Popen's finalizer warns that it still runs
    if sys.platform != "win32":

        def reap() -> None:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)

        threads.start(reap, "gio4j-start-archive")
