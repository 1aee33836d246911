"""When an engine starts with its archive, and when one is made, with made-up homes of Java."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import make_home

from gio4j._engine import start_archive
from gio4j._engine.java import Java, find_java
from gio4j._engine.options import Options
from gio4j._engine.process import command_line
from gio4j._engine.start_archive import archives, clear_archives, keep, make_archive


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GIO4J_START_ARCHIVE")
    monkeypatch.setenv("GIO4J_CACHE", str(tmp_path / "new" / "cache"))
    monkeypatch.setattr(start_archive, "memory_limit", lambda: 16 << 30)
    return tmp_path / "new" / "cache" / "start"


@pytest.fixture
def java(tmp_path: Path) -> Java:
    return find_java(str(make_home(tmp_path / "jdk")), {})


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "engine.jar"
    path.touch()
    return path


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The archives whose making was begun; nothing makes them."""
    begun: list[Path] = []

    class Recorder:
        pid, returncode = 1 << 30, None  # no process has this number

        def __init__(self, command: list[str], **options: Any) -> None:
            assert command[:-1] == [sys.executable, "-W", "ignore", "-m", start_archive.MAKER]
            assert options["env"]["GIO4J_START_ARCHIVE"] == "off"
            begun.append(Path(command[-1]))

    monkeypatch.setattr(subprocess, "Popen", Recorder)
    return begun


def flags(java: Java, jar: Path, options: Options | None = None) -> list[str]:
    command = command_line(java, jar, options or Options())
    return [flag for flag in command if "AOT" in flag]


def made(begun: list[Path]) -> Path:
    """What the maker leaves."""
    archive = begun[-1]
    made = archive.with_suffix(".making") / archive.name
    made.touch()
    keep(made, archive)
    made.parent.rmdir()
    return archive


def test_the_second_start_has_what_was_made_after_the_first(
    cache: Path, java: Java, jar: Path, begun: list[Path]
) -> None:
    assert flags(java, jar) == []
    make_archive(java, jar, Options())
    assert flags(java, jar) == []
    archive = made(begun)
    assert archive.parent == cache
    assert flags(java, jar) == [f"-XX:AOTCache={archive}"]
    make_archive(java, jar, Options())
    assert len(begun) == 1


def test_one_process_makes_it_and_after_a_day_another(
    cache: Path, java: Java, jar: Path, begun: list[Path]
) -> None:
    make_archive(java, jar, Options())
    make_archive(java, jar, Options())
    assert len(begun) == 1
    yesterday = time.time() - 90_000
    os.utime(begun[0].with_suffix(".making"), (yesterday, yesterday))
    make_archive(java, jar, Options())  # clears the folder
    make_archive(java, jar, Options())
    assert len(begun) == 2


def test_another_java_or_jar_has_another(
    cache: Path, java: Java, jar: Path, tmp_path: Path, begun: list[Path]
) -> None:
    make_archive(java, jar, Options())
    made(begun)
    other = find_java(str(make_home(tmp_path / "other")), {})
    assert flags(other, jar) == []
    jar.write_text("another build")
    assert flags(java, jar) == []


def test_it_goes_without_what_it_may_not_fit(
    cache: Path, java: Java, jar: Path, begun: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_archive(java, jar, Options())
    made(begun)
    assert flags(java, jar, Options(jvm_flags=("-XX:+UseG1GC",))) == []
    cache.chmod(0o755)  # others may have written to it
    assert flags(java, jar) == []
    cache.chmod(0o700)
    monkeypatch.setenv("GIO4J_START_ARCHIVE", "off")
    assert flags(java, jar) == []
    monkeypatch.setenv("GIO4J_START_ARCHIVE", "no")
    with pytest.raises(ValueError, match="ARCHIVE='no': needs 'auto', 'off' or the path"):
        flags(java, jar)


def test_one_of_the_users_own(
    java: Java, jar: Path, tmp_path: Path, begun: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.aot"
    monkeypatch.setenv("GIO4J_START_ARCHIVE", str(own))
    with pytest.raises(ValueError, match=r"needs .* `python -m gio4j\._training FILE` makes one"):
        flags(java, jar)
    own.touch()
    assert flags(java, jar) == [f"-XX:AOTCache={own}"]
    make_archive(java, jar, Options())
    assert begun == []


@pytest.mark.parametrize("lack", ["memory", "memory unknown", "space", "python", "folder", "flags"])
def test_where_none_is_made(
    lack: str,
    cache: Path,
    java: Java,
    jar: Path,
    begun: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = Options(jvm_flags=("-Xint",)) if lack == "flags" else Options()
    if lack.startswith("memory"):
        monkeypatch.setattr(
            start_archive, "memory_limit", lambda: None if lack.endswith("unknown") else 2 << 30
        )
    elif lack == "space":
        monkeypatch.setattr(start_archive, "address_space_limit", lambda: 8 << 30)
    elif lack == "python":
        monkeypatch.setattr(sys, "executable", "/usr/bin/some-editor")
    elif lack == "folder":
        cache.parent.mkdir(parents=True)
        cache.write_text("somebody's file")
    make_archive(java, jar, options)
    assert begun == []


def test_those_used_last_are_kept(
    cache: Path, java: Java, tmp_path: Path, begun: list[Path]
) -> None:
    jars = [tmp_path / f"{number}.jar" for number in range(5)]
    for number, each in enumerate(jars):
        each.touch()
        make_archive(java, each, Options())
        os.utime(made(begun), (number, number))
    assert archives() == begun[:1:-1]
    assert flags(java, jars[2]) != []  # used now
    assert archives()[0] == begun[2]
    clear_archives()
    assert archives() == []
