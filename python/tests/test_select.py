"""`gio4j.select` around an engine of NumPy: what is asked of it, and what is made of its answer."""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import logging
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from numpy_engine import NumpyEngine, distances, read

import gio4j
from gio4j._engine import jobs
from gio4j._engine.jobs import Answer
from gio4j._shared.buffers import Lease, pool
from gio4j.errors import GIOWarning, InvalidInputError

POOL = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
TARGET = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)


@pytest.fixture
def engine(numpy_engine: NumpyEngine) -> NumpyEngine:
    return numpy_engine


DEFAULTS: dict[str, dict[str, Any]] = {
    "balanced": {"kernel": "rational", "scale": None, "alpha": None},
    "coverage": {"k": None, "eps": 1e-8},
    "exact": {"k": 5, "eps": 1e-8},
    "gradient": {
        "k": 5,
        "eps": 1e-8,
        "steps": 50,
        "learning_rate": 0.01,
        "scale_factor": None,
        "start_vector": "mean",
    },
    "nearest": {},
    "round_robin": {"order": "shuffled", "lose_turn": False},
}


@pytest.mark.parametrize("method", DEFAULTS)
def test_defaults(engine: NumpyEngine, method: Any) -> None:
    found = gio4j.select(POOL, TARGET, 7, method)
    (request,) = engine.requests
    assert request["kind"] == "select"
    assert request["pool"]["name"] == "pool"
    assert request["target"]["name"] == "target"
    assert request["existing"] is request["weights"] is request["groups"] is None
    assert (request["budget"], request["seed"]) == (7, 0)
    assert request["method"] == {"name": method, **DEFAULTS[method]}
    assert engine.kept == [False]
    assert found.method == method
    assert found.options["budget"] == 7
    assert json.loads(json.dumps(dict(found.options))) == dict(found.options)


def test_groups_go_as_numbers_and_shares(engine: NumpyEngine) -> None:
    labels = ["b", "a"] + ["b"] * (len(TARGET) - 2)
    shares = {"a": 1, "b": 3}
    sent: list[Any] = []

    def run(request: dict[str, Any], *how: Any) -> Answer:
        sent.extend((read(request["groups"]["rows"]).ravel().tolist(), request["groups"]["shares"]))
        return engine(request, *how)

    with jobs.run_by(run):
        found = gio4j.select(POOL, TARGET, 7, groups=labels, target_shares=shares)
    assert sent == [[0, 1] + [0] * (len(TARGET) - 2), [0.75, 0.25]]
    assert found.options["target_shares"] == {"b": 0.75, "a": 0.25}


OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "kernel": ({"kernel": "log"}, {"kernel": "log"}),
    "scale": ({"scale": 2}, {"scale": 2.0}),
    "k of coverage": ({"method": "coverage", "k": 3.0}, {"k": 3}),
    "eps of coverage": ({"method": "coverage", "eps": 0.5}, {"eps": 0.5}),
    "k": ({"method": "exact", "k": 3}, {"k": 3}),
    "eps": ({"method": "exact", "eps": 0.5}, {"eps": 0.5}),
    "k of gradient": ({"method": "gradient", "k": 8}, {"k": 8}),
    "steps": ({"method": "gradient", "steps": 3}, {"steps": 3}),
    "learning_rate": ({"method": "gradient", "learning_rate": 1}, {"learning_rate": 1.0}),
    "scale_factor": ({"method": "gradient", "scale_factor": 2}, {"scale_factor": 2.0}),
    "start_vector": ({"method": "gradient", "start_vector": "jump"}, {"start_vector": "jump"}),
    "seed of gradient": ({"method": "gradient", "seed": 5}, {"seed": 5}),
    "seed of round_robin": ({"method": "round_robin", "seed": -5}, {"seed": -5}),
    "no budget": ({"budget": None}, {"budget": None}),
    "a share": ({"budget": 0.25}, {"budget": 10}),
    "all": ({"budget": 1.0}, {"budget": 40}),
    "a small share": ({"budget": 1e-9}, {"budget": 1}),
    "NumPy's integer": ({"budget": np.int64(3)}, {"budget": 3}),
    "a percentage": ({"budget": "25%"}, {"budget": 10}),
    "a percentage with a point": ({"budget": " 2.5 %"}, {"budget": 1}),
    "all in percent": ({"budget": "100%"}, {"budget": 40}),
    "the largest of several": ({"budget": [3, "50%", 0.1]}, {"budget": 20}),
    "a share of weights": ({"budget": 0.5, "weights": [3] * 40}, {"budget": 60}),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options(engine: NumpyEngine, case: str) -> None:
    options, asked = OPTIONS[case]
    gio4j.select(POOL, TARGET, **{"budget": 4, **options})
    request = engine.requests[0]
    sent = {**request, **request["method"]}
    assert {name: sent[name] for name in asked} == asked


