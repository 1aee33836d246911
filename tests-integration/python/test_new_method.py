"""A method of somebody else's: one Java file and one Python file, from `select` to the picks."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from harness import full_jdk

import gio4j
from gio4j._engine.jar import find_jar
from gio4j._methods.options import Choice, Integer, Real, option
from gio4j._methods.registry import Method, register, unregister

JAVA = Path(__file__).parents[2] / "src" / "test" / "java"
POOL = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


@dataclass(frozen=True)
class Toy(Method):
    """Rows one after another."""

    name = "toy"
    objective = "nothing"
    purpose = "tests"

    first_row: int = option(0, Integer(), "Where it begins.")
    direction: str = option(
        "down_the_pool", Choice(("down_the_pool", "up_the_pool")), "Where it goes from there."
    )
    gain: float | None = option(None, Real(), "Of every pick; None is 1.")


@pytest.fixture
def toy(own_engine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The engine starts with a jar that has the Java half and names gio4j's own."""
    javac = full_jdk() / "bin" / "javac"
    jar = find_jar()
    subprocess.run(
        [javac, "-cp", jar, "-d", tmp_path, JAVA / "org" / "example" / "Toy.java"], check=True
    )
    with zipfile.ZipFile(tmp_path / "toy.jar", "w") as packed:
        packed.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\n{_class_path(jar)}\n")
        service = "META-INF/services/io.gio4j.select.SelectionMethod"
        packed.writestr(service, "org.example.Toy\n")
        for file in (tmp_path / "org").rglob("*.class"):
            packed.write(file, file.relative_to(tmp_path))
    monkeypatch.setenv("GIO4J_JAR", str(tmp_path / "toy.jar"))
    register(Toy)
    yield
    unregister(Toy)


def _class_path(jar: Path) -> str:
    """The line of a manifest, of which each part has at most 72 bytes."""
    line = f"Class-Path: {jar.as_uri()}"
    first, rest = line[:70], line[70:]
    return "\n".join([first, *(f" {rest[at : at + 69]}" for at in range(0, len(rest), 69))])


def test_both_halves_meet(toy: None) -> None:
    found = gio4j.select(POOL, POOL[:3], 4, Toy(first_row=5), seed=9)
    assert found.indices.tolist() == [5, 6, 7, 8]
    assert (found.gains.tolist(), found.facts["seed"]) == ([1.0] * 4, 9)
    up = gio4j.select(POOL, POOL[:3], 3, "toy", first_row=2, direction="up_the_pool", gain=0.5)
    assert (up.indices.tolist(), up.gains.tolist()) == ([2, 1, 0], [0.5] * 3)
    chosen = gio4j.Selector(2, "toy", first_row=7).fit(POOL, POOL[:3])
    assert chosen.selection_.indices.tolist() == [7, 8]
