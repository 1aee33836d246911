"""The Java runtime inside a platform wheel, and the archive of its loaded classes.

The archive (class-data sharing, `-Xshare:dump`) holds the JDK's and the engine's classes as they
lie in memory after loading: the engine says READY in half the time. The JVM takes it only for the
very jar it was made with, known by size and by time stamp, and installers give every file a new
stamp. So the jar gets its stamp back at the first start; where that is not allowed, the engine
starts without the archive.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

from gio4j._engine.jar import PACKAGE, PACKAGED_JAR

#: What `make wheels` puts into the platform wheel; any other installation has no such folder.
RUNTIME = PACKAGE / "runtime"
ARCHIVE = "lib/gio4j.jsa"
#: The jar's time stamp when the archive was made: 2026-01-01, as of the entries in the jar.
JAR_SECONDS = 1767225600


def misfit(release: dict[str, str]) -> str | None:
    """Why a runtime with this `release` file cannot run on this machine, or None."""
    made_for = (release.get("OS_NAME"), release.get("OS_ARCH"), release.get("LIBC"))
    this = (platform.system(), platform.machine(), "gnu" if _is_glibc() else "other")
    if made_for == this:
        return None
    return f"made for {_system(*made_for)}, this is {_system(*this)}"


def archive_arguments(executable: Path, jar: Path) -> list[str]:
    """The flag that makes `java` use the archive, if it is the wheel's own and so is the jar."""
    archive = RUNTIME / ARCHIVE
    if not executable.is_relative_to(RUNTIME) or jar != PACKAGED_JAR or not archive.is_file():
        return []
    return [f"-XX:SharedArchiveFile={archive}"] if _stamped(jar) else []


def _stamped(jar: Path) -> bool:
    status = jar.stat()
    if int(status.st_mtime) != JAR_SECONDS:
        try:
            os.utime(jar, (status.st_atime, JAR_SECONDS))
        except OSError:
            return False  # another user's installation, or a file system that is read only
    return True


def _is_glibc() -> bool:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") is not None
    except (AttributeError, OSError, ValueError):  # Windows, musl
        return False


def _system(name: str | None, machine: str | None, libc: str | None) -> str:
    return f"{name} {machine} with {'glibc' if libc == 'gnu' else 'another C library'}"