def test_a_seed_of_none_is_drawn_and_told(engine: NumpyEngine) -> None:
    seeds = {
        gio4j.select(POOL, TARGET, 1, "round_robin", seed=None).options["seed"] for _ in range(3)
    }
    assert seeds == {request["seed"] for request in engine.requests}
    assert len(seeds) == 3


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_a_generator_draws_the_seed(engine: NumpyEngine, make: Any) -> None:
    generator = make(5)
    seeds = [gio4j.select(POOL, TARGET, 1, seed=generator).options["seed"] for _ in range(2)]
    assert seeds == [request["seed"] for request in engine.requests]
    assert seeds[0] != seeds[1], "it moves on"
    assert gio4j.select(POOL, TARGET, 1, seed=make(5)).options["seed"] == seeds[0]
    gio4j.kmeans(POOL, 2, seed=make(5))
    assert engine.requests[-1]["options"]["seed"] == seeds[0]


@pytest.mark.parametrize("kind", ["array", "list", "selection", "pandas", "range", "int32"])
def test_existing_rows_by_number(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    first = gio4j.select(POOL, TARGET, 4)
    numbers = sorted(range(2, 6) if kind == "range" else first)
    seen: list[np.ndarray] = []
    select = engine.select

    def look(request: dict[str, Any]) -> Answer:
        seen.extend(read(request[name]) for name in ("existing", "pool", "weights"))
        return select(request)

    monkeypatch.setattr(engine, "select", look)
    existing: Any = {
        "array": lambda: np.array(numbers),
        "list": lambda: numbers,
        "selection": lambda: first,
        "pandas": lambda: pd.Series(numbers),
        "range": lambda: range(2, 6),
        "int32": lambda: np.array([*numbers, numbers[0]], np.int32),
    }[kind]()
    weights = np.arange(1, 41)
    found = gio4j.select(POOL, TARGET, 100, existing=existing, weights=weights)
    left = np.setdiff1d(np.arange(40), numbers)
    assert np.array_equal(seen[0], POOL[numbers])
    assert np.array_equal(seen[1], POOL[left])
    assert np.array_equal(seen[2].ravel(), weights[left])
    assert set(found).isdisjoint(numbers)
    expected = gio4j.select(POOL[left], TARGET, 100, existing=POOL[numbers], weights=weights[left])
    assert list(found) == left[expected.indices].tolist()
    assert found.pool_rows == 40
    assert np.array_equal(found.take(POOL), POOL[found.indices])


def test_no_row_exists(engine: NumpyEngine) -> None:
    nothing = gio4j.select(POOL, TARGET, 2)[:0]
    for existing in (nothing, [], np.empty(0, np.int64)):
        assert list(gio4j.select(POOL, TARGET, 3, existing=existing)) == list(
            gio4j.select(POOL, TARGET, 3)
        )


def test_a_share_is_of_the_pool_whatever_exists(engine: NumpyEngine) -> None:
    assert len(gio4j.select(POOL, TARGET, "50%", existing=range(10))) == 20
    assert len(gio4j.select(POOL, TARGET, 1.0, existing=range(10))) == 30


def test_a_bad_row_is_named_by_its_number_in_the_pool(engine: NumpyEngine) -> None:
    pool = POOL.copy()
    pool[7] = np.nan
    with pytest.raises(InvalidInputError, match="pool: row 7 is not finite"):
        gio4j.select(pool, TARGET, 3, existing=[0, 1, 2])


def test_several_budgets_are_nested(engine: NumpyEngine) -> None:
    few, share, all_ = gio4j.select(POOL, TARGET, [3, "50%", 40])
    assert [len(few), len(share), len(all_)] == [3, 20, 40]
    assert len(engine.requests) == 1
    for found, budget in ((few, 3), (share, 20), (all_, 40)):
        alone = gio4j.select(POOL, TARGET, budget)
        assert found.options == alone.options
        for name in ("indices", "gains", "trace"):
            assert np.array_equal(getattr(found, name), getattr(alone, name))
    weights = np.arange(1, 41)
    founds = gio4j.select(POOL, TARGET, (60, 7), weights=weights)
    for budget, found in zip((60, 7), founds, strict=True):
        assert list(found) == list(gio4j.select(POOL, TARGET, budget, weights=weights))


def test_several_budgets_of_a_run_that_ended_early(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"stop_reason": "min_gain", "starting_objective": None, "facts": {}}
    two = {name: np.resize(values, 2) for name, values in ONE.items()}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, two))
    founds = gio4j.select(POOL, TARGET, [1, 2, 30])
    assert [(len(found), found.stop_reason) for found in founds] == [
        (1, "budget"),
        (2, "min_gain"),
        (2, "min_gain"),
    ]


