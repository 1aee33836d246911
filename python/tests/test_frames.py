"""Frames of every kind that needs no Spark: vectors out, predictions in, clusters exploded."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from gio4j._rows.arrow_file import read_vectors
from gio4j._rows.explode import explode
from gio4j._rows.inputs import share
from gio4j._rows.kinds import arrow
from gio4j._rows.kinds.arrow import ArrowTable, PredictedDataset
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.matrix import Matrix
from gio4j.errors import GIOWarning, InvalidInputError

ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)
TEXTS = list("abcdef")
PREDICTIONS = np.array([2, 0, 1, 0, 2, 2], np.int32)
CENTERS = np.float32([[0, 0.1], [0.2, 0.3], [0.4, 0.5]])


def table() -> pa.Table:
    lists = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), 2)
    return pa.table({"text": TEXTS, "features": lists})


def dataset(frame: pa.Table | None = None) -> ds.Dataset:
    frame = table() if frame is None else frame
    return ds.dataset([frame.slice(0, 2), frame.slice(2)])


KINDS: dict[str, Callable[[], Any]] = {
    "pyarrow": table,
    "record batch": lambda: table().to_batches()[0],
    "chunks": lambda: pa.concat_tables([table().slice(0, 2), table().slice(2)]),
    "doubles": lambda: pa.table({"text": TEXTS, "features": ROWS.astype(np.float64).tolist()}),
    "dataset": dataset,
    "pandas": lambda: pd.DataFrame({"text": TEXTS, "features": list(ROWS)}, index=range(10, 16)),
    "pandas of lists": lambda: pd.DataFrame({"text": TEXTS, "features": ROWS.tolist()}),
    "pandas of Arrow": lambda: table().to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.DataFrame({"text": TEXTS, "features": ROWS.tolist()}),
    "polars of arrays": lambda: pl.from_arrow(table()),
}


def read(matrix: Matrix) -> np.ndarray:
    """A matrix as the engine would find it."""
    request = matrix.request
    if request["kind"] == "arrow_file":
        return read_vectors(request["path"])[0]
    with open(request["path"], "rb") as file:
        file.seek(request["offset"])
        column = pa.ipc.open_stream(file).read_all().column(0)
    return np.concatenate([chunk.flatten().to_numpy() for chunk in column.chunks]).reshape(-1, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_of_every_kind(kind: str) -> None:
    with ExitStack() as leases:
        matrix = share(KINDS[kind](), "df", leases)
        assert (matrix.rows, matrix.columns) == (6, 2)
        assert np.array_equal(read(matrix), ROWS)


def predicted(frame: Any) -> Any:
    return holder_of(frame).with_prediction(lambda: PREDICTIONS, CENTERS, None)


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_in_every_kind(kind: str) -> None:
    frame = KINDS[kind]()
    answer = predicted(frame)
    assert type(holder_of(answer)) is type(holder_of(frame))
    if isinstance(answer, PredictedDataset):
        assert answer.count_rows() == 6
        assert answer.to_table().schema == answer.schema
        answer = answer.to_table()
    names = list(answer.schema.names if isinstance(answer, pa.Table) else answer.columns)
    assert names == ["text", "features", "prediction"]
    assert list(np.asarray(answer["prediction"])) == PREDICTIONS.tolist()
    assert str(answer["prediction"].dtype if "pandas" in kind else "int32") == "int32"
    assert list(np.asarray(answer["text"])) == TEXTS
    if "pandas" in kind:
        assert answer.index.equals(frame.index)


def test_an_array_answers_its_predictions() -> None:
    assert predicted(ROWS) is PREDICTIONS


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_prediction_is_refused(kind: str) -> None:
    with pytest.raises(InvalidInputError, match="prediction: the frame has such a column"):
        predicted(predicted(KINDS[kind]()))


@pytest.mark.parametrize("kind", ["pyarrow", "dataset", "pandas", "polars"])
def test_a_frame_without_features(kind: str) -> None:
    frame = {
        "pyarrow": lambda: table().drop_columns(["features"]),
        "dataset": lambda: dataset(table().drop_columns(["features"])),
        "pandas": lambda: pd.DataFrame({"text": TEXTS}),
        "polars": lambda: pl.DataFrame({"text": TEXTS}),
    }[kind]()
    with (
        ExitStack() as leases,
        pytest.raises(InvalidInputError, match="df: has no column of vectors"),
    ):
        share(frame, "df", leases)


@pytest.mark.parametrize(
    "features", [[1, [2]], [[1.0], [2.0, 3.0]], [[1.0], None], ["[1]", "[2"]], ids=repr
)
def test_refused_features(features: list[Any]) -> None:
    frame = pd.DataFrame({"features": features})
    with ExitStack() as leases, pytest.raises((InvalidInputError, TypeError), match="features: "):
        share(frame, "df", leases)


# --- explode --------------------------------------------------------------------------------------

CHOSEN = [2, 0, 2]
EXPECTED = [
    *((0, 2, text) for text in "aef"),
    *((1, 0, text) for text in "bd"),
    *((2, 2, text) for text in "aef"),
]


def as_rows(frame: Any) -> list[tuple[Any, ...]]:
    if isinstance(frame, pd.DataFrame):
        assert frame.index.tolist() == list(range(len(frame)))
        frame = pa.Table.from_pandas(frame, preserve_index=False)
    elif isinstance(frame, pl.DataFrame):
        frame = frame.to_arrow()
    return [tuple(row.values()) for row in frame.to_pylist()]


@pytest.mark.parametrize("kind", KINDS)
def test_explode_of_every_kind(kind: str) -> None:
    frame = predicted(KINDS[kind]())
    answer = explode(CENTERS[CHOSEN], frame, CENTERS, columns=["text"])
    assert as_rows(answer) == EXPECTED
    whole = explode(CHOSEN, frame)
    assert type(holder_of(whole)) is (ArrowTable if kind == "dataset" else type(holder_of(frame)))
    for i, cluster, text, features, prediction in as_rows(whole):
        assert (i, cluster, text) in EXPECTED
        assert list(features) == ROWS[TEXTS.index(text)].tolist()
        assert prediction == cluster


def test_explode_of_lazy_and_face_frames() -> None:
    lazy = explode(CHOSEN, pl.from_arrow(predicted(table())).lazy(), columns=["text"])
    assert isinstance(lazy, pl.LazyFrame)
    assert as_rows(lazy.collect()) == EXPECTED
    faces = explode(CHOSEN, datasets.Dataset(predicted(table())), columns=["text"])
    assert as_rows(faces.with_format("arrow")[:]) == EXPECTED
    assert faces.column_names == ["i", "id", "text"]


def test_explode_of_a_dataset_that_was_stored() -> None:
    stored = dataset(predicted(table()))
    assert as_rows(explode(CHOSEN, stored, columns=["text"])) == EXPECTED


def test_texts_longer_than_pyarrow_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it had refused the table; to make it takes 2 GiB of text."""

    table = predicted(KINDS["chunks"]())

    class Long:
        to_batches = staticmethod(table.to_batches)

        def take(self, rows: Any) -> Any:
            raise pa.ArrowInvalid("offset overflow while concatenating arrays")

    monkeypatch.setattr(arrow, "_PIECE_ROWS", 3)
    rows = np.array([5, 0, 2, 2, 1, 4, 5, 3])
    assert arrow.take(Long(), rows) == table.take(rows)


