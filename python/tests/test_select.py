"""`gio4j.select` around an engine of NumPy: what is asked of it, and what is made of its answer."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
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
}


@pytest.mark.parametrize("method", DEFAULTS)
def test_defaults(engine: NumpyEngine, method: Any) -> None:
    found = gio4j.select(POOL, TARGET, 7, method)
    (request,) = engine.requests
    assert request["kind"] == "select"
    assert request["pool"]["name"] == "pool"
    assert request["target"]["name"] == "target"
    assert request["existing"] is request["weights"] is None
    assert (request["budget"], request["seed"]) == (7, 0)
    assert request["method"] == {"name": method, **DEFAULTS[method]}
    assert engine.kept == [False]
    assert found.method == method
    assert found.options["budget"] == 7
    assert json.loads(json.dumps(dict(found.options))) == dict(found.options)


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
    "seed of nearest": ({"method": "nearest", "seed": -5}, {"seed": -5}),
    "no budget": ({"budget": None}, {"budget": None}),
    "a share": ({"budget": 0.25}, {"budget": 10}),
    "all": ({"budget": 1.0}, {"budget": 40}),
    "a small share": ({"budget": 1e-9}, {"budget": 1}),
    "NumPy's integer": ({"budget": np.int64(3)}, {"budget": 3}),
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
    seeds = {gio4j.select(POOL, TARGET, 1, "nearest", seed=None).options["seed"] for _ in range(3)}
    assert seeds == {request["seed"] for request in engine.requests}
    assert len(seeds) == 3


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


def test_interrupts_are_told_to_the_job(engine: NumpyEngine) -> None:
    gio4j.select(POOL, TARGET, 2, on_interrupt="return")
    assert engine.kept == [True]


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "method": ({"method": "exakt"}, InvalidInputError, "nearest is 'exact', all are 'balanced', "),
    "method of no kind": ({"method": None}, InvalidInputError, "method=None: there is none"),
    "option": ({"kernell": 1}, TypeError, "kernell=: there is no such option; .* 'kernel', "),
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
    "share": ({"budget": 0.0}, InvalidInputError, "budget=0.0: needs 0 to 1"),
    "share above": ({"budget": 2.0}, InvalidInputError, "float is a share .* write budget=2"),
    "share of NaN": ({"budget": float("nan")}, InvalidInputError, "needs a finite number"),
    "yes": ({"budget": True}, TypeError, "budget=True: needs rows as an int, or a share"),
    "quantize": ({"quantize": "k"}, InvalidInputError, "quantize='k': needs 'auto', None, or"),
    "clusters": ({"quantize": 0}, InvalidInputError, "quantize=0: needs at least 1"),
    "progress": ({"progress": "yes"}, InvalidInputError, "progress='yes': needs one of 'auto'"),
    "interrupt": ({"on_interrupt": "stop"}, InvalidInputError, "on_interrupt='stop': needs"),
    "seed": ({"seed": 0.5}, TypeError, "seed=0.5: needs an integer"),
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
    (tmp_path / "text.parquet").write_text("text")
    pa.parquet.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    for name, words in (("none", "no such file"), ("text", "no Parquet"), ("other", "no saved")):
        with pytest.raises(InvalidInputError, match=words):
            gio4j.Selection.load(tmp_path / f"{name}.parquet")


def test_frames(found: gio4j.Selection) -> None:
    table = found.to_frame()
    assert table.schema == pa.schema(
        [("row", pa.int32()), ("gain", pa.float64()), ("objective", pa.float64())]
    )
    assert table["row"].to_pylist() == list(found)
    assert found.to_frame("pandas")["gain"].tolist() == found.gains.tolist()
    assert found.to_frame(library="polars")["objective"].to_list() == found.trace.tolist()
    with pytest.raises(InvalidInputError, match="library='dask': needs one of 'pyarrow', "):
        found.to_frame("dask")  # type: ignore[arg-type]


def test_conversions_are_noted_once(engine: NumpyEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gio4j"):
        gio4j.select(POOL.astype(np.float64), TARGET, 7, quantize=4)
    assert [record.message for record in caplog.records] == [
        "pool: float64 converted to float32, 0.0 MiB; keep it as float32 to save that"
    ]
