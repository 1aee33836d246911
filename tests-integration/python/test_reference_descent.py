"""Gradient and descent against every recorded case."""

from __future__ import annotations

import numpy as np
import pytest
from recorded import Case, cases, relative

from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import descend

#: From a row of X the package's own rounding inside the clip dominates.
AT_A_ROW = {"descent_at_a_row_of_X": 6e-4}


@cases("descent")
def test_gradient(case: Case) -> None:
    start = case.matrix("v").reshape(1, -1)
    # One step of length one downhill: where it leads tells the gradient, in double.
    end = descend(
        case.matrix("X"),
        case.matrix("W"),
        start,
        steps=1,
        scale_factor=1.0,
        learning_rate=1.0,
        discard_nearest=case["discard_nearest_for_xy"],
    )
    gradient = start[0].astype(np.float64) - end
    recorded = case.matrix("gradient").reshape(-1)
    assert relative(gradient, recorded) < AT_A_ROW.get(case["name"], 3e-7)


@cases("descent")
def test_descent_of_the_drop_in(case: Case) -> None:
    point = GIOKL().gradient_descend(
        case.matrix("X"),
        case.matrix("W"),
        case.matrix("v"),
        case["scaling_factor"],
        case["max_iterations"],
        lr=case["lr"],
        k=case["k"],
        discard_nearest_for_xy=case["discard_nearest_for_xy"],
    )
    assert point.dtype == np.float32
    recorded = case.matrix("v_out").reshape(-1)
    assert point.shape == recorded.shape
    assert relative(point, recorded) < AT_A_ROW.get(case["name"], 4e-6)


@cases("descent")
def test_no_step_is_no_move(case: Case) -> None:
    start = case.matrix("v")
    point = GIOKL().gradient_descend(case.matrix("X"), case.matrix("W"), start, 10.0, 0)
    assert np.array_equal(point, start.reshape(-1))


@pytest.mark.parametrize("steps", [1, 7])
@cases("descent")
def test_two_descents_are_one_of_both_lengths(case: Case, steps: int) -> None:
    X, W, v = case.matrix("X"), case.matrix("W"), case.matrix("v")
    settings = {"scale_factor": case["scaling_factor"], "learning_rate": case["lr"]}
    whole = descend(X, W, v.reshape(1, -1), steps=2 * steps, **settings)
    half = descend(X, W, v.reshape(1, -1), steps=steps, **settings)
    # The point crosses as float32: as near as that rounding, carried through the second half, lets.
    rest = descend(X, W, half.reshape(1, -1), steps=steps, **settings)
    assert relative(rest, whole) < 1e-5
