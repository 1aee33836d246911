"""The wheel's own runtime with a made-up one: when it is taken, and when its archive."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest
from conftest import make_home

from gio4j._engine import java
from gio4j._engine import runtime as runtime_module
from gio4j._engine.java import find_java, program
from gio4j._engine.options import Options
from gio4j._engine.process import command_line
from gio4j.errors import JavaNotFoundError

HERE = {"OS_NAME": platform.system(), "OS_ARCH": platform.machine(), "LIBC": "gnu"}


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime as the platform wheel has it, made for this machine."""
    monkeypatch.setattr(java, "installed_homes", lambda environment: [])
    monkeypatch.setattr(java.importlib.util, "find_spec", lambda name: None)
    home = make_home(tmp_path / "runtime")
    monkeypatch.setattr(runtime_module, "RUNTIME", home)
    say(home)
    return home


def say(home: Path, **facts: str) -> None:
    """Put facts about the platform into the release file, by default those of this machine."""
    lines = [f'{name}="{value}"\n' for name, value in {**HERE, **facts}.items()]
    with (home / "release").open("a") as release:
        release.writelines(lines)


@pytest.fixture
def jar(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel's jar, as an installer leaves it, and the archive of its classes."""
    (runtime / "lib").mkdir()
    (runtime / runtime_module.ARCHIVE).touch()
    packaged = tmp_path / "engine.jar"
    packaged.touch()
    monkeypatch.setattr(runtime_module, "PACKAGED_JAR", packaged)
    return packaged


def test_it_stands_between_orders_and_hints(runtime: Path, tmp_path: Path) -> None:
    own, general = make_home(tmp_path / "own"), make_home(tmp_path / "general")
    environment = {"JAVA_HOME": str(general), "PATH": str(general / "bin")}
    assert find_java(None, environment).executable == program(runtime)
    environment["GIO4J_JAVA_HOME"] = str(own)
    assert find_java(None, environment).executable == program(own)
    assert find_java(str(general), environment).executable == program(general)


@pytest.mark.parametrize(
    ("fact", "value"), [("OS_NAME", "Plan9"), ("OS_ARCH", "riscv64"), ("LIBC", "musl")]
)
def test_one_for_another_platform_is_passed_over(
    runtime: Path, tmp_path: Path, fact: str, value: str
) -> None:
    say(runtime, **{fact: value})
    general = make_home(tmp_path / "general")
    assert find_java(None, {"JAVA_HOME": str(general)}).executable == program(general)
    with pytest.raises(JavaNotFoundError, match=r"the wheel: .*: made for .*, this is "):
        find_java(None, {"PATH": ""})


def arguments(runtime: Path, jar: Path) -> list[str]:
    return command_line(find_java(None, {}), jar, Options())


def test_the_archive_goes_with_the_wheels_jar(runtime: Path, jar: Path) -> None:
    assert f"-XX:SharedArchiveFile={runtime / runtime_module.ARCHIVE}" in arguments(runtime, jar)
    assert jar.stat().st_mtime == runtime_module.JAR_SECONDS
    stamped = jar.stat().st_ctime_ns
    arguments(runtime, jar)
    assert jar.stat().st_ctime_ns == stamped


def test_another_jar_or_java_goes_without(runtime: Path, jar: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jar"
    other.touch()
    installed = find_java(str(make_home(tmp_path / "jdk")), {})
    for command in (arguments(runtime, other), command_line(installed, jar, Options())):
        assert not [argument for argument in command if "SharedArchiveFile" in argument]
    for untouched in (other, jar):
        assert untouched.stat().st_mtime != runtime_module.JAR_SECONDS


def test_a_jar_that_cannot_be_stamped_goes_without(
    runtime: Path, jar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "utime", refuse)
    assert not [argument for argument in arguments(runtime, jar) if "SharedArchive" in argument]