def test_existing_rows_and_weights(engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    select = engine.select

    def look(request: dict[str, Any]) -> Answer:
        seen.extend(read(request[name]) for name in ("existing", "weights"))
        return select(request)

    monkeypatch.setattr(engine, "select", look)
    found = gio4j.select(POOL, TARGET, 6, existing=POOL[:2], weights=np.arange(1, 41))
    assert np.array_equal(seen[0], POOL[:2])
    assert seen[1].ravel().tolist() == list(range(1, 41))
    assert sum(row + 1 for row in found) >= 6


def test_the_answer(engine: NumpyEngine) -> None:
    found = gio4j.select(POOL, TARGET, 7)
    expected = np.argsort(distances(POOL, TARGET).mean(axis=1))[:7]
    assert list(found) == found.indices.tolist() == expected.tolist()
    assert len(found) == len(found.gains) == len(found.trace) == 7
    assert found.starting_objective is None
    assert found.stop_reason == "budget"
    assert found.pool_rows == 40
    assert found.facts == {"some_scale": 1.5, "other": float("inf")}
    assert list(found.timings) == ["prepare", "select"]
    assert found.pool is POOL
    assert found.target is TARGET
    assert repr(found).startswith("Selection(7 of 40 rows, method='balanced', stop_reason='budget'")
    with pytest.raises(AttributeError):
        found.method = "nearest"  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.options["seed"] = 1  # type: ignore[index]
    bare = found.without_data()
    assert bare.pool is bare.target is None
    assert bare.indices is found.indices


def test_no_row_that_helps_is_told(engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = {"indices": np.empty(0, np.int32), "gains": np.empty(0), "trace": np.empty(0)}
    values = {"stop_reason": "increase", "starting_objective": 2, "facts": {}}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, empty))
    with pytest.warns(GIOWarning, match="no row of the pool improves the energy distance") as seen:
        found = gio4j.select(POOL, TARGET, existing=TARGET)
    assert seen[0].filename == __file__
    assert len(found) == 0
    assert found.starting_objective == 2.0
    assert "objective" not in repr(found)
    values["stop_reason"] = "interrupted"
    assert gio4j.select(POOL, TARGET, existing=TARGET).stop_reason == "interrupted"


ONE = {"indices": np.zeros(1, np.int32), "gains": np.full(1, np.nan), "trace": np.ones(1)}


@pytest.mark.parametrize("method", ["exact", "gradient"])
def test_one_row_without_a_budget_is_explained(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch, method: Any
) -> None:
    values = {"stop_reason": "increase", "starting_objective": None, "facts": {}}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, ONE))
    words = f"'{method}' stopped after one row, .* no term that rewards more .*; pass budget= for"
    with pytest.warns(GIOWarning, match=words) as seen:
        gio4j.select(POOL, TARGET, method=method)
    assert seen[0].filename == __file__
    with pytest.warns(GIOWarning, match="stopped after one cluster"):
        gio4j.select(GROUPS, TARGET, method=method, quantize=10)
    values["stop_reason"] = "budget"
    gio4j.select(POOL, TARGET, 1, method=method)


def test_one_row_of_other_methods_is_no_riddle(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"stop_reason": "increase", "starting_objective": None, "facts": {}}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, ONE))
    assert len(gio4j.select(POOL, TARGET).indices) == 1
    two = {name: np.resize(values, 2) for name, values in ONE.items()}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, two))
    assert len(gio4j.select(POOL, TARGET, method="exact").indices) == 2


@pytest.mark.parametrize(
    ("kernel", "cure"), [("laplace", " or kernel='rational'"), ("rational", "")]
)
def test_a_kernel_that_sees_nothing_is_told(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch, kernel: str, cure: str
) -> None:
    values = {"stop_reason": "no_influence", "starting_objective": None, "facts": {"scale": 1e-9}}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, ONE))
    words = f"after 1 picks kernel='{kernel}' with scale=1e-09 gives .*; .* larger scale{cure}$"
    with pytest.warns(GIOWarning, match=words) as seen:
        found = gio4j.select(POOL, TARGET, 20, kernel=kernel, scale=1e-9)
    assert seen[0].filename == __file__
    assert found.stop_reason == "no_influence"


@pytest.mark.parametrize(
    ("method", "cure"),
    [
        ("facility", "another method, such as 'balanced', goes on"),
        ("tsds", "a smaller alpha=, or a larger c=, reaches more rows"),
        ("omp", "method='gtp' with refill='exclude_near' or 'equal' goes on"),
        ("gtp", "refill='equal' goes on"),
        ("kcenter", "all are copies of picks"),
    ],
)
def test_a_saturated_selection_of_fewer_rows_is_told(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch, method: str, cure: str
) -> None:
    values = {"stop_reason": "saturated", "starting_objective": None, "facts": {}}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, ONE))
    words = f"'{method}' ended after 1 rows of budget=20: no row that is left gains .*; {cure}"
    with pytest.warns(GIOWarning, match=words) as seen:
        gio4j.select(POOL, TARGET, 20, method)
    assert seen[0].filename == __file__
    assert gio4j.select(POOL, TARGET, None, method).stop_reason == "saturated"  # its end


