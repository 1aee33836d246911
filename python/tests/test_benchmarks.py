"""Benchmarks are run by hand, so that what they use of gio4j still exists is looked at here."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(FOLDER.rglob("*.py"))


def names(script: Path) -> Iterator[tuple[str, str]]:
    """What a script imports from gio4j's modules, and what it takes of gio4j itself."""
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gio4j":
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "gio4j":
            yield "gio4j", node.attr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_names_exist(script: Path) -> None:
    missing = [
        f"{module}.{name}"
        for module, name in names(script)
        if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []


def test_they_are_found() -> None:
    assert len(SCRIPTS) > 10
    assert ("gio4j", "select") in set(names(FOLDER / "large_pool.py"))
