"""The examples in the docstrings, run as they stand through the engine."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import matplotlib
import pytest
from harness import example_names

import GIO
import gio4j
from GIO.GIOKL import GIOKL


def modules() -> list[ModuleType]:
    found: list[ModuleType] = []
    for package in (gio4j, GIO):
        found.append(package)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # The first would run the command line, the second runs in Spark's workers.
            if not module.name.endswith((".__main__", ".spark_worker")):
                found.append(importlib.import_module(module.name))
    return found


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for module in modules() for test in finder.find(module) if test.examples]


#: Public names without an example, and why.
WITHOUT = {
    "Divergence": "made by divergence, whose example shows it",
    "Explanation": "made by Selection.explain",
    "GradientSearch": "made by gradient_search",
    "KMeansSummary": "in the model that kmeans makes",
    "Likeness": "in the report of a Selection",
    "Report": "made by Selection.report",
}


def test_every_public_name_has_an_example() -> None:
    shown = {test.name.rpartition(".")[2] for test in examples()}
    public = {name for name in gio4j.__all__ if callable(getattr(gio4j, name))}
    assert public - shown == set(WITHOUT)


@pytest.mark.filterwarnings("ignore::gio4j.errors.GIOWarning")
@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_example(
    test: doctest.DocTest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if "._engine.gateway." in test.name:  # starts, configures or ends the engine
        request.getfixturevalue("own_engine")
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    test.globs = {"GIOKL": GIOKL, **example_names()}
    assert all(not example.options.get(doctest.SKIP) for example in test.examples)
    said: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    doctest.DocTestRunner(optionflags=flags).run(test, out=said.append)
    assert "".join(said) == ""
