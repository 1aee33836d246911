"""Every argument that cannot be: one line with its name, its value and the cure."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from harness import refused, sample

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import averaged_divergence
from gio4j.errors import GioError

X, Y, START = sample(), sample(30, seed=1), sample(5, seed=2)


def with_value(row: int, value: float) -> np.ndarray:
    """X with one entry replaced, and a later one as well: the first is to be named."""
    rows = X.copy()
    rows[row, 1] = rows[-1, 2] = value
    return rows


def divergence(x: Any = X, y: Any = Y, **options: Any) -> Callable[[], Any]:
    return lambda: averaged_divergence(x, y, **options)


def fit(constructor: dict[str, Any] | None = None, **arguments: Any) -> Callable[[], Any]:
    call = {"train": X, "X": Y, "max_iter": 3, "normalize": False, **arguments}
    return lambda: GIOKL(**(constructor or {"dim": 3}), verbose=False).fit(**call)


def search(**options: Any) -> Callable[[], Any]:
    return lambda: gio4j.gradient_search(X, Y, START, **options)


SHAPES = {
    "a vector": (
        divergence(X[0]),
        "x: needs 2 dimensions",
        "shape (3,)",
        "numpy.reshape(x, (1, -1))",
    ),
    "a cube": (fit(train=X[None]), "train: needs 2 dimensions", "shape (1, 40, 3)", "reshape"),
    "ragged rows": (divergence([[1, 2], [3]]), "x: ", "all rows need the same length"),
    "other columns": (divergence(y=Y[:, :2]), "x has 3 columns, y 2", "embed them with one model"),
    "other columns of X": (fit(X=Y[:, :2]), "train has 3 columns, X 2", "one model"),
    "other columns of D": (fit(D=START[:, :2]), "train has 3 columns, D 2", "one model"),
    "another dim": (fit({"dim": 5}), "dim=5", "train has 3 columns", "GIOKL(dim=3)"),
    "no rows": (divergence(X[:0]), "x: is empty", "(0, 3)", "at least one row"),
    "no columns": (fit(train=X[:, :0], X=Y[:, :0]), "train: is empty", "(40, 0)", "one column"),
    "no start rows": (fit(D=X[:0]), "D: is empty", "(0, 3)", "at least one row"),
    "one target row": (fit(X=Y[:1]), "X: has 1 row", "at least 2"),
}
NUMBERS = {
    "k of all rows": (divergence(k=40), "k=40", "1 to 39", "x has 40 rows"),
    "k of all rows of X": (fit(k=30), "k=30", "1 to 29", "X has 30 rows"),
    "negative k": (fit(k=-1), "k=-1", "1 to 29"),
    "negative max_iter": (fit(max_iter=-1), "max_iter=-1", "at least 0"),
    "negative steps": (fit(grad_desc_iter=-2), "grad_desc_iter=-2", "at least 0"),
    "too many steps": (
        fit(grad_desc_iter=10**9),
        "grad_desc_iter=1000000000",
        "at most 700000000",
    ),
    "more picks than can be": (search(max_picks=10**10), "max_picks=10000000000", "at most"),
    "negative resets": (fit(max_resets=-1), "max_resets=-1", "at least 0"),
    "negative start": (fit({"dim": 3, "uniform_start_size": -3}), "uniform_start_size=-3", "1"),
    "negative share": (fit(random_init_pct=-0.1), "random_init_pct=-0.1", "0 to 1"),
    "share above 1": (fit(random_init_pct=1.5), "random_init_pct=1.5", "0 to 1"),
    "share of no row": (fit(random_init_pct=0.001), "random_init_pct=0.001", "at least 0.025"),
    "probability above 1": (fit(random_restart_prob=2), "random_restart_prob=2", "0 to 1"),
    "no picks": (search(max_picks=0), "max_picks=0", "at least 1"),
    "eps of zero": (divergence(eps=0), "eps=0", "above 0"),
    "scale that is no number": (fit(scale_factor=float("nan")), "scale_factor=nan", "finite"),
    "unknown rule": (
        fit(stop_criterion="rises"),
        "stop_criterion='rises'",
        "'increase'",
        "'min_kl'",
    ),
    "unknown start": (fit(v_init="median"), "v_init='median'", "'mean', 'prev_opt', 'jump'"),
    "unknown scale": (fit(scale_factor="automatic"), "scale_factor='automatic'", "'auto'"),
    "unknown stop": (search(stop="never"), "stop='never'", "'min_divergence'"),
    "shape of no rows": (lambda: gio4j.empty((0, 3)), "shape=(0, 3)", "at least 1"),
}
NOT_FINITE = {
    "NaN": (divergence(with_value(17, np.nan)), "x: row 17", "NaN", "drop or repair"),
    "infinity": (divergence(y=with_value(3, np.inf)), "y: row 3", "Infinity", "drop or repair"),
    "NaN in train": (fit(train=with_value(38, np.nan)), "train: row 38", "NaN", "drop or repair"),
    "minus infinity": (fit(X=with_value(9, -np.inf)), "X: row 9", "-Infinity", "drop or repair"),
    "NaN in D": (fit(D=with_value(2, np.nan)), "D: row 2", "NaN", "drop or repair"),
    "beyond float32": (divergence(X * np.float64(1e300)), "x: row 0, column 0 is ", "too large"),
}
TYPES = {
    "objects": (divergence(X.astype(object)), "x: dtype object", "dtype=numpy.float64"),
    "complex": (
        divergence(X.astype(complex)),
        "x: dtype complex128",
        "numpy.hstack([x.real, x.imag])",
    ),
    "texts": (fit(X=np.full((30, 3), "a")), "X: dtype <U1", "(0, 0) is"),
    "truth values": (fit(train=X > 0), "train: dtype bool", "dtype=numpy.float64"),
    "gaps": (divergence(np.ma.masked_array(X, X > 0)), "x: is a masked array", ".filled(0)"),
    "k of a half": (fit(k=1.5), "k=1.5", "an integer"),
    "a slip": (fit(stop_criteron="increase"), "'stop_criteron'", "nearest is 'stop_criterion'"),
    "another slip": (fit(max_iters=3), "'max_iters'", "nearest is 'max_iter'"),
    "float64 buffer": (lambda: gio4j.empty((2, 3), "f8"), "dtype=float64", "float32"),
}


@pytest.mark.parametrize("call", (SHAPES | NUMBERS).values(), ids=SHAPES | NUMBERS)
def test_shape_or_number_that_cannot_be(call: tuple[Any, ...]) -> None:
    action, *words = call
    with refused(ValueError, *words):
        action()


@pytest.mark.parametrize("call", NOT_FINITE.values(), ids=NOT_FINITE)
def test_first_row_that_is_not_finite(call: tuple[Any, ...]) -> None:
    action, *words = call
    with refused(ValueError, *words):
        action()


@pytest.mark.parametrize("call", TYPES.values(), ids=TYPES)
def test_type_that_cannot_be(call: tuple[Any, ...]) -> None:
    action, *words = call
    with refused(TypeError, *words):
        action()


def test_values_refused_are_errors_of_the_package_too() -> None:
    with refused(GioError, "k=40"):
        divergence(k=40)()


def test_a_refused_fit_draws_nothing() -> None:
    random.seed(3)
    np.random.seed(3)
    before, numpy_before = random.getstate(), np.random.get_state()[1].tolist()
    for action, *_ in (NOT_FINITE["minus infinity"], NUMBERS["k of all rows of X"]):
        with pytest.raises(ValueError, match="X"):
            action()
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == numpy_before


def test_an_old_name_is_taken_with_a_warning() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fit(stopping_criterion="min_kl")()
    told = [str(one.message) for one in seen if one.category is DeprecationWarning]
    assert len(told) == 1
    assert "'stop_criterion'" in told[0]
