"""K-means around a stub of the engine: what is asked of it, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import gio4j
from gio4j._cluster import kmeans
from gio4j._engine import jobs
from gio4j._engine.jobs import Answer
from gio4j.errors import GIOWarning, InvalidInputError

ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)
CENTERS = np.float32([[1, 2], [8, 9]])
RESULT = {
    "clusters": 2,
    "iterations": 3,
    "stop_reason": "converged",
    "inertia": 2.5,
    "trace": [4.0, 3.0, "Infinity"],
    "moved": [6, 1, 0],
    "computed": [1.0, 0.5, 0.25],
}


class Stub:
    """Answers two centres, or the nearest of them; remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def __call__(
        self,
        request: dict[str, Any],
        leases: ExitStack,
        on_status: Callable[..., None] | None = None,
        keep_on_interrupt: bool = False,
    ) -> Answer:
        self.requests.append(request)
        if on_status is not None:
            on_status({"done": 1, "total": 3, "objective": 4.0})
        leases.close()
        assignments = np.array([0, 0, 0, 1, 1, 1], np.int32)
        if request["kind"] == "nearest_centers":
            return Answer({}, {"assignments": assignments[: request["data"].get("rows", 6)]})
        arrays = {"centers": CENTERS, "assignments": assignments, "sizes": np.int32([3, 3])}
        return Answer(RESULT, arrays)


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    with jobs.run_by(stub):
        yield stub


def test_defaults(stub: Stub) -> None:
    model = gio4j.kmeans(ROWS, 2, seed=-5)
    (request,) = stub.requests
    assert request["kind"] == "kmeans"
    assert request["data"]["name"] == "data"
    assert request["weights"] is None
    assert request["distances"] is False
    assert request["options"] == {
        "clusters": 2,
        "max_iterations": 20,
        "stop": "center_shift",
        "tolerance": 1e-4,
        "seeding": "parallel",
        "seed": -5,
        "rows_per_cluster": 0,
    }
    assert model.centers is CENTERS
    assert [center.dtype for center in model.clusterCenters()] == [np.float64, np.float64]
    assert np.array_equal(model.clusterCenters(), CENTERS)
    assert model.summary == gio4j.KMeansSummary(
        sizes=(3, 3),
        inertia=2.5,
        iterations=3,
        stop_reason="converged",
        trace=(4.0, 3.0, float("inf")),
        moved=(6, 1, 0),
        computed=(1.0, 0.5, 0.25),
    )