def test_without_a_target_the_pool_is_shared_once(engine: NumpyEngine) -> None:
    gio4j.select(POOL.astype(np.float64), None, 2)
    (request,) = engine.requests
    assert request["target"] is request["pool"]


def test_interrupts_are_told_to_the_job(engine: NumpyEngine) -> None:
    gio4j.select(POOL, TARGET, 2, on_interrupt="return")
    assert engine.kept == [True]


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "method": (
        {"method": "exakt"},
        InvalidInputError,
        "nearest is 'exact'; needs one of ",
    ),
    "method of no kind": ({"method": None}, TypeError, "method=None: needs one of"),
    "option": ({"kernell": 1}, TypeError, "kernell=: there is no such option; .* 'kernel'; "),
    "keyword": ({"progres": 1}, TypeError, "progres=: .* nearest is 'progress'"),
    "another's option": ({"steps": 1}, TypeError, "no option of .*'balanced' but of 'gradient'"),
    "option of none": ({"method": "nearest", "x": 1}, TypeError, "method 'nearest' has none"),
    "kernel": ({"kernel": "best"}, InvalidInputError, "kernel='best': needs one of 'rational', "),
    "scale": ({"scale": 0}, InvalidInputError, "scale=0: needs above 0"),
    "k": ({"method": "exact", "k": 9}, InvalidInputError, "k=9: needs 1 to 8; target has 9 rows"),
    "k of coverage": ({"method": "coverage", "k": 0}, InvalidInputError, "k=0: needs at least 1"),
    "eps": ({"method": "coverage", "eps": 0}, InvalidInputError, "eps=0: needs above 0"),
    "steps": ({"method": "gradient", "steps": 1.5}, TypeError, "steps=1.5: needs an integer"),
    "start": ({"method": "gradient", "start_vector": "x"}, InvalidInputError, "start_vector='x'"),
    "budget": ({"budget": 0}, InvalidInputError, "budget=0: needs 1 to 40; the pool has no more"),
    "budget above": ({"budget": 41}, InvalidInputError, "budget=41: needs 1 to 40"),
    "share": ({"budget": 0.0}, InvalidInputError, "budget=0.0: needs above 0 up to 1"),
    "share above": ({"budget": 2.0}, InvalidInputError, "float is a share .* write budget=2"),
    "share of NaN": ({"budget": float("nan")}, InvalidInputError, "needs a finite number"),
    "text": ({"budget": "many"}, InvalidInputError, "budget='many': needs rows as an int, or a sh"),
    "rows as text": ({"budget": "300"}, InvalidInputError, "budget='300': needs rows as an int"),
    "no percentage": ({"budget": "0%"}, InvalidInputError, "budget='0%': .* above 0 up to '100%'"),
    "above all": ({"budget": "101%"}, InvalidInputError, "budget='101%': needs rows as an int"),
    "no budgets": ({"budget": []}, InvalidInputError, r"budget=\[\]: a list needs at least one"),
    "one of none": ({"budget": [3, None]}, InvalidInputError, r"budget=\[3, None\]: a list needs"),
    "one above": ({"budget": [3, 41]}, InvalidInputError, "budget=41: needs 1 to 40"),
    "yes": ({"budget": True}, TypeError, "budget=True: needs rows as an int, or a share"),
    "quantize": ({"quantize": "k"}, InvalidInputError, "quantize='k': needs 'auto', None, or"),
    "clusters": ({"quantize": 0}, InvalidInputError, "quantize=0: needs at least 1"),
    "progress": ({"progress": "yes"}, InvalidInputError, "progress='yes': needs one of 'auto'"),
    "interrupt": ({"on_interrupt": "stop"}, InvalidInputError, "on_interrupt='stop': needs"),
    "seed": ({"seed": 0.5}, TypeError, "seed=0.5: needs an integer"),
    "a row number": ({"existing": [3, 40]}, InvalidInputError, "existing: row number 40 at 1; the"),
    "below 0": ({"existing": [-1]}, InvalidInputError, "existing: row number -1 at 0; .* 0 to 39"),
    "all rows": ({"existing": range(40)}, InvalidInputError, "existing: holds all 40 rows of the"),
    "too many": ({"existing": [3], "budget": 40}, InvalidInputError, "budget=40: needs 1 to 39"),
    "weights": ({"weights": [1, 2]}, InvalidInputError, "weights: are 2 for 40 rows"),
    "weight": ({"weights": [1.5] * 40}, InvalidInputError, "weights: row 0 is 1.5; needs integers"),
    "no weight": ({"weights": [0] * 40}, InvalidInputError, "weights: row 0 is 0; needs integers"),
    "weights of text": ({"weights": ["a"] * 40}, TypeError, "weights: dtype <U1; needs integers"),
    "columns": ({"existing": POOL[:, :2]}, InvalidInputError, "existing 2: both need the same"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(engine: NumpyEngine, case: str) -> None:
    options, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message) as caught:
        gio4j.select(POOL, TARGET, **options)
    assert "\n" not in str(caught.value)
    assert engine.requests == []


