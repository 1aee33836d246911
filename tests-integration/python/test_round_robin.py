"""`round_robin` and `nearest` beside the three loops of RDS+, written again from their rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from harness import sample

import gio4j
from gio4j._cli.main import main
from gio4j.errors import InvalidInputError

POOL, TARGET = sample(250, 6), sample(20, 6, seed=1)
#: Sets of a target, in order: the scripts know where each begins.
SETS = np.repeat([0, 1, 2], [5, 12, 3])
MEMBERS = [np.flatnonzero(each == SETS).tolist() for each in range(3)]
SIMILARITIES = -((TARGET[:, None].astype(np.float64) - POOL[None]) ** 2).sum(2)


def rankings(similarities: np.ndarray) -> list[list[int]]:
    """By target row, pool rows from the most similar on."""
    return np.argsort(-similarities, axis=1, kind="stable").tolist()


def in_turns(ranked: Sequence[list[int]], budget: int, turns: Sequence[int]) -> list[int]:
    """Pop the best of each ranking in turn; a row that is taken already costs the turn."""
    left = [list(each) for each in ranked]
    picks: list[int] = []
    while len(picks) < budget:
        for place in turns:
            row = left[place].pop(0)
            if row not in picks and len(picks) < budget:
                picks.append(row)
    return picks


@pytest.mark.parametrize("budget", [1, 30, 200, 250])
def test_lost_turns_are_those_of_the_script(budget: int) -> None:
    """get_top_influences, "max": query rows in the file's order."""
    expected = in_turns(rankings(SIMILARITIES), budget, range(20))
    found = gio4j.select(POOL, TARGET, budget, "round_robin", order="given", lose_turn=True)
    assert list(found) == expected
    others = gio4j.select(POOL, TARGET, budget, "round_robin", order="given")
    assert (list(others) == expected) == (budget == 1)
    assert set(others) == set(expected) or budget < 250


def test_sets_take_turns_and_in_each_its_rows() -> None:
    """Two levels: a turn of the set, which is one of the next of its rows."""
    asked: dict[str, Any] = {"order": "given", "groups": SETS}
    for lose_turn in (True, False):
        left = rankings(SIMILARITIES)
        picks: list[int] = []
        members = [list(each) for each in MEMBERS]
        while len(picks) < 100:
            for queue in members:
                queue.append(query := queue.pop(0))
                row = left[query].pop(0)
                while row in picks and not lose_turn:
                    row = left[query].pop(0)
                picks += [] if row in picks else [row]
        found = gio4j.select(POOL, TARGET, 100, "round_robin", lose_turn=lose_turn, **asked)
        assert list(found) == picks[:100]


def test_nearest_ranks_by_the_largest_similarity() -> None:
    """get_top_optimized, "max": one heap over all pairs of a query and a row."""
    best = SIMILARITIES.max(0)
    found = gio4j.select(POOL, TARGET, 60, "nearest")
    assert list(found) == np.argsort(-best, kind="stable")[:60].tolist()
    np.testing.assert_allclose(found.trace**2, -best[found.indices], rtol=1e-12)


def test_nearest_of_sets_takes_turns_by_their_shares() -> None:
    """get_top_aggregated_influences, "max", but that no turn is lost; and unequal shares."""
    ranked = rankings(np.array([SIMILARITIES[each].max(0) for each in MEMBERS]))
    picks: list[int] = []
    for turn in range(90):
        picks.append(next(row for row in ranked[turn % 3] if row not in picks))
    found = gio4j.select(POOL, TARGET, 90, "nearest", groups=SETS)
    assert list(found) == picks
    shares = {0: 6, 1: 1, 2: 2}
    found = gio4j.select(POOL, TARGET, 90, "nearest", groups=SETS, target_shares=shares)
    picks, turns = [], np.zeros(3)
    while len(picks) < 90:
        group = int(((turns + 0.5) / (np.array([6, 1, 2]) / 9)).argmin())
        turns[group] += 1
        picks.append(next(row for row in ranked[group] if row not in picks))
    assert turns.tolist() == [60, 10, 20]
    assert list(found) == picks


def test_cosines_rank_rows_by_direction() -> None:
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (POOL, TARGET)]
    products = unit[1].astype(np.float64) @ unit[0].T
    found = gio4j.select(POOL, TARGET, 40, "nearest", metric="cosine")
    assert list(found) == np.argsort(-products.max(0), kind="stable")[:40].tolist()


def test_options_and_budgets_are_checked(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidInputError, match="budget: is missing, and nearest has no stop"):
        gio4j.select(POOL, TARGET, method="nearest")
    with pytest.raises(TypeError, match="lose_turn=1: needs True or False"):
        gio4j.select(POOL, TARGET, 5, "round_robin", lose_turn=1)
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", POOL)
    np.save("target.npy", TARGET)
    command = ["select", "pool.npy", "target.npy", "--budget", "30", "--method", "round_robin"]
    command += ["--order", "given", "--lose-turn"]
    assert main([*command, "true"]) == 0
    expected = gio4j.select(POOL, TARGET, 30, "round_robin", order="given", lose_turn=True)
    assert ", ".join(map(str, expected[:10])) in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*command, "yes"])
    assert "--lose-turn yes: needs True or False" in capsys.readouterr().err
