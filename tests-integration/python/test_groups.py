"""Targets in groups through the engine, beside weighted means in NumPy."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from harness import sample
from numpy.testing import assert_allclose

import gio4j
from gio4j._cli.main import main
from gio4j.errors import InvalidInputError, InvalidTypeError

Matrix = npt.NDArray[np.float64]
POOL, TARGET = sample(200, 6) + 0.2, sample(30, 6, seed=1) + 0.3
LABELS = ["a"] * 18 + ["b", "c"] * 6
SHARES = {"a": 1, "b": 5.5, "c": 0.7}
#: A row's weight in a mean over the target.
WEIGHTS = np.array([SHARES[each] / LABELS.count(each) for each in LABELS]) / sum(SHARES.values())
X, P = TARGET.astype(np.float64), POOL.astype(np.float64)


def distances(x: Matrix, y: Matrix) -> Matrix:
    return np.sqrt(((x[:, None] - y[None]) ** 2).sum(2))


def energy(rows: list[int]) -> float:
    """Less the energy distance by the Euclidean kernel."""
    within = WEIGHTS @ distances(X, X) @ WEIGHTS + distances(P[rows], P[rows]).mean()
    return -float(2 * (WEIGHTS @ distances(X, P[rows])).mean() - within)


def coverage(rows: list[int]) -> float:
    return float(-WEIGHTS @ np.log(distances(X, P[rows]).min(1)))


def similarities(y: Matrix) -> Matrix:
    lengths = np.linalg.norm(X, axis=1)[:, None] * np.linalg.norm(y, axis=1)
    return np.maximum(0, X @ y.T / lengths)


def facility(rows: list[int]) -> float:
    return float(len(X) * WEIGHTS @ similarities(P[rows]).max(1))


def flqmi(rows: list[int]) -> float:
    return facility(rows) + 0.5 * float(similarities(P[rows]).max(0).sum())


def graphcut(rows: list[int]) -> float:
    unit = P[rows] / np.linalg.norm(P[rows], axis=1, keepdims=True)
    overlap = np.maximum(0, unit @ unit.T).sum()
    return float(len(X) * (WEIGHTS @ similarities(P[rows])).sum() - 0.1 * overlap)


@pytest.mark.parametrize(
    ("objective", "method"),
    [
        (energy, gio4j.Balanced(kernel="euclidean")),
        (coverage, gio4j.Coverage(k=1)),
        (facility, gio4j.Facility()),
        (flqmi, gio4j.Flqmi(eta=0.5)),
        (graphcut, gio4j.Graphcut(redundancy=0.1)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_mean_over_the_target_is_that_of_the_shares(
    objective: Callable[[list[int]], float], method: Any
) -> None:
    found = gio4j.select(POOL, TARGET, 8, method, groups=LABELS, target_shares=SHARES)
    plain = gio4j.select(POOL, TARGET, 8, method)
    assert list(plain) != list(found)
    picked: list[int] = [int(found[0])]
    for gain, row in zip(found.gains[1:], found[1:], strict=True):
        before = objective(picked)
        others = [
            objective([*picked, each]) - before for each in range(len(POOL)) if each not in picked
        ]
        picked.append(int(row))
        assert_allclose(gain, objective(picked) - before, rtol=1e-4, atol=1e-6)
        assert gain >= max(others) - 1e-4 * abs(max(others)) - 1e-6


def test_balanced_and_coverage_trace_the_weighted_objective() -> None:
    asked = {"groups": LABELS, "target_shares": SHARES}
    found = gio4j.select(POOL, TARGET, 8, "balanced", kernel="euclidean", **asked)
    assert_allclose(found.trace[-1], -energy(list(found)), rtol=1e-5)
    found = gio4j.select(POOL, TARGET, 8, "coverage", k=1, **asked)
    assert_allclose(found.trace[-1], coverage(list(found)), rtol=1e-6)


def test_tsds_gives_each_row_the_mass_of_its_weight() -> None:
    alpha, c, sigma = 0.4, 3.0, 1.2
    options = {"alpha": alpha, "c": c, "sigma": sigma}
    found = gio4j.select(
        POOL, TARGET, method="tsds", groups=LABELS, target_shares=SHARES, **options
    )
    apart = distances(X, P)
    near = np.argsort(apart, axis=1, kind="stable")
    apart = np.take_along_axis(apart, near, 1)
    density = np.maximum(0, 1 - distances(P, P) ** 2 / sigma**2).sum(1)
    shares = 1 / density[near]
    ends = shares.cumsum(1)

    def cost(level: float) -> float:
        full = (ends <= level * (1 + 1e-12)).sum(1)
        spent = np.where(np.arange(len(P)) < full[:, None], apart * shares, 0).sum(1)
        rest = apart[np.arange(len(X)), np.minimum(full, len(P) - 1)]
        held = np.where(ends <= level * (1 + 1e-12), ends, 0).max(1)
        return float(WEIGHTS @ (rest * held - spent))

    # The first level at which more of it costs more than it is worth, as in the paper's script.
    level = next(each for each in np.sort(ends.ravel()) if alpha / c * cost(each) >= 1 - alpha)
    assert found.facts["level"] == pytest.approx(level, rel=1e-9)
    taken = np.diff(np.minimum(ends, level), axis=1, prepend=0) / level
    chances = np.zeros(len(P))
    np.add.at(chances, near, WEIGHTS[:, None] * taken)
    assert_allclose(found.gains, chances[found.indices], atol=1e-12)
    assert found.trace[-1] == pytest.approx(1)


@pytest.mark.parametrize("method", ["omp", "gtp"])
def test_a_pursuit_fits_the_mean_of_the_shares(method: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    found = gio4j.select(POOL, TARGET, 4, method, groups=LABELS, target_shares=SHARES)
    goal = WEIGHTS @ X
    weights, distance = optimize.nnls(P[found.indices].T, goal)
    assert_allclose(found.weights, weights, rtol=1e-6)
    assert_allclose(found.trace[-1], distance**2 / (goal @ goal), rtol=1e-6)


def test_groups_without_shares_count_the_same_and_with_those_of_their_rows_nothing() -> None:
    even = gio4j.select(POOL, TARGET, 9, groups=LABELS)
    same = gio4j.select(POOL, TARGET, 9, groups=LABELS, target_shares={"a": 2, "b": 2, "c": 2})
    assert list(even) == list(same)
    assert even.options["target_shares"] == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})
    sizes = {"a": 18, "b": 6, "c": 6}
    found = gio4j.select(POOL, TARGET, 9, groups=LABELS, target_shares=sizes)
    assert list(found) == list(gio4j.select(POOL, TARGET, 9)) != list(even)


@pytest.mark.parametrize(
    "groups",
    [
        tuple(LABELS),
        np.array(LABELS),
        np.array(LABELS, object),
        pd.Series(LABELS, dtype="category"),
        pl.Series(LABELS),
        pa.array(LABELS).dictionary_encode(),
        pa.chunked_array([LABELS[:5], LABELS[5:]]),
    ],
    ids=lambda groups: type(groups).__name__,
)
def test_labels_come_as_any_column(groups: Any) -> None:
    expected = gio4j.select(POOL, TARGET, 6, groups=LABELS, target_shares=SHARES)
    found = gio4j.select(POOL, TARGET, 6, groups=groups, target_shares=SHARES)
    assert list(found) == list(expected)
    assert found.groups.equals(expected.groups)
    numbers = np.searchsorted(["a", "b", "c"], LABELS)
    shares = dict(enumerate(SHARES.values()))
    found = gio4j.select(POOL, TARGET, 6, groups=numbers, target_shares=shares)
    assert list(found) == list(expected)
    assert found.groups["label"].to_pylist() == [0, 1, 2]


def test_groups_are_of_the_rows_as_passed() -> None:
    """Of a pool that is its own target, with rows left out and others picked already."""
    pool = POOL.copy()
    pool[[3, 50]] = np.nan
    labels = np.arange(len(pool)) % 2
    kept = np.setdiff1d(np.arange(len(pool)), [3, 50])
    asked = {"target_shares": {0: 5, 1: 1}, "kernel": "euclidean"}
    found = gio4j.select(
        pool, None, 7, groups=labels, missing="skip", existing=kept[[8, 9]], **asked
    )
    same = gio4j.select(POOL[kept], None, 7, groups=labels[kept], existing=[8, 9], **asked)
    assert found.indices.tolist() == kept[same.indices].tolist()
    assert found.groups.equals(same.groups)
    with pytest.raises(
        InvalidInputError, match="groups: missing='skip' leaves out all rows of 'x'"
    ):
        gio4j.select(
            pool, None, 7, groups=["x" if i in (3, 50) else "y" for i in range(200)], missing="skip"
        )


def test_clusters_are_chosen_by_the_shares() -> None:
    asked = {"quantize": 40, "kernel": "euclidean"}
    found = gio4j.select(POOL, TARGET, 20, groups=LABELS, target_shares=SHARES, **asked)
    assert list(found) != list(gio4j.select(POOL, TARGET, 20, **asked))
    assert found.groups["picks"].to_pylist() != [0, 0, 0]


def test_each_group_is_told_what_it_has_of_the_picks() -> None:
    found = gio4j.select(POOL, TARGET, 12, groups=LABELS, target_shares=SHARES)
    table = found.groups.to_pydict()
    apart = distances(X, P[found.indices])
    labels = np.array(LABELS)
    near = labels[apart.argmin(0)]
    assert table["label"] == ["a", "b", "c"]
    assert table["target_rows"] == [18, 6, 6]
    assert_allclose(table["share"], np.array(list(SHARES.values())) / sum(SHARES.values()))
    assert table["picks"] == [int((near == label).sum()) for label in "abc"]
    reach = [apart.min(1)[labels == label].mean() for label in "abc"]
    assert_allclose(table["distance"], reach, rtol=1e-6)
    report = found.report()
    assert list(report.groups) == ["a", "b", "c"]
    assert_allclose(report.picked.group_distances, reach, rtol=1e-6)
    assert_allclose(report.picked.group_shares, np.array(table["picks"]) / 12)
    assert "share whose nearest target row is in group 'b', asked 76%" in str(report)
    whole = distances(X, P)
    assert_allclose(report.pool.group_distances[0], whole.min(1)[:18].mean(), rtol=1e-6)
    assert len(report.to_dict()["random_spread"]["group_shares"]) == 3
    assert found[:3].groups["picks"].to_pylist() != table["picks"]
    other = found.report(target=TARGET[:20])
    assert other.groups == {}
    assert other.picked.group_shares == ()


def test_no_groups_no_table(tmp_path: Path) -> None:
    found = gio4j.select(POOL, TARGET, 5, groups=LABELS)
    assert gio4j.select(POOL, TARGET, 5).groups is None
    assert gio4j.select(POOL, TARGET, 5).report().groups == {}
    assert pickle.loads(pickle.dumps(found)).groups is None
    assert found.without_data().groups is None
    found.save(tmp_path / "found.parquet")
    loaded = gio4j.Selection.load(tmp_path / "found.parquet")
    assert loaded.groups is None
    assert loaded.options["target_shares"] == found.options["target_shares"]
    existing = np.setdiff1d(np.arange(200), [7])
    none = gio4j.select(POOL, TARGET, None, groups=LABELS, existing=existing)
    if not len(none):
        assert none.groups["picks"].to_pylist() == [0, 0, 0]
        assert np.isnan(none.groups["distance"].to_numpy()).all()


def test_many_groups_are_named_in_part() -> None:
    report = gio4j.select(POOL, TARGET, 5, groups=range(30)).report()
    assert "18 more groups" not in str(report)
    assert "20 more groups are in to_dict()" in str(report)


def test_the_estimator_and_the_command_pass_them_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = gio4j.select(POOL, TARGET, 6, groups=LABELS, target_shares=SHARES)
    selector = gio4j.Selector(6, target_shares=SHARES)
    assert list(selector.fit(POOL, TARGET, groups=LABELS).indices_) == list(expected)
    rows, _ = selector.fit_resample(POOL, range(200), target=TARGET, groups=LABELS)
    assert (rows == POOL[expected.indices]).all()
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", POOL)
    np.save("target.npy", TARGET)
    np.save("numbers.npy", np.searchsorted(["a", "b", "c"], LABELS))
    pa.parquet.write_table(pa.table({"set": LABELS}), "labels.parquet")
    command = ["select", "pool.npy", "target.npy", "--budget", "6", "--json"]
    for groups, shares in (
        ("labels.parquet:set", ["a=1", "b=5.5", "c=0.7"]),
        ("numbers.npy", ["0=1", "1=5.5", "2=0.7"]),
    ):
        flags = [flag for share in shares for flag in ("--target-share", share)]
        assert main([*command, "--groups", groups, *flags]) == 0
        assert json.loads(capsys.readouterr().out)["indices"] == list(expected)
    assert main([*command, "--target-share", "a=1"]) == 1
    assert "gio4j: --target-share: are of groups" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--groups", "numbers.npy", "--target-share", "a"])
    assert "--target-share: needs a label, = and a number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({"groups": None}, InvalidInputError, "target_shares: are of groups, and there are none"),
        ({"method": "exact"}, InvalidInputError, "groups: method 'exact' uses none; .*'balanced'"),
        ({"groups": LABELS[:9]}, InvalidInputError, "groups: are 9 for the 30 rows of the target"),
        ({"groups": [1.5] * 30}, InvalidTypeError, "groups: row 0 is 1.5; needs an integer or"),
        ({"groups": [*LABELS[:29], None]}, InvalidTypeError, "groups: row 29 is None; needs"),
        ({"groups": [*LABELS[:29], 1]}, InvalidTypeError, "groups: row 0 is 'a', row 29 is 1;"),
        ({"groups": [True] * 30}, InvalidTypeError, "groups: row 0 is True; needs"),
        ({"target_shares": [1, 2]}, InvalidTypeError, r"target_shares=\[1, 2\]: needs a dict"),
        (
            {"target_shares": {"a": 1}},
            InvalidInputError,
            "target_shares: has no share of group 'b'",
        ),
        (
            {"target_shares": {**SHARES, "d": 1}},
            InvalidInputError,
            "target_shares: has a share of 'd', and no row .*; groups has 'a', 'b', 'c'",
        ),
        (
            {"target_shares": {**SHARES, "a": 0}},
            InvalidInputError,
            r"target_shares\['a'\]=0: needs above 0",
        ),
        (
            {"target_shares": {**SHARES, "a": 1e-320, "b": 1e300}},
            InvalidInputError,
            "target_shares: that of 'a' is 0 beside the largest",
        ),
    ],
)
def test_what_does_not_fit_is_said(asked: dict[str, Any], kind: type[Exception], says: str) -> None:
    given = {"method": "balanced", "groups": LABELS, "target_shares": SHARES, **asked}
    with pytest.raises(kind, match=f"^{says}"):
        gio4j.select(POOL, TARGET, 5, **given)
