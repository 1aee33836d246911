"""`gio4j.plan`: sizes, copies, and whether random rows would do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import sample

import gio4j
from gio4j._methods.registry import METHODS, amount
from gio4j.errors import GIOWarning, InvalidInputError

POOL, TARGET = sample(2_000, 6), sample(60, 6, seed=1) + 1.5


def test_sizes_and_what_they_take() -> None:
    found = gio4j.plan(POOL, TARGET, "5%", k=2, method="coverage")
    assert (found.method, found.pool_rows, found.target_rows) == ("coverage", 2_000, 60)
    assert (found.columns, found.budget, found.products) == (6, 100, 2_000 * 60)
    assert found.engine_bytes == 40 * 2_000 + 12 * 60 * 6
    assert found.heap_bytes == gio4j.info()["max_heap_bytes"]
    assert found.trial == "100 of 2,000 rows by 30"
    assert 0 < found.seconds < 60
    assert "about" in str(found)
    assert "held-out half of the target" in repr(found)


def test_only_what_is_no_file_is_copied(tmp_path: Path) -> None:
    def copied(pool: object, target: object = TARGET[:0]) -> int:
        return gio4j.plan(pool, ours if len(target) == 0 else target, 10).copied_bytes

    ours = gio4j.empty(TARGET.shape)
    ours[:] = TARGET
    np.save(tmp_path / "pool.npy", POOL)
    np.save(tmp_path / "doubles.npy", POOL.astype(np.float64))
    assert copied(POOL) == POOL.nbytes
    assert copied(POOL, TARGET) == POOL.nbytes + TARGET.nbytes
    assert copied(POOL.astype(np.float16)) == POOL.nbytes // 2
    assert copied(POOL.astype(np.float64)) == POOL.nbytes
    assert copied(tmp_path / "pool.npy") == 0
    assert copied(np.load(tmp_path / "pool.npy", mmap_mode="r")) == 0
    assert copied(tmp_path / "doubles.npy") == POOL.nbytes
    assert copied([tmp_path / "pool.npy", tmp_path / "doubles.npy"]) == POOL.nbytes
    assert gio4j.plan(POOL, None, 10).copied_bytes == POOL.nbytes


def test_random_rows_do_where_the_pool_is_like_the_target() -> None:
    apart = gio4j.plan(POOL, TARGET, 100)
    assert apart.energy is not None
    assert apart.random_energy is not None
    assert not apart.random_would_do
    assert apart.energy < apart.random_energy / 2
    with pytest.warns(GIOWarning, match="so method='random' would do"):
        alike = gio4j.plan(POOL, sample(60, 6, seed=1), 100, "exact")
    assert alike.random_would_do


@pytest.mark.parametrize("method", ["random", "kcenter", "omp"])
def test_methods_that_do_not_follow_the_target_are_not_compared(method: str) -> None:
    found = gio4j.plan(POOL, TARGET, 100, method)
    assert (found.energy, found.random_energy, found.random_spread) == (None, None, None)
    assert not found.random_would_do
    assert "held-out" not in str(found)


def test_the_seed_draws_the_trial() -> None:
    one, same, other = (gio4j.plan(POOL, TARGET, 50, seed=seed).energy for seed in (1, 1, 2))
    assert one == same != other


def test_arguments_are_those_of_select() -> None:
    scores = POOL[:, 0]
    assert gio4j.plan(POOL, TARGET, 10, "dsdm", scores=scores).budget == 10
    with_gap = POOL.copy()
    with_gap[3, 2] = np.nan
    assert gio4j.plan(with_gap, TARGET, 10, missing="skip", metric="cosine").pool_rows == 1_999
    assert gio4j.plan(POOL, TARGET[:1], 10).energy is None
    for arguments, options, message in [
        ((POOL, TARGET, None), {}, "budget=None: a plan needs one"),
        ((POOL, TARGET, 9_999), {}, "budget=9999"),
        ((POOL, TARGET[:, :3], 10), {}, "columns"),
        ((POOL, TARGET, 10, "dsdm"), {}, "scores"),
        ((POOL, TARGET, 10), {"scores": scores}, "scores: method 'balanced' uses none"),
        ((POOL, TARGET[:4], 10, "exact"), {"k": 9}, "k"),
    ]:
        with pytest.raises(InvalidInputError, match=message):
            gio4j.plan(*arguments, **options)
    with pytest.raises(TypeError, match="kernl"):
        gio4j.plan(POOL, TARGET, 10, kernl="log")


def test_each_method_says_what_it_takes() -> None:
    sizes = {"N": 1e6, "n": 1e3, "s": 1e4, "d": 384}
    for method in METHODS.values():
        if method.name != "gradient":
            assert 1e6 <= amount(method(), method.work, **sizes) < 2e11, method.name
        assert 1e6 <= amount(method(), method.memory, **sizes) < 1e11, method.name