def test_explode_of_predictions_answers_positions() -> None:
    positions = explode(CENTERS[CHOSEN], PREDICTIONS, CENTERS)
    assert [TEXTS[position] for position in positions] == [row[2] for row in EXPECTED]


def test_vectors_are_not_read_for_other_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    scan = arrow.scan

    def watched(frame: Any, columns: list[str]) -> Any:
        asked.append(columns)
        return scan(frame, columns)

    monkeypatch.setattr(arrow, "scan", watched)
    explode(CHOSEN, PredictedDataset(dataset(), PREDICTIONS), columns=["text"])
    assert asked == [["text", "prediction"], ["text"]]


CENTROIDS: dict[str, Any] = {
    "array": CENTERS,
    "clusterCenters": list(CENTERS.astype(np.float64)),
    "pyarrow": pa.table({"id": [2, 0, 1], "centroid": CENTERS[[2, 0, 1]].tolist()}),
    "pandas": pd.DataFrame({"id": [0, 1, 2], "centroid": CENTERS.tolist()}),
    "polars": pl.DataFrame({"id": [1, 0, 2], "centroid": CENTERS[[1, 0, 2]].tolist()}),
    "dataset": ds.dataset(pa.table({"id": [0, 1, 2], "centroid": CENTERS.tolist()})),
}