def test_a_matrix_is_copied_once_and_not_before_the_rest_fits(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    leased: list[str] = []
    lease = pool.lease

    def watched(size: int, name: str) -> Lease:
        leased.append(name)
        return lease(size, name)

    monkeypatch.setattr(pool, "lease", watched)
    with pytest.raises(InvalidInputError, match="budget=41"):
        gio4j.select(POOL.astype(np.float64), TARGET, 41)
    assert leased == []
    gio4j.select(POOL.astype(np.float64), TARGET, 3)
    assert leased == ["pool", "target"]


# --- quantisation ---------------------------------------------------------------------------------


#: Ten groups of four rows, each nearest to its own mean.
GROUPS = (POOL + 30 * (np.arange(40)[:, None] // 4)).astype(np.float32)


def test_clusters_give_their_rows(engine: NumpyEngine) -> None:
    found = gio4j.select(GROUPS, TARGET, 9, "exact", quantize=10, seed=3)
    clustered, picked = engine.requests
    assert (clustered["kind"], picked["kind"]) == ("kmeans", "select")
    assert clustered["distances"] is True
    assert clustered["options"]["clusters"] == 10
    assert clustered["options"]["seed"] == 3
    assert len(found) == len(set(found)) == 9, "cut at the budget, four rows a cluster"
    centers = GROUPS.reshape(10, 4, 3).mean(axis=1)
    means = distances(centers, TARGET).mean(axis=1)
    order = np.argsort(means)[:3]
    expected: list[int] = []
    for center in order:
        spread_of = distances(GROUPS[4 * center : 4 * center + 4], centers[center : center + 1])
        expected += (4 * center + np.argsort(spread_of[:, 0])).tolist()
    assert found.indices.tolist() == expected[:9]
    np.testing.assert_allclose(found.gains, np.repeat(-means[order] / 4, 4)[:9])
    np.testing.assert_allclose(found.trace, np.repeat(np.cumsum(-means[order]), 4)[:9])
    assert found.facts["clusters"] == 10
    assert found.facts["clusters_picked"] == 3
    assert found.options["quantize"] == 10
    assert list(found.timings) == ["prepare", "quantize", "select", "explode"]


def test_without_a_budget_clusters_come_whole(engine: NumpyEngine) -> None:
    found = gio4j.select(GROUPS, TARGET, None, "exact", quantize=10)
    assert sorted(found) == list(range(40))


def test_weights_of_rows_are_weights_of_clusters(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[float]] = []
    select = engine.select

    def look(request: dict[str, Any]) -> Answer:
        seen.append(read(request["weights"]).ravel().tolist())
        return select(request)

    monkeypatch.setattr(engine, "select", look)
    weights = np.arange(1, 41)
    found = gio4j.select(GROUPS, TARGET, 30, "exact", quantize=10, weights=weights)
    assert seen == [weights.reshape(10, 4).sum(axis=1).tolist()]
    counted = np.cumsum(weights[found.indices])
    assert counted[-1] >= 30
    assert len(found) == 1 or counted[-2] < 30
    assert engine.requests[0]["weights"]["name"] == "weights"


@pytest.mark.parametrize(
    ("method", "rows", "clusters"),
    [("gradient", 100_001, 1500), ("gradient", 100_000, None), ("exact", 100_001, None)],
)
def test_auto(method: Any, rows: int, clusters: Any) -> None:
    asked: list[Any] = []

    def stop(request: dict[str, Any], *_: Any) -> Answer:
        asked.append(request["options"]["clusters"] if request["kind"] == "kmeans" else None)
        raise StopIteration

    pool = np.zeros((rows, 1), np.float32)
    for quantize in ("auto", None, 7):
        with jobs.run_by(stop), pytest.raises(StopIteration):
            gio4j.select(pool, TARGET[:, :1], 5, method, quantize=quantize)  # type: ignore[arg-type]
    assert asked == [clusters, None, 7]


# --- what is kept ---------------------------------------------------------------------------------


def same(first: gio4j.Selection, second: gio4j.Selection) -> bool:
    names = ("indices", "gains", "trace")
    arrays = all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)
    facts = ("stop_reason", "starting_objective", "method", "pool_rows")
    mappings = ("options", "facts", "timings")
    return (
        arrays
        and all(getattr(first, name) == getattr(second, name) for name in facts)
        and all(dict(getattr(first, name)) == dict(getattr(second, name)) for name in mappings)
    )


@pytest.fixture
def found(engine: NumpyEngine) -> gio4j.Selection:
    return gio4j.select(POOL, TARGET, 7)


def test_a_selection_is_a_sequence(found: gio4j.Selection) -> None:
    rows = found.indices.tolist()
    assert isinstance(found, Sequence)
    assert [found[0], found[-1], found[np.int64(2)]] == [rows[0], rows[-1], rows[2]]
    assert type(found[0]) is int
    assert (list(found), list(reversed(found))) == (rows, rows[::-1])
    assert (rows[3] in found, -5 in found) == (True, False)
    assert found.index(rows[3]) == 3
    assert np.array_equal(POOL[found], POOL[rows])
    assert np.asarray(found, np.int64).dtype == np.int64
    with pytest.raises(IndexError):
        found[7]
    with pytest.raises(TypeError):
        found["0"]  # type: ignore[call-overload]


@pytest.mark.parametrize("place", [slice(3), slice(2, 5), slice(None, None, 2), slice(-2, None)])
def test_a_slice_is_the_selection_of_those_picks(found: gio4j.Selection, place: slice) -> None:
    part = found[place]
    assert isinstance(part, gio4j.Selection)
    for name in ("indices", "gains", "trace"):
        assert np.array_equal(getattr(part, name), getattr(found, name)[place])
    assert np.array_equal(part.take(POOL), POOL[found.indices[place]])
    start = place.indices(7)[0]
    before = found.trace[start - 1] if start else None
    assert part.starting_objective == before
    assert part.options == found.options


def test_weights_of_the_picks_go_where_the_picks_go(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch, records: pa.Table, tmp_path: Path
) -> None:
    assert gio4j.select(records, TARGET, 3).weights is None
    values = {"stop_reason": "saturated", "starting_objective": None, "facts": {}}
    rows = np.array([4, 3, 5], np.int32)
    arrays = {"indices": rows, "gains": np.ones(3), "trace": np.arange(3.0), "weights": rows / 8}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, arrays))
    found = gio4j.select(records, TARGET)
    few, more = gio4j.select(records, TARGET, [2, 3])
    assert found.weights is not None
    assert (found.weights * 8).tolist() == (more.weights * 8).tolist() == [4, 3, 5]
    assert (few.weights * 8).tolist() == (found[:2].weights * 8).tolist() == [4, 3]
    assert found[::-1].weights.tolist() == found.weights[::-1].tolist()
    assert pickle.loads(pickle.dumps(found)).weights.tolist() == found.weights.tolist()
    names = ["row", "gain", "objective", "weight"]
    assert found.to_frame().column_names == names
    assert found.to_frame()["weight"].to_pylist() == found.weights.tolist()
    found.save(tmp_path / "picked.parquet")
    found.save_records(tmp_path / "subset.parquet")
    for name in ("picked", "subset"):
        loaded = gio4j.Selection.load(tmp_path / f"{name}.parquet")
        assert loaded.weights is not None
        assert loaded.weights.tolist() == found.weights.tolist()
    found.save_records(tmp_path / "subset.csv")
    head = (tmp_path / "subset.csv").read_text().splitlines()[0]
    assert head.startswith('"order","row","gain","objective","weight","text"')
    clash = records.append_column("weight", pa.array(range(40)))
    with pytest.raises(InvalidInputError, match="has a column 'weight', as the picks have"):
        found.save_records(tmp_path / "subset.csv", clash)


