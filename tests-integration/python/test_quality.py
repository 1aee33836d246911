"""What docs/quality.md claims of the default, on the tasks that need no download."""

from __future__ import annotations

import numpy as np
import pytest
from quality.methods import DEFAULT, METHODS
from quality.scores import accuracy, shares
from quality.tasks import Task, digits, mixture, plane
from quality.tsds import density, squared_distances, tsds

import gio4j

SEEDS = range(3)


def mean_shares(tasks: list[Task], method: str, budget: int) -> dict[str, float]:
    """The scores of a method's picks, averaged over the tasks' seeds."""
    scores = [shares(task, METHODS[method](task, seed)[budget]) for seed, task in enumerate(tasks)]
    return {key: float(np.mean([score[key] for score in scores])) for key in scores[0]}


@pytest.fixture(scope="module")
def mixtures() -> list[Task]:
    return [mixture(seed) for seed in SEEDS]


def test_the_default_keeps_the_proportions(mixtures: list[Task]) -> None:
    errors = {
        name: mean_shares(mixtures, name, 100)["mix_error"]
        for name in (DEFAULT, "random", "exact", "jump")
    }
    assert errors[DEFAULT] < 0.15
    assert errors[DEFAULT] < 0.2 * min(errors["random"], errors["exact"])
    assert errors[DEFAULT] < 1.2 * errors["jump"]


def test_the_default_takes_no_copies_while_other_rows_are_left(mixtures: list[Task]) -> None:
    assert mean_shares(mixtures, DEFAULT, 100)["copies"] == 0
    assert mean_shares(mixtures, "exact", 100)["copies"] > 10
    taken = mean_shares(mixtures, DEFAULT, 1000)["copies"]
    assert taken < 0.5 * mean_shares(mixtures, "random", 1000)["copies"]


def test_the_default_takes_clean_rows_of_the_right_classes() -> None:
    tasks = [digits(seed) for seed in SEEDS]
    found = mean_shares(tasks, DEFAULT, 30)
    assert found["right"] > 0.9
    assert found["mix_error"] < 0.2
    assert mean_shares(tasks, "random", 30)["right"] < 0.2


def test_the_scale_follows_all_distances_and_not_the_nearest() -> None:
    """Many targets in few columns: at the distance of neighbours the densest spots win."""
    tasks = [plane(seed) for seed in SEEDS]
    default = mean_shares(tasks, DEFAULT, 20)["mix_error"]
    assert default < 0.4
    assert default < 0.6 * mean_shares(tasks, "balanced, scale of neighbours", 20)["mix_error"]
    scale = gio4j.select(tasks[0].pool, tasks[0].target, 1, progress=False).facts["scale"]
    apart = np.sqrt(squared_distances(tasks[0].target[::5], tasks[0].target[::5]))
    assert scale == pytest.approx(np.median(apart) / 2, rel=0.05)


def test_a_network_learns_more_from_the_default_than_from_random_rows() -> None:
    task = digits(0)
    learned = {
        name: accuracy(task, METHODS[name](task, 0)[30], seed=0) for name in (DEFAULT, "random")
    }
    assert learned[DEFAULT] > 0.85
    assert learned[DEFAULT] > learned["random"] + 0.2


def test_tsds_shares_a_target_row_among_copies() -> None:
    """One target row, two places of which one stands there four times: each place its share."""
    pool = np.array([[0.1]] * 4 + [[-0.1]] + [[5.0]], np.float32)
    assert density(pool, np.arange(6), 0.15, 10) == pytest.approx([4, 4, 4, 4, 1, 1])
    chances = tsds(pool, np.zeros((1, 1), np.float32), sigma=0.15, trade_off=1.0)
    assert chances[:5] == pytest.approx([0.125] * 4 + [0.5])


def test_tsds_spreads_further_at_a_higher_trade_off() -> None:
    random = np.random.default_rng(0)
    pool, target = (random.normal(size=(rows, 4)).astype(np.float32) for rows in (500, 20))
    reached = [
        np.count_nonzero(tsds(pool, target, trade_off=trade_off)) for trade_off in (0.1, 5.0, 100.0)
    ]
    assert reached == sorted(set(reached))
    # Without an end to the level all neighbours and the one after them share alike.
    chances = tsds(pool, target, sigma=1e-3, trade_off=1e9, max_neighbors=100)
    nearest = np.argsort(squared_distances(target, pool), axis=1)
    counts = np.bincount(nearest[:, :101].ravel(), minlength=500)
    assert chances == pytest.approx(counts / counts.sum(), abs=2e-4)