@pytest.mark.parametrize("kind", CENTROIDS)
def test_centroids_of_every_kind(kind: str) -> None:
    answer = explode(CENTERS[CHOSEN], predicted(table()), CENTROIDS[kind], columns=["text"])
    assert as_rows(answer) == EXPECTED


def test_equal_centroids_give_all_their_rows() -> None:
    centers = np.float32([[0.0], [7], [-0.0]])
    assert explode([[-0.0]], np.array([2, 1, 0]), centers).tolist() == [2, 0]


def test_rows_that_are_no_centroid() -> None:
    chosen = np.concatenate([CENTERS[:1], CENTERS[:1] + 1])
    with pytest.warns(GIOWarning, match="1 of 2 rows are no centroid, the first is row 1"):
        answer = explode(chosen, predicted(table()), CENTERS, columns=["text"])
    assert [row[2] for row in as_rows(answer)] == ["b", "d"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_chosen_gives_an_empty_frame(kind: str) -> None:
    answer = explode([], predicted(KINDS[kind]()), CENTERS)
    assert as_rows(answer) == []
    names = list(answer.schema.names if isinstance(answer, pa.Table) else answer.columns)
    assert names == ["i", "id", "text", "features", "prediction"]


def test_a_cluster_without_rows() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert explode([7], predicted(table())).num_rows == 0


def test_rows_of_no_cluster_are_left_alone() -> None:
    assert explode([1, 2], np.array([-1, 2, 1, -1])).tolist() == [2, 1]


def test_ids_that_are_no_positions() -> None:
    centroids = pa.table({"id": [10, 20, 30], "centroid": CENTERS.tolist()})
    with pytest.warns(GIOWarning, match="the smallest id, 10, is taken for cluster 0"):
        assert explode(CENTERS[[2]], PREDICTIONS, centroids).tolist() == [0, 4, 5]


def test_refused() -> None:
    frame = predicted(table())
    with pytest.raises(InvalidInputError, match="holds position 3; needs 0 to 2"):
        explode([3], frame, CENTERS)
    with pytest.raises(InvalidInputError, match="holds position -1; needs at least 0"):
        explode([-1], frame)
    with pytest.raises(TypeError, match="centroids=None"):
        explode(CENTERS, frame)
    with pytest.raises(InvalidInputError, match="has 1 columns; needs"):
        explode(CENTERS, frame, pa.table({"id": [1]}))
    with pytest.raises(InvalidInputError, match="has 3 columns, centroids 2"):
        explode([[1.0, 2.0, 3.0]], frame, CENTERS)
    with pytest.raises(InvalidInputError, match="transformed: has no column 'prediction'"):
        explode([1], table())
    with pytest.raises(InvalidInputError, match="transformed: has no column 'none'"):
        explode([1], frame, columns=["none"])
    with pytest.raises(InvalidInputError, match="transformed: has a column 'id'"):
        explode([1], frame.append_column("id", pa.array(range(6))))
    with pytest.raises(TypeError, match="needs the predictions"):
        explode([1], ROWS)
    with pytest.raises(InvalidInputError, match="prediction: holds nulls"):
        explode([1], pa.table({"prediction": [1, None]}))
