"""A method is declared once: one that only this file knows goes through every door."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from methods_table import README, with_table
from numpy_engine import NumpyEngine

import gio4j
from gio4j._cli.main import main
from gio4j._engine import jobs
from gio4j._engine.jobs import Answer
from gio4j._methods.documentation import page, table
from gio4j._methods.options import Choice, Integer, Real, option
from gio4j._methods.registry import METHODS, Method, register, unregister
from gio4j.errors import InvalidInputError

POOL = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
TARGET = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)


@dataclass(frozen=True)
class Toy(Method):
    """Picks what a toy would pick."""

    name = "toy"
    objective = "fun"
    purpose = "tests"
    quantized_above = 39

    wheels: int = option(4, Integer(least=3), "How many it runs on.")
    colour: str = option("red", Choice(("red", "blue")), "How it looks.")
    speed: float | None = option(None, Real(above=0), "How fast it is; None is its own choice.")


@pytest.fixture
def toy() -> Iterator[None]:
    register(Toy)
    yield
    unregister(Toy)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", POOL)
    np.save("target.npy", TARGET)


def refuse(request: dict[str, Any], *_: Any) -> Answer:
    raise NotImplementedError(request["kind"])


ASKED = {"wheels": 3, "colour": "blue", "speed": 2.5}
CHOSEN = {"name": "toy", **ASKED}


@pytest.mark.usefixtures("toy")
def test_a_new_method_is_selected_by(numpy_engine: NumpyEngine) -> None:
    found = gio4j.select(POOL, TARGET, 5, "toy", seed=7, quantize=None, **ASKED)
    same = gio4j.select(POOL, TARGET, 5, Toy(**ASKED), seed=7, quantize=None)
    assert [request["method"] for request in numpy_engine.requests] == [CHOSEN, CHOSEN]
    assert [(each["budget"], each["seed"]) for each in numpy_engine.requests] == [(5, 7), (5, 7)]
    assert (found.method, same.method) == ("toy", "toy")
    assert {name: found.options[name] for name in ASKED} == ASKED
    assert "fun" in found._repr_html_()
    assert "wheels=3" in found._repr_html_()


@pytest.mark.usefixtures("toy")
def test_a_new_method_says_itself_what_is_quantised(numpy_engine: NumpyEngine) -> None:
    gio4j.select(POOL[:39], TARGET, 5, "toy")
    assert [request["kind"] for request in numpy_engine.requests] == ["select"]
    with jobs.run_by(refuse), pytest.raises(NotImplementedError, match="kmeans"):
        gio4j.select(POOL, TARGET, 5, "toy")


@pytest.mark.usefixtures("toy")
def test_a_new_method_has_checks_and_error_texts() -> None:
    refused: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"wheels": 2}, InvalidInputError, "wheels=2: needs at least 3"),
        ({"wheels": "many"}, TypeError, "wheels='many': needs an integer"),
        ({"colour": "green"}, InvalidInputError, "colour='green': needs one of 'red', 'blue'"),
        ({"speed": 0}, InvalidInputError, "speed=0: needs above 0"),
        ({"whels": 3}, TypeError, "whels=: there is no such option; the nearest is 'wheels'"),
    ]
    for options, kind, message in refused:
        with pytest.raises(kind, match=message):
            gio4j.select(POOL, TARGET, 5, "toy", **options)
    with pytest.raises(TypeError, match="wheels=: is no option of method 'exact' but of 'toy'"):
        gio4j.select(POOL, TARGET, 5, "exact", wheels=3)
    with pytest.raises(TypeError, match=r"has its options inside; write Toy\(wheels=...\)"):
        gio4j.select(POOL, TARGET, 5, Toy(), wheels=3)


@pytest.mark.usefixtures("toy")
def test_a_new_method_is_in_the_estimator(numpy_engine: NumpyEngine) -> None:
    from sklearn.base import clone

    selector = gio4j.Selector(5, "toy", seed=7, quantize=None, **ASKED)
    assert {name: selector.get_params()[name] for name in ASKED} == ASKED
    assert clone(selector).get_params() == selector.get_params()
    selector.set_params(wheels=4).set_params(wheels=3).fit(POOL, TARGET)
    assert numpy_engine.requests[0]["method"] == CHOSEN
    assert set(ASKED) <= set(inspect.signature(gio4j.Selector).parameters)
    with pytest.raises(TypeError, match=r"whels=: Selector has no such parameter; .*wheels"):
        gio4j.Selector(whels=3)


@pytest.mark.usefixtures("toy", "data")
def test_a_new_method_is_on_the_command_line(
    numpy_engine: NumpyEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--wheels", "3", "--colour", "blue", "--speed", "2.5", "--seed", "7"]
    line = ["select", "pool.npy", "target.npy", "--method", "toy", "--budget", "5", *options]
    assert main([*line, "--quantize", "none", "--json"]) == 0
    assert numpy_engine.requests[0]["method"] == CHOSEN
    assert json.loads(capsys.readouterr().out)["method"] == "toy"
    with pytest.raises(SystemExit):
        main([*line, "--wheels", "2"])
    assert "--wheels 2: needs at least 3" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["select", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "--wheels INT Of toy: How many it runs on. At least 3. Default: 4." in said
    assert "--colour {red,blue} Of toy: How it looks. Default: red." in said


@pytest.mark.usefixtures("toy")
def test_a_new_method_is_in_the_documentation() -> None:
    for thing in (gio4j.select, gio4j.Selector):
        assert '", "toy"' in str(thing.__doc__)
    described = inspect.cleandoc(str(gio4j.select.__doc__))
    assert '- "toy": Picks what a toy would pick.' in described
    assert "    wheels : int, default=4\n        How many it runs on. At least 3." in described
    assert "wheels : int or None, default=None" in str(gio4j.Selector.__doc__)
    assert "\n   Toy\n" in page()
    options = '`wheels=4`, `colour="red"`, `speed=None`'
    row = f'| `"toy"` | Picks what a toy would pick. | tests | {options} |'
    assert row in table()
    assert row in with_table(README.read_text(encoding="utf-8"))
    assert "speed : float or None, default=None" in str(Toy.__doc__)


def test_a_method_that_has_gone_leaves_nothing() -> None:
    register(Toy)
    unregister(Toy)
    assert "toy" not in METHODS
    assert "toy" not in str(gio4j.select.__doc__)
    assert "wheels" not in gio4j.Selector().get_params()


def test_the_readme_has_the_methods() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "write it: python python/tests/methods_table.py"


def test_every_method_is_public() -> None:
    for method in METHODS.values():
        assert getattr(gio4j, method.__name__) is method
        assert method.__name__ in gio4j.__all__