def test_records_may_have_weights_of_their_own(
    engine: NumpyEngine, records: pa.Table, tmp_path: Path
) -> None:
    weighed = records.append_column("weight", pa.array(range(40)))
    found = gio4j.select(weighed, TARGET, 3, columns="vector")
    found.save_records(tmp_path / "subset.parquet")
    assert pa.parquet.read_table(tmp_path / "subset.parquet")["weight"].to_pylist() == list(found)
    assert gio4j.Selection.load(tmp_path / "subset.parquet").weights is None


def test_pickled_without_the_data(found: gio4j.Selection) -> None:
    packed = pickle.dumps(found)
    assert POOL.tobytes()[:64] not in packed
    again = pickle.loads(packed)
    assert same(again, found)
    assert again.pool is None
    assert same(copy.deepcopy(found), found)
    with pytest.raises(TypeError):
        again.facts["new"] = 1


def test_saved_and_loaded(found: gio4j.Selection, tmp_path: Path) -> None:
    found.save(tmp_path / "found.parquet")
    again = gio4j.Selection.load(str(tmp_path / "found.parquet"))
    assert same(again, found)
    assert again.indices.dtype == np.int32
    assert again.pool is again.target is None
    metadata = pa.parquet.read_schema(tmp_path / "found.parquet").metadata
    assert json.loads(metadata[b"gio4j.selection"])["version"] == gio4j.__version__
    with pytest.raises(InvalidInputError, match=r"needs a name in \.parquet; save_records writes"):
        found.save(tmp_path / "found.csv")
    (tmp_path / "text.parquet").write_text("text")
    pa.parquet.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    for name, words in (("none", "no such file"), ("text", "no Parquet"), ("other", "no saved")):
        with pytest.raises(InvalidInputError, match=words):
            gio4j.Selection.load(tmp_path / f"{name}.parquet")


