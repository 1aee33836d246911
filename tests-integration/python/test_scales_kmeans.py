"""K-means of generated rows at any scale, off the origin, with copies and beside outliers.

The oracle is NumPy in float64: labels are those of differences from the centres that were found,
centres of a converged K-means are the means of their rows.
"""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans as TheirKMeans

import gio4j
from GIO.GIOKL import GIOKL
from gio4j.errors import GIOWarning

FACTORS = [2.0**-100, 1e-30, 1e-11, 1e-6, 2.0**-20, 3.0, 1e6, 1e11, 2.0**90, 1e30]


def blobs(columns: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    middles = 4 * random.normal(size=(12, columns))
    return (middles[random.integers(0, 12, 1500)] + random.normal(size=(1500, columns))).astype(
        "f4"
    )


def by_definition(rows: np.ndarray, centers: np.ndarray) -> tuple[np.ndarray, float]:
    differences = rows[:, None, :].astype(np.float64) - centers[None]
    squared = (differences**2).sum(axis=2)
    return squared.argmin(axis=1), float(squared.min(axis=1).sum())


def is_exact(rows: np.ndarray, model: gio4j.KMeansModel) -> None:
    """Exact for the rows as float32, less the offset where one keeps doubles apart."""
    seen, centers = rows.astype("f4"), model.centers
    if model._moved is not None:
        assert rows.dtype == np.float64
        seen, centers = (rows - model._moved.offset).astype("f4"), model._moved.centers
        assert np.array_equal(model.centers, centers + model._moved.offset)
    labels, inertia = by_definition(seen, centers)
    assert model.assignments is not None
    assert np.array_equal(model.assignments, labels)
    assert np.array_equal(model.predict(rows), labels)
    assert model.summary.inertia == pytest.approx(inertia, rel=1e-9)
    assert min(model.summary.sizes) > 0


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("columns", [2, 24])
@pytest.mark.parametrize("seeding", ["k-means||", "k-means++", "random"])
def test_a_factor_changes_nothing(factor: float, columns: int, seeding: Any) -> None:
    rows = blobs(columns)
    plain = gio4j.kmeans(rows, 12, seed=1, seeding=seeding, max_iterations=300)
    scaled = (rows * factor).astype("f4")
    model = gio4j.kmeans(scaled, 12, seed=1, seeding=seeding, max_iterations=300)
    is_exact(scaled, model)
    assert model.summary.stop_reason == "converged"
    assert model.summary.inertia / factor**2 == pytest.approx(plain.summary.inertia, rel=1e-5)
    if np.frexp(factor)[0] == 0.5:
        assert np.array_equal(model.assignments, plain.assignments)
        assert np.array_equal(model.centers, (plain.centers * factor).astype("f4"))
        assert model.summary.iterations == plain.summary.iterations


@pytest.mark.parametrize("trial", range(40))
def test_any_rows(trial: int) -> None:
    random = np.random.default_rng(trial)
    columns = int(random.choice([1, 3, 15, 16, 64]))
    rows = blobs(columns, trial)
    rows += random.choice([0, 1000, -1e6, 1e-4]) * (random.random(columns) < 0.5)
    if random.random() < 0.5:
        rows[:450] = rows[random.integers(450, 455, 450)]
    rows = (rows * 10.0 ** random.integers(-30, 31)).astype(random.choice(["f4", "f8"]))
    if random.random() < 0.5:
        rows[random.integers(1500), random.integers(columns)] = random.choice([1e8, -3e38])
    seeding = str(random.choice(["k-means||", "k-means++", "random"]))
    model = gio4j.kmeans(rows, 30, seed=trial, seeding=seeding)  # type: ignore[arg-type]
    is_exact(rows, model)


def test_case_4_the_estimator_on_small_numbers() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(3000, 8)) + 5 * random.integers(0, 5, size=(3000, 1))
    expected = gio4j.KMeans(10, random_state=1).fit(rows)
    found = gio4j.KMeans(10, random_state=1).fit(rows * 1e-6)
    assert found.inertia_ * 1e12 == pytest.approx(expected.inertia_, rel=1e-3)
    assert found.n_iter_ > 1


@pytest.mark.parametrize("tol", [1e-4, 1e-2, 1.0])
def test_the_tolerance_is_scikit_learn_s(tol: float) -> None:
    rows = blobs(5) * np.float32(1e-3)
    first = rows[:12]
    theirs = TheirKMeans(12, init=first, n_init=1, tol=tol, algorithm="lloyd").fit(rows)
    ours = gio4j.KMeans(12, tol=tol, random_state=0).fit(rows)
    variance = rows.var(axis=0, dtype=np.float64).mean()
    steps = [
        gio4j.KMeans(12, tol=0, max_iter=step, random_state=0).fit(rows).cluster_centers_
        for step in (ours.n_iter_ - 1, ours.n_iter_)
        if step > 0
    ]
    if len(steps) == 2:
        shift = np.square(steps[1].astype(np.float64) - steps[0]).sum()
        assert shift <= tol * variance
    assert ours.n_iter_ <= 2 * theirs.n_iter_ + 5


def test_an_outlier_does_not_end_it() -> None:
    rows = blobs(3)
    plain = gio4j.KMeans(30, random_state=0).fit(rows)
    rows[700, 1] = 1e8
    found = gio4j.KMeans(30, random_state=0).fit(rows)
    assert (found.labels_ == found.labels_[700]).sum() == 1
    assert found.inertia_ < 1.3 * plain.inertia_


def test_a_model_predicts_rows_of_another_scale() -> None:
    rows = blobs(20)
    model = gio4j.kmeans(rows, 12, seed=0)
    for factor, offset in itertools.product([1e-30, 1e-3, 1e9, 1e30], [0, 1e3]):
        others = ((rows[:200] + offset) * factor).astype("f4")
        assert np.array_equal(model.predict(others), by_definition(others, model.centers)[0])


def test_the_drop_in_says_where_an_absolute_tolerance_decides() -> None:
    rows = blobs(8)
    with pytest.warns(
        GIOWarning, match="K-means stopped early, df_train after 1 .*df_x after 1"
    ) as w:
        model, _, _, _ = GIOKL().quantize(rows * 1e-6, rows * 1e-6, 12, "manual")
    assert len(w) == 1
    assert model.summary.iterations == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GIOKL().quantize(rows, rows * 1e6, 12)
        gio4j.kmeans(rows * 1e-6, 12)