def test_options_and_weights(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    gio4j.kmeans(
        ROWS,
        2.0,  # type: ignore[arg-type]
        weights=range(6),
        max_iterations=7,
        stop="inertia",
        tolerance=0,
        seeding="k-means++",
        rows_per_cluster=256,
        progress=True,
    )
    options = stub.requests[0]["options"]
    assert 0 <= options.pop("seed") < 2**63
    assert list(options.values()) == [2, 7, "inertia", 0, "plus_plus", 256]
    assert stub.requests[0]["weights"]["name"] == "weights"
    assert "inertia=4.0000" in capsys.readouterr().err


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no clusters": ({"clusters": 0}, "clusters=0: needs at least 1"),
    "iterations": ({"max_iterations": -1}, "max_iterations=-1: needs at least 0"),
    "stop": (
        {"stop": "never"},
        "stop='never': needs one of 'center_shift', 'absolute_shift', 'inertia'",
    ),
    "tolerance": ({"tolerance": float("nan")}, "tolerance=nan: needs a finite number"),
    "seeding": ({"seeding": "best"}, "seeding='best': needs one of 'k-means||', "),
    "seed": ({"seed": 2**63}, "seed=9223372036854775808: needs "),
    "sample": ({"rows_per_cluster": 0}, "rows_per_cluster=0: needs at least 1"),
    "weights": ({"weights": [1.0]}, "weights: are 1 for 6 rows; needs one for each row"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.usefixtures("stub")
def test_refused(case: str) -> None:
    options, message = REFUSED[case]
    with pytest.raises(InvalidInputError) as caught:
        gio4j.kmeans(ROWS, **{"clusters": 2, **options})
    assert message in str(caught.value)


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("clusters", [3, 1500])
def test_a_warning_names_fewer_clusters_once(clusters: int) -> None:
    with pytest.warns(GIOWarning, match=f"clusters={clusters}: data has only 2 dist") as caught:
        gio4j.kmeans(ROWS, clusters)
    assert [warning.filename for warning in caught] == [__file__]


def test_predict(stub: Stub) -> None:
    model = gio4j.kmeans(ROWS, 2)
    assert model.predict(ROWS).tolist() == [0, 0, 0, 1, 1, 1]
    assert model.predict([0.5, 0.5]) == 0
    assert isinstance(model.predict(ROWS[0]), int)
    with pytest.raises(InvalidInputError, match="rows has 3 columns, centers 2"):
        model.predict(np.zeros((2, 3)))
    frame = pa.table({"features": ROWS.tolist()})
    assert model.transform(frame)["prediction"].to_pylist() == [0, 0, 0, 1, 1, 1]
    assert model.transform(ROWS).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.usefixtures("stub")
def test_save_and_load(tmp_path: Path) -> None:
    model = gio4j.kmeans(ROWS, 2)
    model.save(tmp_path / "model.arrow")
    loaded = gio4j.KMeansModel.load(str(tmp_path / "model.arrow"))
    assert np.array_equal(loaded.centers, model.centers)
    assert loaded.summary == model.summary
    assert loaded.assignments is None
    with ExitStack() as leases:  # a matrix like any other
        assert kmeans.share(tmp_path / "model.arrow", "x", leases).request["kind"] == "arrow_file"


@pytest.mark.slow
@pytest.mark.usefixtures("stub")
def test_load_refuses_a_damaged_file(tmp_path: Path) -> None:
    """Each word set to extremes: the model as it was, or an error; pyarrow dies of some of them."""
    model = gio4j.kmeans(ROWS, 2)
    path = tmp_path / "model.arrow"
    model.save(path)
    data = path.read_bytes()
    refused = 0
    for place in range(0, len(data) - 3, 4):
        for value in (0, 1, 8, 2**31 - 1, 2**31, 2**32 - 1):
            path.write_bytes(data[:place] + value.to_bytes(4, "little") + data[place + 4 :])
            try:
                loaded = gio4j.KMeansModel.load(path)
            except InvalidInputError:
                refused += 1
                continue
            assert np.array_equal(loaded.centers, model.centers)
            assert loaded.summary == model.summary
    assert refused > 1000


def test_load_refuses_other_files(tmp_path: Path) -> None:
    table = pa.table({"text": ["a"]})
    with pa.ipc.new_file(tmp_path / "text.arrow", table.schema) as out:
        out.write_table(table)
    with pytest.raises(InvalidInputError, match="is no saved K-means"):
        gio4j.KMeansModel.load(tmp_path / "text.arrow")
    with pytest.raises(InvalidInputError, match="there is no such file"):
        gio4j.KMeansModel.load(tmp_path / "none.arrow")


def test_models_are_short_to_look_at() -> None:
    summary = gio4j.KMeansSummary(
        (3, 1200), 12.5, 7, "converged", (20.0,) * 7, (1,) * 7, (1.0,) * 7
    )
    assert repr(summary) == (
        "KMeansSummary(2 clusters of 3 to 1,200 rows, inertia 12.5, iterations=7, "
        "stop_reason='converged')"
    )
    model = gio4j.KMeansModel(np.zeros((2, 384), np.float32), summary, np.zeros(1203, np.int32))
    assert repr(model) == (
        "KMeansModel(2 centres of 384 columns, inertia 12.5, iterations=7, stop_reason='converged')"
    )