NUMBERS = [0.5, float("inf"), None]


@pytest.fixture
def records() -> pa.Table:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(POOL.ravel()), 3)
    columns = {
        "text": pa.array([f'row "{row}",\nnext' for row in range(40)]).dictionary_encode(),
        "number": pa.array((NUMBERS * 14)[:40]),
        "vector": vectors,
    }
    return pa.table(columns)


@pytest.mark.parametrize("kind", ["Table", "pandas", "polars", "lazy", "dataset", "path", "column"])
def test_picked_records_as_parquet(
    engine: NumpyEngine, records: pa.Table, tmp_path: Path, kind: str
) -> None:
    pool: Any = records
    if kind == "pandas":
        pool = records.to_pandas()
    elif kind in ("polars", "lazy"):
        pool = pl.from_arrow(records)
        pool = pool.lazy() if kind == "lazy" else pool
    elif kind in ("dataset", "path", "column"):
        pool = tmp_path / "pool.parquet"
        pa.parquet.write_table(records, pool)
        if kind == "dataset":
            pool = pyarrow.dataset.dataset(pool)
        elif kind == "column":
            pool = (pool, "vector")
    found = gio4j.select(pool, TARGET, 7)
    found.save_records(tmp_path / "subset.parquet")
    table = pa.parquet.read_table(tmp_path / "subset.parquet")
    assert table.column_names == ["order", "row", "gain", "objective", *records.column_names]
    assert table["order"].to_pylist() == [1, 2, 3, 4, 5, 6, 7]
    assert table["row"].to_pylist() == list(found)
    assert table["gain"].to_pylist() == found.gains.tolist()
    picked = records.take(pa.array(list(found)))
    assert table["text"].to_pylist() == picked["text"].to_pylist()
    assert np.array_equal(np.array(table["vector"].to_pylist()), POOL[found.indices])
    assert same(gio4j.Selection.load(tmp_path / "subset.parquet"), found)


