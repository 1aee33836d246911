"""The drop-in's second half around a stub of the engine: draws, prints, kinds."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from GIO import _frames
from GIO.GIOKL import GIOKL
from gio4j import KMeansModel, KMeansSummary
from gio4j._rows import spark
from gio4j.errors import GIOWarning, InvalidInputError

ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)
CENTERS = ROWS[[2, 0]]
SUMMARY = KMeansSummary((1, 2), 1.0, 1, "converged", (1.0,), (3,), (1.0,))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int, int, str]]:
    calls: list[tuple[Any, int, int, str]] = []

    def find_centers(frame: Any, clusters: int, *, stop: str, seed: int, names: Any) -> KMeansModel:
        calls.append((frame, clusters, seed, stop))
        return KMeansModel(CENTERS, SUMMARY, np.array([1, 1, 0], np.int32))

    monkeypatch.setattr(_frames, "find_centers", find_centers)
    return calls


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "is_installed", lambda: False)


def test_seeds_are_drawn_as_the_reference_draws_them(calls: list[Any]) -> None:
    random.seed(7)
    GIOKL().quantize(ROWS, ROWS, k=2)
    left = random.getstate()
    random.seed(7)
    drawn = [random.randint(-1000, 1000), random.randint(-1000, 1000)]
    assert [call[2] for call in calls] == drawn
    assert random.getstate() == left


def test_manual_seeds_draw_nothing(calls: list[Any]) -> None:
    before = random.getstate()
    GIOKL().quantize(ROWS, ROWS, k=2, rseed="manual")
    GIOKL().quantize(ROWS, ROWS, 2, "manual", 1, 2)
    assert [call[2] for call in calls] == [234, 456, 1, 2]
    assert random.getstate() == before
    with pytest.raises(InvalidInputError, match="rseed='fixed': needs one of 'auto', 'manual'"):
        GIOKL().quantize(ROWS, ROWS, rseed="fixed")


def test_each_frame_is_answered_in_its_kind(calls: list[Any]) -> None:
    frame = pa.table({"features": ROWS.tolist()})
    model_train, model_x, transformed, predictions = GIOKL().quantize(frame, ROWS, k=2)
    assert transformed["prediction"].to_pylist() == predictions.tolist() == [1, 1, 0]
    assert np.array_equal(model_train.clusterCenters(), model_x.clusterCenters())
    assert [call[1] for call in calls] == [2, 2]


def test_defaults_are_those_of_the_reference(calls: list[Any]) -> None:
    """One warning of both frames: fewer distinct rows are as many clusters, as in Spark."""
    with pytest.warns(
        GIOWarning,
        match="k=1500: df_train has only 2 distinct rows and df_x has only 2 distinct rows",
    ) as caught:
        GIOKL().quantize(ROWS, ROWS)
    assert [warning.filename for warning in caught] == [__file__]
    assert [call[1] for call in calls] == [1500, 1500]
    assert [call[3] for call in calls] == ["absolute_shift"] * 2


def test_a_warning_where_an_absolute_tolerance_stops_it_early(
    calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = replace(SUMMARY, inertia=0.9)
    monkeypatch.setattr(sys.modules[__name__], "SUMMARY", summary)
    with pytest.warns(
        GIOWarning,
        match=r"df_train after 1 \(the inertia still fell by 10.0%\) "
        r"and df_x after 1 .*as in Spark",
    ) as caught:
        GIOKL().quantize(ROWS, ROWS, k=2)
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(GIOWarning, match="df after 1 "):
        GIOKL()._return_kmeans(ROWS, 2, 1)
    for quiet in (
        replace(SUMMARY, inertia=0.9995),
        replace(SUMMARY, inertia=0.9, stop_reason="max_iterations"),
    ):
        monkeypatch.setattr(sys.modules[__name__], "SUMMARY", quiet)
        GIOKL().quantize(ROWS, ROWS, k=2)


def test_explode_prints_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pa.table({"text": ["a", "b", "c"], "prediction": [1, 1, 0]})
    gio = GIOKL()
    answer = gio.explode(CENTERS[[1, 1]], frame, list(CENTERS))
    assert answer["text"].to_pylist() == ["a", "b", "a", "b"]
    with pytest.warns(GIOWarning, match="1 of 1 rows are no centroid"):
        gio.explode(CENTERS[:1] + 1, frame, list(CENTERS))
    assert gio.explode([0], frame, columns=["text"]).column_names == ["i", "id", "text"]
    assert capsys.readouterr().out.splitlines() == [
        "Found 2 centroids out of 2 selected centroids",
        "Found 0 centroids out of 1 selected centroids",
        "Found 1 centroids out of 1 selected centroids",
    ]


@pytest.mark.usefixtures("without_spark")
def test_parquet_without_spark_is_a_table(tmp_path: Path) -> None:
    for name in ("train", "x"):
        table = pa.table({"text": [name] * 3, "features": ROWS.tolist(), "id": [1, 2, 3]})
        pq.write_table(table, tmp_path / name)
    train, x = GIOKL().read_data_from_parquet(str(tmp_path / "train"), str(tmp_path / "x"))
    assert train.column_names == ["text", "features", "id"]
    assert train.schema.field("features").type.list_size == 2
    assert x["text"].to_pylist() == ["x", "x", "x"]
    assert x["features"].to_pylist() == ROWS.tolist()


@pytest.mark.usefixtures("without_spark")
def test_csv_without_spark_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def read_csv(path: str, delim: str, *, on_error: str) -> str:
        asked.append((path, delim, on_error))
        return path

    monkeypatch.setattr(_frames, "read_csv", read_csv)
    assert GIOKL().read_data_from_csv("train", "x", ",", on_error="skip") == ("train", "x")
    assert asked == [("train", ",", "skip"), ("x", ",", "skip")]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"text": ["a"]}), "has no column 'features', only 'text'"),
        (pa.table({"features": [[1.0], None]}), "features: row 1 is null"),
        (pa.table({"features": [[1.0], [1.0, 2.0]]}), "features: row 1 has 2 numbers"),
        (pa.table({"features": pa.array([], pa.list_(pa.float64()))}), "holds no rows"),
    ],
)
@pytest.mark.usefixtures("without_spark")
def test_refused_parquet(table: pa.Table, message: str, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(InvalidInputError, match=message) as caught:
        GIOKL().read_data_from_parquet(str(tmp_path / "rows.parquet"), "none")
    assert "rows.parquet" in str(caught.value)
