"""The baseline: a seeded draw, which Python itself draws again."""

from __future__ import annotations

import doctest
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import sample

import gio4j
from gio4j.errors import InvalidInputError

POOL, TARGET = sample(300, 6), sample(40, 6, seed=1)
PAGE = Path(__file__).parents[2] / "docs" / "methods" / "random.md"


def order(seed: int, rows: int = 300) -> list[int]:
    return random.Random(seed).sample(range(rows), rows)


@pytest.mark.parametrize("seed", [0, 7, 2**40 + 3])
def test_the_draw_is_that_of_python(seed: int) -> None:
    found = gio4j.select(POOL, TARGET, 25, "random", seed=seed)
    assert found.indices.tolist() == order(seed)[:25]
    assert found.stop_reason == "budget"
    assert np.isnan(found.gains).all()
    assert np.isnan(found.trace).all()


def test_target_and_existing_rows_have_no_influence() -> None:
    expected = order(0)[:9]
    assert gio4j.select(POOL, TARGET[:3] + 9, 9, "random").indices.tolist() == expected
    existing = gio4j.select(POOL, TARGET, 9, "random", existing=TARGET)
    assert (existing.indices.tolist(), existing.starting_objective) == (expected, None)
    left = [row for row in range(300) if row not in (3, 5)]
    by_number = gio4j.select(POOL, TARGET, 9, "random", existing=[3, 5])
    assert by_number.indices.tolist() == [left[place] for place in order(0, 298)[:9]]


def test_weights_count_in_the_budget_alone() -> None:
    weights = np.arange(300) % 4 + 1
    found = gio4j.select(POOL, TARGET, 50, "random", weights=weights)
    counted = np.cumsum(weights[found.indices])
    assert found.indices.tolist() == order(0)[: len(found)]
    assert counted[-2] < 50 <= counted[-1]


def test_a_budget_is_needed() -> None:
    with pytest.raises(InvalidInputError, match=r"^budget: is missing, and random has no stop"):
        gio4j.select(POOL, TARGET, None, "random")


def test_without_an_objective_none_is_shown(tmp_path: Path) -> None:
    found = gio4j.select(POOL, TARGET, 5, "random")
    assert "objective" not in repr(found)
    assert "nan" not in found._repr_html_()
    assert found[2:].starting_objective is None
    found.save(tmp_path / "found.parquet")
    loaded = gio4j.Selection.load(tmp_path / "found.parquet")
    assert loaded.indices.tolist() == found.indices.tolist()
    assert np.isnan(loaded.trace).all()
    assert found.report(POOL, TARGET) is not None


def test_the_page_runs() -> None:
    names: dict[str, Any] = {"gio4j": gio4j, "pool": POOL, "target": TARGET}
    code = "".join(re.findall(r"```pycon\n(.*?)```", PAGE.read_text("utf-8"), re.S))
    test = doctest.DocTestParser().get_doctest(code, names, "page", None, 0)
    assert test.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
