"""A fake Java home whose `java` is a Python script, and the gateway ended after each test."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from numpy_engine import NumpyEngine

import gio4j
from gio4j._engine import jobs
from gio4j._shared.buffers import pool

# Every test has a new cache, in which its engine would have an archive made.
os.environ.setdefault("GIO4J_START_ARCHIVE", "off")
# A shell that runs the tests in the background makes them, and what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")


def make_home(
    home: Path,
    version: str = "25.0.3",
    modules: str | None = "java.base jdk.incubator.vector",
    script: str = "",
) -> Path:
    """A folder that looks like a JDK; its `java` runs the given shell lines, or the fake engine."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(
        "#!/bin/sh\n" + (script or f'exec "{sys.executable}" "{FAKE_ENGINE}" "$@"') + "\n"
    )
    java.chmod(0o755)
    if modules is not None:
        (home / "release").write_text(
            f'IMPLEMENTOR="None"\nJAVA_VERSION="{version}"\nMODULES="{modules}"\n'
        )
    return home


@pytest.fixture(autouse=True)
def fresh(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """No option of the machine leaks in, no engine or buffer of one test into the next."""
    monkeypatch.setenv("GIO4J_CACHE", str(tmp_path_factory.mktemp("cache")))
    for name in (
        "HEAP",
        "THREADS",
        "JVM_FLAGS",
        "SIMD",
        "JAVA_HOME",
        "SHARED",
        "START_TIMEOUT",
        "JAR",
    ):
        monkeypatch.delenv(f"GIO4J_{name}", raising=False)
    yield
    gio4j.shutdown()
    gio4j.configure()
    pool.trim()
    assert pool.counts()["idle_buffers"] == 0


@pytest.fixture(autouse=True)
def numpy_engine() -> Iterator[NumpyEngine]:
    """Answers every request, unless a test has the fake engine."""
    engine = NumpyEngine()
    with jobs.run_by(engine):
        yield engine


@pytest.fixture
def engine(
    numpy_engine: NumpyEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Makes the next gateway a fake one that behaves as asked."""
    jar = tmp_path / "engine.jar"
    jar.touch()
    monkeypatch.setenv("GIO4J_JAR", str(jar))
    monkeypatch.setenv("GIO4J_JAVA_HOME", str(make_home(tmp_path / "jdk")))

    def behave(mode: str) -> None:
        gio4j.shutdown()
        gio4j.configure(jvm_flags=[f"-Dfake.mode={mode}"])

    with jobs.run_by(None):
        yield behave