def test_picked_records_as_text(
    engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch, records: pa.Table, tmp_path: Path
) -> None:
    values = {"stop_reason": "budget", "starting_objective": None, "facts": {}}
    rows = np.array([4, 3, 5], np.int32)
    gains = np.array([np.nan, 2.0, 1.0])
    arrays = {"indices": rows, "gains": gains, "trace": np.array([3.0, 1.0, 0.0])}
    monkeypatch.setattr(engine, "select", lambda request: Answer(values, arrays))
    found = gio4j.select(records, TARGET, 3)
    found.save_records(tmp_path / "subset.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "subset.jsonl").read_text().splitlines()]
    assert [line["order"] for line in lines] == [1, 2, 3]
    assert [line["row"] for line in lines] == rows.tolist()
    assert [line["gain"] for line in lines] == [None, 2.0, 1.0]
    assert [line["number"] for line in lines] == [None, 0.5, None]
    assert lines[0]["text"] == 'row "4",\nnext'
    assert np.float32(lines[0]["vector"]).tolist() == POOL[4].tolist()
    found.save_records(tmp_path / "subset.csv")
    with open(tmp_path / "subset.csv", newline="", encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert list(cells[0]) == ["order", "row", "gain", "objective", "text", "number", "vector"]
    assert [cell["gain"] for cell in cells] == ["", "2", "1"]
    assert [cell["number"] for cell in cells] == ["", "0.5", ""]
    assert cells[1]["text"] == 'row "3",\nnext'
    assert np.float32(json.loads(cells[1]["vector"])).tolist() == POOL[3].tolist()


def test_records_of_another_frame(
    found: gio4j.Selection, records: pa.Table, tmp_path: Path
) -> None:
    found.save_records(tmp_path / "subset.csv")
    head = (tmp_path / "subset.csv").read_text().splitlines()[0]
    assert head == '"order","row","gain","objective"', "a matrix has no records"
    found.without_data().save_records(tmp_path / "subset.jsonl", records)
    assert len((tmp_path / "subset.jsonl").read_text().splitlines()) == 7
    clash = records.append_column("row", pa.array(range(40)))
    refused = {
        r"path='.*\.txt': needs a name in \.parquet, \.csv or \.jsonl": ("subset.txt", records),
        "pool_like: has 39 rows, the pool had 40": ("subset.csv", records[1:]),
        "pool_like: has a column 'row', as the picks have; rename it": ("subset.csv", clash),
        "pool_like: has no records; pass a frame": ("subset.csv", POOL),
    }
    for message, (name, pool_like) in refused.items():
        with pytest.raises(InvalidInputError, match=message):
            found.save_records(tmp_path / name, pool_like)
    with pytest.raises(InvalidInputError, match="pool_like=None: a selection that was loaded"):
        found.without_data().save_records(tmp_path / "subset.csv")
    assert (tmp_path / "subset.csv").read_text().splitlines()[0] == head, "the file stays"


def written(records: pa.Table, path: Path, stream: bool = False) -> None:
    if path.suffix == ".parquet":
        pa.parquet.write_table(records, path)
        return
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(path, records.schema) as out:
        out.write_table(records, max_chunksize=3)


def test_records_of_several_files(engine: NumpyEngine, records: pa.Table, tmp_path: Path) -> None:
    folder = tmp_path / "pool"
    folder.mkdir()
    written(records[:10], folder / "a.arrow")
    written(records[:0], folder / "b.parquet")
    written(records[10:25], folder / "c.parquet")
    written(records[25:], folder / "d.arrow", stream=True)
    found = gio4j.select(folder, TARGET, 30)
    assert len({file for file, _ in found.files}) == 3
    found.save_records(tmp_path / "subset.parquet")
    table = pa.parquet.read_table(tmp_path / "subset.parquet")
    picked = records.take(pa.array(list(found)))
    assert table["text"].to_pylist() == picked["text"].to_pylist()
    assert table["number"].to_pylist() == picked["number"].to_pylist()
    assert np.array_equal(np.array(table["vector"].to_pylist()), POOL[found.indices])
    loaded = gio4j.Selection.load(tmp_path / "subset.parquet")
    assert loaded.files == found.files
    loaded.save_records(tmp_path / "again.parquet", str(folder / "*"))
    assert pa.parquet.read_table(tmp_path / "again.parquet").equals(table)
    found[:0].save_records(tmp_path / "none.jsonl")
    assert (tmp_path / "none.jsonl").read_text() == ""
    written(records[25:26].drop_columns(["number"]), folder / "e.parquet")
    with pytest.raises(InvalidInputError, match=r"pool_like: .*e\.parquet has other columns or ty"):
        loaded.save_records(tmp_path / "again.parquet", folder)
    written(records[:10].rename_columns(["text", "text", "vector"]), folder / "a.arrow")
    with pytest.raises(InvalidInputError, match="pool_like: has 2 columns 'text'; rename them"):
        loaded.save_records(tmp_path / "again.parquet", folder / "a.arrow")
    with pytest.raises(InvalidInputError, match=r"a\.arrow was changed or replaced"):
        found.save_records(tmp_path / "again.parquet")


def test_a_text_file_has_no_records(engine: NumpyEngine, tmp_path: Path) -> None:
    lines = [json.dumps({"features": row, "id": place}) for place, row in enumerate(POOL.tolist())]
    (tmp_path / "pool.jsonl").write_text("\n".join(lines))
    found = gio4j.select(tmp_path / "pool.jsonl", TARGET, 7)
    found.save_records(tmp_path / "subset.csv")
    head, *rest = (tmp_path / "subset.csv").read_text().splitlines()
    assert head == '"order","row","gain","objective"'
    assert [int(line.split(",")[1]) for line in rest] == list(found)


def test_frames(found: gio4j.Selection, monkeypatch: pytest.MonkeyPatch) -> None:
    table = found.to_frame()
    assert table.schema == pa.schema(
        [("row", pa.int32()), ("gain", pa.float64()), ("objective", pa.float64())]
    )
    assert table["row"].to_pylist() == list(found)
    assert found.to_frame("pandas")["gain"].tolist() == found.gains.tolist()
    assert found.to_frame(library="polars")["objective"].to_list() == found.trace.tolist()
    with pytest.raises(InvalidInputError, match="library='dask': needs one of 'pyarrow', "):
        found.to_frame("dask")  # type: ignore[arg-type]
    # As in an environment with gio4j alone.
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "pyarrow" or None)
    with pytest.raises(
        ImportError, match=r"library='pandas': .* run `pip install pandas`, or pass"
    ):
        found.to_frame("pandas")
    assert found.to_frame().num_rows == len(found)


def test_conversions_are_noted_once(engine: NumpyEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gio4j"):
        gio4j.select(POOL.astype(np.float64), TARGET, 7, quantize=4)
    assert [record.message for record in caplog.records] == [
        "pool: float64 converted to float32, 0.0 MiB; keep it as float32 to save that"
    ]
