"""Every benchmark runs on toy sizes and names nothing of gio4j that does not exist."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)
FOLDER = Path(__file__).parents[1]
FILES = sorted(set(FOLDER.rglob("*.py")) - set(Path(__file__).parent.iterdir()))
#: Far more than any takes: Spark alone starts for 20 s on two busy cores.
SECONDS = 280
SCRIPTS = [file for file in FILES if file.parent == FOLDER and "__main__" in file.read_text()]


def run(*arguments: str) -> str:
    """What a program in this folder prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=FOLDER,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_runs_on_toy_sizes(script: Path) -> None:
    report = json.loads(run(script.name, "--smoke"))
    assert "processor" in report["host"]
    assert len(report) > 2


def test_every_method_is_compared_on_the_digits() -> None:
    shown = run("-m", "quality", "--smoke")
    assert "### digits: " in shown
    from quality.methods import METHODS, PAPER

    assert [name for name in METHODS | PAPER if f"\n| {name} |" not in shown] == []


def test_all_are_in_the_readme() -> None:
    readme = (FOLDER / "README.md").read_text()
    parts = {script.name for script in SCRIPTS} | {"quality/", "jmh/"}
    assert [part for part in sorted(parts) if f"| `{part}` |" not in readme] == []
    assert len(SCRIPTS) > 10


def names(script: Path) -> Iterator[tuple[str, str]]:
    """What a script imports from gio4j's modules, and what it takes of gio4j itself."""
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gio4j":
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "gio4j":
            yield "gio4j", node.attr


@pytest.mark.parametrize("script", FILES, ids=lambda script: script.name)
def test_names_exist(script: Path) -> None:
    """Also on the ways that a run without a peer or without fetched data does not take."""
    missing = [
        f"{module}.{name}"
        for module, name in names(script)
        if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []


def test_names_are_found() -> None:
    assert ("gio4j", "select") in set(names(FOLDER / "large_pool.py"))
