"""A test that checks nothing cannot fail: each one asserts, or expects an error or a warning."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("python/tests", "tests-integration/python", "benchmarks/tests")
#: Of pytest and scikit-learn; our own helpers are found.
CHECKS = {"raises", "warns", "deprecated_call", "fail", "check_dataframe_column_names_consistency"}


def checks(function: ast.AST, known: set[str]) -> bool:
    """Whether it asserts, or calls something that does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if called in known or called.startswith("assert_"):
                return True
    return False


def unchecked(sources: dict[str, str]) -> list[str]:
    """The tests of all files that check nothing, by themselves or by a function in these files."""
    functions = [
        (file, node)
        for file, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    ]
    known, before = set(CHECKS), set[str]()
    while known != before:
        before = set(known)
        known |= {node.name for _, node in functions if checks(node, known)}
    return [
        f"{file}: {node.name}"
        for file, node in functions
        if node.name.startswith("test_") and not checks(node, known)
    ]


@pytest.mark.slow
def test_every_test_can_fail() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 60
    assert unchecked({path.name: path.read_text(encoding="utf-8") for path in files}) == []


def test_one_that_cannot_is_found() -> None:
    helper = "def same(x): assert x\ndef test_a(): same(1)\ndef test_b(): print(1)\n"
    assert unchecked({"f": helper}) == ["f: test_b"]
