"""What docs/quality.md claims of the default, on the tasks that need no download."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from quality import data, spelling
from quality.__main__ import TASKS
from quality.herding import KERNELS, herd
from quality.methods import DEFAULT, METHODS
from quality.records import Record, append, gathered, read, scattered
from quality.scores import Bigrams, energy_distance
from quality.table import MEASURES, SHOWN, summary, table
from quality.tasks import Task, digits, mixture, narrow, outliers, plane
from quality.tsds import density, squared_distances, tsds

import gio4j

SEEDS = range(3)


def mean_scores(tasks: list[Task], method: str, budget: int) -> dict[str, float]:
    """The scores of a method's picks, averaged over the tasks' seeds."""
    scores = [
        task.scores(METHODS[method](task, seed)[budget], seed) for seed, task in enumerate(tasks)
    ]
    return {key: float(np.mean([score[key] for score in scores])) for key in scores[0]}


@pytest.fixture(scope="module")
def mixtures() -> list[Task]:
    return [mixture(seed) for seed in SEEDS]


def test_the_default_keeps_the_proportions(mixtures: list[Task]) -> None:
    errors = {
        name: mean_scores(mixtures, name, 100)["mix_error"]
        for name in (DEFAULT, "random", "exact", "round_robin")
    }
    assert errors[DEFAULT] < 0.15
    assert errors[DEFAULT] < 0.2 * min(errors["random"], errors["exact"])
    assert errors[DEFAULT] < 1.2 * errors["round_robin"]


def test_the_default_takes_no_copies_while_other_rows_are_left(mixtures: list[Task]) -> None:
    assert mean_scores(mixtures, DEFAULT, 100)["copies"] == 0
    assert mean_scores(mixtures, "exact", 100)["copies"] > 10
    taken = mean_scores(mixtures, DEFAULT, 1000)["copies"]
    assert taken < 0.5 * mean_scores(mixtures, "random", 1000)["copies"]


def test_the_default_takes_clean_rows_of_the_right_classes() -> None:
    tasks = [digits(seed) for seed in SEEDS]
    found = mean_scores(tasks, DEFAULT, 30)
    assert found["right"] > 0.9
    assert found["mix_error"] < 0.2
    assert mean_scores(tasks, "random", 30)["right"] < 0.2


def test_the_scale_follows_all_distances_and_not_the_nearest() -> None:
    """Many targets in few columns: at the distance of neighbours the densest spots win."""
    tasks = [plane(seed) for seed in SEEDS]
    default = mean_scores(tasks, DEFAULT, 20)["mix_error"]
    assert default < 0.4
    assert default < 0.6 * mean_scores(tasks, "rational, scale of neighbours", 20)["mix_error"]
    scale = gio4j.select(tasks[0].pool, tasks[0].target, 1, progress=False).facts["scale"]
    apart = np.sqrt(squared_distances(tasks[0].target[::5], tasks[0].target[::5]))
    # With alpha 1 a scale by sqrt(2) less makes 1 / (1 + (r / half the median)^2).
    assert scale == pytest.approx(np.median(apart) / 8**0.5, rel=0.05)


def test_more_is_learnt_from_the_default_than_from_random_rows() -> None:
    tasks = [digits(seed) for seed in SEEDS]
    learnt = mean_scores(tasks, DEFAULT, 30)["accuracy"]
    assert learnt > 0.85
    assert learnt > mean_scores(tasks, "random", 30)["accuracy"] + 0.2


def test_the_default_is_what_the_table_says() -> None:
    task = digits(0)
    plain = gio4j.select(task.pool, task.target, 30, progress=False).indices
    assert METHODS[DEFAULT](task, 0)[30].tolist() == plain.tolist()


def test_the_default_sees_a_pool_far_from_a_narrow_target() -> None:
    found = mean_scores([narrow(0)], DEFAULT, 50)
    assert found["right"] == 1
    assert found["energy"] < 0.5


def test_the_default_takes_no_broken_rows() -> None:
    found = mean_scores([outliers(seed) for seed in SEEDS], DEFAULT, 30)
    assert found["right"] > 0.9
    assert found["accuracy"] > 0.85


@pytest.mark.parametrize("kernel", sorted(set(KERNELS) - {"1 / (1 + r)^2"}))
def test_the_engine_picks_what_the_greedy_in_double_picks(kernel: str) -> None:
    task = digits(0)
    name, _, alpha = kernel.partition(", alpha=")
    options = {"alpha": float(alpha)} if alpha else {}
    found = gio4j.select(
        task.pool, task.target, 40, kernel=name, scale=1.3, progress=False, **options
    )
    assert found.indices.tolist() == herd(task.pool, task.target, 40, kernel, 1.3).tolist()


def test_missing_data_are_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(data.VARIABLE, str(tmp_path))
    with pytest.raises(
        FileNotFoundError, match=r"brown is missing: run `python -m quality\.setup`"
    ):
        data.fetched("brown")
    (tmp_path / "brown").mkdir()
    assert data.fetched("brown") == tmp_path / "brown"
    monkeypatch.delenv(data.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert data.directory() == tmp_path / "gio4j" / "quality"


def test_records_are_kept_and_gathered_by_seed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "records.jsonl"
    assert read(path) == []
    for method, seed, value in (
        (DEFAULT, 0, 0.5),
        (DEFAULT, 1, 0.6),
        ("random", 1, 0.2),
        ("random", 0, 0.1),
        (DEFAULT, 2, 0.7),
        ("random", 2, 0.3),
        ("exact", 2, 0.8),
    ):
        append(Record("digits", seed, method, (9, 2, 3), 0.1, {"5": {"accuracy": value}}), path)
    report = gathered(read(path), list(TASKS), list(METHODS))
    assert list(report) == ["digits"]
    assert report["digits"]["seeds"] == [0, 1, 2]
    assert report["digits"]["methods"] == {
        "random": {"5": {"accuracy": [0.1, 0.2, 0.3]}},
        "exact": {"5": {"accuracy": [None, None, 0.8]}},
        DEFAULT: {"5": {"accuracy": [0.5, 0.6, 0.7]}},
    }
    shown = [cell for cell in summary(report, SHOWN)[2].strip("|").split("|") if cell.strip()]
    assert [cell.strip() for cell in shown] == ["digits, 5: accuracy", "0.200", "**0.600**"]
    assert len(summary(report, ("random", DEFAULT, "nearest"))) == 4  # it was not run
    again = gathered(scattered(report), list(TASKS), list(METHODS))
    assert json.loads(json.dumps(again)) == report
    assert table(report["digits"])[2:] == [
        "| random | *0.200* ± 0.100 |",
        "| exact (seeds: 1) | 0.800 |",
        f"| {DEFAULT} | 0.600 ± 0.100 |",
    ]


def test_every_measure_has_a_form_and_a_direction() -> None:
    for task in (digits(0), mixture(0), narrow(0)):
        assert set(task.scores(np.arange(20), 0)) <= set(MEASURES)


def test_energy_distance_is_0_between_equal_rows() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    assert energy_distance(rows, rows) == pytest.approx(0, abs=1e-6)
    assert energy_distance(rows + 10, rows) > 10


def test_a_bigram_model_is_witten_bells() -> None:
    model = Bigrams(4, [np.array([2, 3]), np.array([2, 2])])
    # After 0: 2 twice, one kind of word. Alone: 2 three times, 3 once, two kinds in four words.
    alone = {2: (3 + 2 / 4) / (4 + 2), 3: (1 + 2 / 4) / (4 + 2)}
    first = (2 + 1 * alone[2]) / (2 + 1)
    second = (1 + 2 * alone[3]) / (2 + 2)
    found = model.perplexity([np.array([2, 3])])
    assert found == pytest.approx((first * second) ** -0.5)


def test_edits_lead_from_the_word_meant_to_the_word_written() -> None:
    edits = spelling._edits
    assert edits("teh", "the") == (("swap", "h", "e"),)
    assert edits("beleive", "believe") == (("swap", "i", "e"),)
    assert edits("acros", "across") == (("delete", "o", "s"),)
    assert edits("xyes", "yes") == (("insert", "^", "x"),)
    assert edits("seperate", "separate") == (("substitute", "a", "e"),)
    assert edits("same", "same") == ()


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
