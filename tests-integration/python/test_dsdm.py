"""The largest scores, beside Python's own draw; and who takes scores at all."""

from __future__ import annotations

import doctest
import math
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import sample

import gio4j
from gio4j._cli.main import main
from gio4j.errors import InvalidInputError, InvalidTypeError

POOL, TARGET = sample(300, 6), sample(40, 6, seed=1)
SCORES = sample(300, 1, seed=2)[:, 0]
PAGE = Path(__file__).parents[2] / "docs" / "methods" / "dsdm.md"


def test_the_largest_come_first() -> None:
    scores = np.round(SCORES, 1)  # with equal ones
    found = gio4j.select(POOL, TARGET, 40, "dsdm", scores=scores)
    assert found.indices.tolist() == np.lexsort((np.arange(300), -scores))[:40].tolist()
    np.testing.assert_array_equal(found.gains, scores[found.indices])
    np.testing.assert_allclose(found.trace, np.cumsum(scores[found.indices], dtype=float))


@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_the_draw_can_be_repeated(temperature: float) -> None:
    drawn = random.Random(7)
    standard = (SCORES.astype(float) - SCORES.mean(dtype=float)) / SCORES.std(dtype=float)
    ranks = [z / temperature - math.log(-math.log(drawn.random())) for z in standard]
    found = gio4j.select(POOL, TARGET, 50, "dsdm", temperature=temperature, scores=SCORES, seed=7)
    assert found.indices.tolist() == np.argsort(-np.array(ranks))[:50].tolist()
    assert found.indices.tolist() != np.argsort(-SCORES)[:50].tolist()


def test_scores_are_of_the_rows_as_passed() -> None:
    pool = POOL.copy()
    pool[[3, 50]] = np.nan
    scores = SCORES.copy()
    scores[[3, 60, 7]] = 9, 8, 7
    found = gio4j.select(pool, TARGET, 4, "dsdm", scores=scores, missing="skip", existing=[60])
    left = np.delete(np.arange(300), [3, 50, 60])
    assert found.indices.tolist() == left[np.argsort(-scores[left])][:4].tolist()
    assert found.indices[0] == 7


def test_selector_and_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = gio4j.select(POOL, TARGET, 9, "dsdm", scores=SCORES).indices.tolist()
    selector = gio4j.Selector(9, "dsdm")
    assert selector.fit(POOL, TARGET, scores=SCORES).indices_.tolist() == expected
    _, labels = selector.fit_resample(POOL, list(range(300)), scores=SCORES)
    assert labels == expected
    monkeypatch.chdir(tmp_path)
    for name, rows in (("pool", POOL), ("target", TARGET), ("scores", SCORES)):
        np.save(f"{name}.npy", rows)
    command = ["select", "pool.npy", "target.npy", "--budget", "9", "--method", "dsdm", "--json"]
    assert main([*command, "--scores", "scores.npy"]) == 0
    assert f'"indices": {expected}' in capsys.readouterr().out
    assert main(command) == 1
    assert "gio4j: --scores: are missing" in capsys.readouterr().err
    assert main([*command, "--scores", "none.npy"]) == 1
    assert "scores: none.npy cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"method": "nearest"}, InvalidInputError, "scores: method 'nearest' uses none; .*'dsdm'"),
        ({"scores": SCORES[:9]}, InvalidInputError, "scores: are 9 for 300 rows"),
        ({"scores": [math.nan] * 300}, InvalidInputError, "scores: row 0 is nan; needs finite"),
        ({"scores": [1e39] * 300}, InvalidInputError, "scores: row 0 is 1e\\+39; needs finite"),
        ({"scores": ["a"] * 300}, InvalidTypeError, "scores: dtype <U1; needs numbers"),
        ({"scores": None}, InvalidInputError, "scores: are missing; dsdm picks"),
        ({"quantize": 9}, InvalidInputError, "scores: are of rows, and with quantize=9"),
        ({"temperature": 0}, InvalidInputError, "temperature=0"),
        ({"budget": None}, InvalidInputError, "budget: is missing, and dsdm has no stop"),
    ],
)
def test_what_does_not_fit(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    asked = {"budget": 5, "method": "dsdm", "scores": SCORES, **options}
    with pytest.raises(kind, match=message):
        gio4j.select(POOL, TARGET, **asked)


def test_the_page_runs() -> None:
    names: dict[str, Any] = {"gio4j": gio4j, "pool": POOL, "target": TARGET}
    code = "".join(re.findall(r"```pycon\n(.*?)```", PAGE.read_text("utf-8"), re.S))
    test = doctest.DocTestParser().get_doctest(code, names, "page", None, 0)
    assert test.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
