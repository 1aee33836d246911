"""The same bits whatever the number of threads, the SIMD width, or how warm the engine is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from harness import sample

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._measure.averaged import averaged_divergence

# Sizes that fill several blocks and leave a rest, in rows and in columns.
POOL, TARGET, START = sample(700, 37), sample(333, 37, seed=1), sample(19, 37, seed=2)


def everything() -> list[Any]:
    """Every number that the engine computes, as bytes."""
    answers: list[Any] = [
        averaged_divergence(TARGET, POOL),
        averaged_divergence(TARGET, POOL, k=3, discard_nearest=True),
        GIOKL()._knn(TARGET, POOL, 1, last_only=False, discard_nearest=False, avg=False).tobytes(),
        GIOKL().gradient_descend(TARGET, START, POOL[3], 40.0, 25).tobytes(),
    ]
    for start_vector in ("mean", "prev_opt", "jump"):
        found = gio4j.gradient_search(
            POOL,
            TARGET,
            START,
            max_picks=40,
            stop="min_divergence",
            min_divergence=-1e9,
            start_vector=start_vector,
            restart_probability=0.2,
            seed=11,
        )
        assert len(found.indices) == 40
        answers += [
            found.indices.tobytes(),
            found.divergences.tobytes(),
            found.selected.tobytes(),
            found.point.tobytes(),
            found.scale_factor,
            found.random_state,
        ]
    return answers


@pytest.fixture
def one_thread_scalar(own_engine: None) -> list[Any]:
    """What a single thread without vector instructions answers."""
    gio4j.configure(threads=1, simd="scalar")
    answers = everything()
    facts = gio4j.info()
    assert (facts["threads"], facts["simd"]) == (1, "scalar")
    gio4j.shutdown()
    return answers


def test_threads(one_thread_scalar: list[Any]) -> None:
    for threads in (2, 5):
        gio4j.configure(threads=threads, simd="scalar")
        assert everything() == one_thread_scalar
        assert gio4j.info()["threads"] == threads
        gio4j.shutdown()


def test_widths(one_thread_scalar: list[Any]) -> None:
    for threads in (1, 2):
        gio4j.configure(threads=threads, simd="vector")
        assert everything() == one_thread_scalar
        assert gio4j.info()["simd"].startswith("vector")
        gio4j.shutdown()


def test_cold_and_warm(own_engine: None) -> None:
    cold = everything()
    for _ in range(6):
        assert everything() == cold


def test_seeds_are_what_makes_a_difference() -> None:
    def search(seed: int) -> bytes:
        found = gio4j.gradient_search(POOL, TARGET, START, start_vector="jump", seed=seed)
        return np.asarray(found.indices).tobytes()

    assert search(1) == search(1)
    assert search(1) != search(2)


def test_options_come_before_the_start(own_engine: None) -> None:
    averaged_divergence(TARGET, POOL)
    threads = gio4j.info()["threads"]
    with pytest.raises(RuntimeError, match=r"runs already.* gio4j\.shutdown\(\) first"):
        gio4j.configure(threads=threads + 1)
    assert gio4j.info()["threads"] == threads
    gio4j.shutdown()
    gio4j.configure(threads=threads + 1)
    averaged_divergence(TARGET, POOL)
    assert gio4j.info()["threads"] == threads + 1


def test_options_from_the_environment(own_engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {
        "HEAP": "300m",
        "THREADS": "3",
        "SIMD": "scalar",
        "JVM_FLAGS": "-Dgio4j.simd=auto",
    }
    for name, value in options.items():
        monkeypatch.setenv(f"GIO4J_{name}", value)
    averaged_divergence(TARGET, POOL)
    facts = gio4j.info()
    assert (facts["heap"], facts["threads"]) == ("300m", 3)
    assert 250 << 20 < facts["max_heap_bytes"] <= 300 << 20
    assert facts["simd"] != "scalar"  # flags come last, so they win
