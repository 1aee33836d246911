"""LESS beside NumPy: scores, checkpoints with weights, and rows of zeros."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from harness import sample

import gio4j
from gio4j._cli.main import main
from gio4j.errors import InvalidInputError

POOL, TARGET = sample(300, 6), sample(40, 6, seed=1)
PAGE = Path(__file__).parents[2] / "docs" / "methods" / "less.md"


def unit(rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(rows.astype(float), axis=1)[:, None]
    return np.divide(rows, lengths, out=np.zeros(rows.shape), where=lengths > 0)


def ranked(scores: npt.NDArray[np.float64]) -> list[int]:
    return [int(row) for row in np.argsort(-scores, kind="stable")]


@pytest.mark.parametrize("offset", [0, 100])
def test_the_largest_mean_product_comes_first(offset: float) -> None:
    pool = POOL + np.float32(offset)  # as it lies: products depend on the origin
    scores = pool.astype(float) @ TARGET.mean(axis=0, dtype=float)
    found = gio4j.select(pool, TARGET, 50, "less")
    assert found.indices.tolist() == ranked(scores)[:50]
    np.testing.assert_allclose(found.gains, scores[found.indices], rtol=1e-6)
    np.testing.assert_allclose(found.trace, np.cumsum(found.gains))


def test_unit_rows_and_one_of_zeros() -> None:
    pool = POOL * (1 + np.arange(300, dtype=np.float32)[:, None])
    pool[7] = 0
    scores = (unit(pool) @ unit(TARGET).T).mean(axis=1)
    found = gio4j.select(pool, TARGET, 300, "less", metric="cosine")
    assert found.indices.tolist() == ranked(scores)
    assert found.gains[found.indices.tolist().index(7)] == 0
    left = gio4j.select(pool, TARGET, 299, "less", metric="cosine", missing="skip")
    assert 7 not in left


def test_with_groups_the_largest_of_their_means() -> None:
    labels = np.array(["one", "other"])[np.arange(40) % 3 % 2]
    products = POOL.astype(float) @ TARGET.T.astype(float)
    means = [products[:, labels == label].mean(axis=1) for label in ("one", "other")]
    found = gio4j.select(POOL, TARGET, 50, "less", groups=labels)
    assert found.indices.tolist() == ranked(np.maximum(*means))[:50]
    shares = {"one": 1, "other": 2}
    with pytest.raises(InvalidInputError, match="target_shares: less takes"):
        gio4j.select(POOL, TARGET, 50, "less", groups=labels, target_shares=shares)


def test_a_draw_is_that_of_dsdm() -> None:
    scores = POOL.astype(float) @ TARGET.mean(axis=0, dtype=float)
    drawn = gio4j.select(POOL, TARGET, 50, "less", temperature=0.5, seed=3)
    same = gio4j.select(POOL, TARGET, 50, "dsdm", temperature=0.5, seed=3, scores=scores)
    assert drawn.indices.tolist() == same.indices.tolist() != ranked(scores)[:50]


def test_from_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", POOL.astype(np.float16))
    np.save("target.npy", TARGET)
    command = ["select", "pool.npy", "target.npy", "--budget", "9", "--method", "less", "--json"]
    assert main(command) == 0
    expected = ranked(POOL.astype(np.float16).astype(float) @ TARGET.mean(axis=0, dtype=float))
    assert f'"indices": {expected[:9]}' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": None}, "budget: is missing, and less has no stop"),
        ({"scores": [1.0] * 300}, "scores: method 'less' uses none"),
        ({"temperature": -1}, "temperature=-1"),
    ],
)
def test_what_does_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        gio4j.select(POOL, TARGET, **{"budget": 5, "method": "less", **options})


def test_the_page_runs() -> None:
    names: dict[str, Any] = {"gio4j": gio4j, "np": np, "pool": POOL, "target": TARGET}
    code = "".join(re.findall(r"```pycon\n(.*?)```", PAGE.read_text("utf-8"), re.S))
    test = doctest.DocTestParser().get_doctest(code, names, "page", None, 0)
    assert test.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
