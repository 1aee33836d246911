"""The estimator against every recorded case, in both packages."""

from __future__ import annotations

import numpy as np
import pytest
from recorded import Case, cases, relative

from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import averaged_divergence

#: How far the float32 package itself is off the same formula in float64, where distances near zero
#: drown in its cancellation; everywhere else 1e-6 (see the README of the recorded answers).
FLOAT32_BOUNDS = {"one_dim": 3e-4, "y_is_x": 0.135, "duplicates_in_x": 0.07}


@cases("estimator")
def test_hits_the_formula_in_double_precision(case: Case) -> None:
    value = averaged_divergence(
        case.matrix("x"),
        case.matrix("y"),
        k=case["k"],
        discard_nearest=case["discard_nearest_for_xy"],
    )
    assert value == pytest.approx(case["value_float64"], rel=1e-9)


@cases("estimator")
def test_drop_in_answers_as_the_package(case: Case) -> None:
    value = GIOKL().calculate_statistical_distance(
        case.matrix("x"),
        case.matrix("y"),
        k=case["k"],
        discard_nearest_for_xy=case["discard_nearest_for_xy"],
    )
    assert isinstance(value, np.float64)
    assert relative(case["value"], value) < FLOAT32_BOUNDS.get(case["name"], 1e-6)


@cases("estimator")
def test_the_name_that_notebooks_call_is_the_same(case: Case) -> None:
    x, y = case.matrix("x"), case.matrix("y")
    discard = case["discard_nearest_for_xy"]
    gio_kl = GIOKL()
    assert gio_kl._kl_divergence_knn(x, y, case["k"], 1e-8, discard) == (
        gio_kl.calculate_statistical_distance(x, y, case["k"], 1e-8, discard)
    )


@cases("estimator")
def test_distances_are_those_of_double_precision(case: Case) -> None:
    x, y = case.matrix("x"), case.matrix("y")
    exact = np.sqrt(((x[:, None].astype(np.float64) - y[None]) ** 2).sum(axis=2))
    exact = np.maximum(exact, 1e-5)
    found = GIOKL()._knn(x, y, 1, last_only=False, discard_nearest=False, avg=False)
    np.testing.assert_allclose(found, exact, rtol=1e-12)


@cases("estimator")
def test_sorted_distances_leave_the_nearest_out(case: Case) -> None:
    x, gio_kl = case.matrix("x"), GIOKL()
    plain = gio_kl._knn(x, x, 1, last_only=False, discard_nearest=False, avg=False)
    ascending = np.sort(plain, axis=1)
    found = gio_kl._knn(x, x, case["k"], last_only=False, discard_nearest=True, avg=False)
    assert np.array_equal(found, ascending[:, 1 : case["k"] + 1])
    last = gio_kl._knn(x, x, case["k"], last_only=True, discard_nearest=True, avg=False)
    assert np.array_equal(last, ascending[:, case["k"]][:, None])
