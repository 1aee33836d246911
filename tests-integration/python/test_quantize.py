"""K-means and explosion through the engine, over every kind of frame."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from harness import refused, sample

import gio4j
from GIO.GIOKL import GIOKL
from gio4j._cluster import kmeans
from gio4j._engine import jobs
from gio4j._measure.averaged import averaged_divergence
from gio4j._rows.inputs import share, source_of
from gio4j._rows.spark_worker import nearest
from gio4j.errors import GIOWarning, InvalidInputError

ROWS = np.concatenate([sample(150, 4, seed=seed) + 3 * seed for seed in range(4)])


def by_definition(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    differences = rows[:, None, :].astype(np.float64) - centers[None]
    return (differences**2).sum(axis=2).argmin(axis=1)


@pytest.fixture(autouse=True)
def told_already() -> Iterator[None]:
    """`fit` warns of its start rows and of one pick more each time; these tests know."""
    with warnings.catch_warnings():
        for words in ("The .* start rows stand in front", "max_iter=.* accepts one pick more"):
            warnings.filterwarnings("ignore", words, GIOWarning)
        yield


def test_a_model_and_its_summary() -> None:
    model = gio4j.kmeans(ROWS, 12, seed=3)
    labels = by_definition(ROWS, model.centers)
    assert model.centers.shape == (12, 4)
    assert model.assignments is not None
    assert model.assignments.dtype == np.int32
    assert np.array_equal(model.assignments, labels)
    assert np.array_equal(model.predict(ROWS), labels)
    assert np.array_equal(nearest(ROWS, model.centers), labels)
    summary = model.summary
    assert summary.sizes == tuple(np.bincount(labels, minlength=12))
    differences = ROWS.astype(np.float64) - model.centers[labels]
    assert summary.inertia == pytest.approx((differences**2).sum(), rel=1e-6)
    assert 1 <= summary.iterations <= 20
    assert list(summary.trace) == sorted(summary.trace, reverse=True)
    assert summary.stop_reason in ("converged", "max_iterations")


def test_the_same_seed_gives_the_same_bits() -> None:
    first, second, other = (gio4j.kmeans(ROWS, 9, seed=seed) for seed in (1, 1, 2))
    assert first.centers.tobytes() == second.centers.tobytes()
    assert first.centers.tobytes() != other.centers.tobytes()


@pytest.mark.parametrize("seeding", ["k-means||", "k-means++", "random"])
def test_options(seeding: Any) -> None:
    model = gio4j.kmeans(
        ROWS, 4, seeding=seeding, seed=-1, stop="inertia", tolerance=1e-3, max_iterations=50
    )
    assert model.summary.stop_reason == "converged"
    weights = np.r_[np.full(150, 9.0), np.ones(450)]
    assert len(gio4j.kmeans(ROWS, 4, seeding=seeding, weights=weights).centers) == 4
    assert len(gio4j.kmeans(ROWS, 4, seeding=seeding, rows_per_cluster=20).centers) == 4


def test_a_saved_model_predicts_the_same(tmp_path: Path) -> None:
    model = gio4j.kmeans(ROWS, 5, seed=1)
    model.save(tmp_path / "model.arrow")
    loaded = gio4j.KMeansModel.load(tmp_path / "model.arrow")
    assert np.array_equal(loaded.predict(ROWS), model.predict(ROWS))
    assert averaged_divergence(ROWS, tmp_path / "model.arrow") == averaged_divergence(
        ROWS, model.centers
    )


@pytest.mark.parametrize("seeding", ["k-means||", "k-means++", "random"])
@pytest.mark.parametrize("clusters", [4, 30, 31, 1500])
def test_fewer_distinct_rows_than_clusters(seeding: Any, clusters: int) -> None:
    few = np.repeat(ROWS[:3], 10, axis=0)
    few[5, 0] += 0.0
    with pytest.warns(GIOWarning, match=f"clusters={clusters}: data has only 3 disti") as caught:
        model = gio4j.kmeans(few, clusters, seeding=seeding)
    assert len(caught) == 1
    assert sorted(map(tuple, model.centers)) == sorted(map(tuple, ROWS[:3]))
    assert model.summary.sizes == (10, 10, 10)
    assert model.summary.inertia == 0
    with pytest.warns(GIOWarning, match=f"n_clusters={clusters}: X has only 3 dist") as caught:
        found = gio4j.KMeans(clusters, init="random", random_state=0).fit(few)
    assert len(caught) == 1
    assert found.cluster_centers_.shape == (3, 4)
    assert found.predict(few).tolist() == found.labels_.tolist()


def test_the_reference_s_script_quantises_a_hundred_rows_by_default() -> None:
    """Spark answers with as many clusters as there are distinct rows."""
    rows = frame(ROWS[:100])
    with pytest.warns(GIOWarning, match="k=1500: df_train has only 100 distinct") as caught:
        model_train, model_x, transformed, _ = GIOKL().quantize(rows, rows)
    assert len(caught) == 1
    assert len(model_train.clusterCenters()) == len(model_x.clusterCenters()) == 100
    assert sorted(transformed["prediction"].to_pylist()) == list(range(100))


def test_select_among_fewer_distinct_rows_than_clusters() -> None:
    pool = np.repeat(ROWS[:40], 3, axis=0)
    for clusters in (60, 120, 1500):
        with pytest.warns(GIOWarning, match=f"quantize={clusters}: pool has only 40 d") as caught:
            found = gio4j.select(pool, ROWS[40:90], 9, quantize=clusters)
        assert len(caught) == 1
        assert found.facts["clusters"] == 40
        assert len(found) == 9
        assert (np.diff(found.indices.reshape(3, 3)) == 1).all(), "equal rows are one cluster"


@pytest.mark.parametrize("rows", [ROWS, ROWS[::2].astype(np.float64) + 1e7], ids=["near", "far"])
def test_a_k_means_hands_on_the_distances_of_nearest_centers(rows: np.ndarray) -> None:
    """Of the rows as the engine had them: less their offset where float32 needs one."""
    model = kmeans.find_centers(rows, 12, seed=3, distances=True)
    assert (model._moved is not None) == (rows.dtype == np.float64)
    offset, centers = kmeans._as_found(model)
    source = source_of(rows, "rows").materialised(offset)
    with ExitStack() as leases:
        request = {
            "kind": "nearest_centers",
            "data": source.share(leases).request,
            "centers": share(centers, "centers", leases).request,
        }
        nearest_centers = jobs.run_job(request, leases).arrays
    assert model._distances is not None
    assert model._distances.tobytes() == nearest_centers["distances"].tobytes()
    assert np.array_equal(model.assignments, nearest_centers["assignments"])
    assert gio4j.kmeans(rows, 12, seed=3)._distances is None


def test_rows_of_a_chosen_cluster_come_nearest_first() -> None:
    model = gio4j.kmeans(ROWS, 12, seed=3)
    assert model.assignments is not None
    found = gio4j.select(ROWS, ROWS[:50], 160, quantize=12, seed=3)
    nearness = np.linalg.norm(ROWS.astype(float) - model.centers[model.assignments], axis=1)
    clusters = model.assignments[found.indices]
    for cluster in np.unique(clusters):
        picked = found.indices[clusters == cluster]
        nearest_first = np.sort(nearness[model.assignments == cluster])
        np.testing.assert_allclose(nearness[picked], nearest_first[: len(picked)], rtol=1e-6)


def frame(rows: np.ndarray = ROWS) -> pa.Table:
    lists = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    return pa.table({"_c0": [f"row {row}" for row in range(len(rows))], "features": lists})


KINDS: dict[str, Callable[[], Any]] = {
    "array": lambda: ROWS,
    "float64": lambda: ROWS.astype(np.float64),
    "list": ROWS.tolist,
    "shared": lambda: _shared(ROWS),
    "pyarrow": frame,
    "chunks": lambda: pa.concat_tables([frame().slice(0, 17), frame().slice(17)]),
    "doubles": lambda: frame().set_column(1, "features", pa.array(ROWS.astype(float).tolist())),
    "dataset": lambda: ds.dataset([frame().slice(0, 17), frame().slice(17)]),
    "pandas": lambda: pd.DataFrame({"_c0": frame()["_c0"].to_pylist(), "features": list(ROWS)}),
    "polars": lambda: pl.from_arrow(frame()),
}


def _shared(rows: np.ndarray) -> np.ndarray:
    matrix = gio4j.empty(rows.shape)
    matrix[:] = rows
    return matrix


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_model(kind: str) -> None:
    given = KINDS[kind]()
    model, same, transformed, _ = GIOKL().quantize(given, ROWS, 7, "manual", 5, 5)
    assert model.centers.tobytes() == same.centers.tobytes()
    assert np.array_equal(model.predict(given), same.assignments)
    if hasattr(transformed, "to_table"):
        transformed = transformed.to_table()
    found = transformed if isinstance(transformed, np.ndarray) else transformed["prediction"]
    assert np.array_equal(np.asarray(found), same.assignments)


def test_a_file_in_pieces(tmp_path: Path) -> None:
    """A dataset on disk is read in small steps, quantised and exploded without its vectors."""
    ds.write_dataset(
        frame(), tmp_path, format="parquet", max_rows_per_file=100, max_rows_per_group=50
    )
    stored = ds.dataset(tmp_path)
    model, _, transformed, _ = GIOKL().quantize(stored, ROWS, k=7)
    answer = gio4j.explode([4, 1], transformed, columns=["_c0"])
    expected = [f"row {row}" for c in (4, 1) for row in np.flatnonzero(model.assignments == c)]
    assert answer["_c0"].to_pylist() == expected


def test_from_texts_to_texts(capsys: pytest.CaptureFixture[str]) -> None:
    """Quantise, fit on the centres, explode: by rows of W and by indices, the same rows."""
    random.seed(3)
    np.random.seed(3)
    target = ROWS[150:300] + 0.1
    gio_kl = GIOKL(uniform_start_size=5, dim=4, verbose=False)
    model_train, model_x, transformed, _ = gio_kl.quantize(frame(), target, k=40)
    centers = model_train.clusterCenters()
    W, _, _ = gio_kl.fit(np.array(centers), np.array(model_x.clusterCenters()), max_iter=8)
    by_rows = gio_kl.explode(W[5:], transformed, centers)
    by_indices = gio_kl.explode(gio_kl.selection_.indices, transformed)
    assert by_rows == by_indices == gio_kl.explode(gio_kl.selection_, transformed, model_train)
    assert by_rows.column_names == ["i", "id", "_c0", "features", "prediction"]
    sizes = [model_train.summary.sizes[index] for index in gio_kl.selection_.indices]
    assert by_rows.num_rows == sum(sizes)
    assert by_rows["i"].to_pylist() == np.repeat(range(len(sizes)), sizes).tolist()
    places = [int(text.split()[1]) for text in by_rows["_c0"].to_pylist()]
    assert np.mean([150 <= place < 300 for place in places]) > 0.9
    (line,) = {*capsys.readouterr().out.splitlines()}
    assert line == f"Found {len(sizes)} centroids out of {len(sizes)} selected centroids"


def test_centroids_stand_for_their_rows() -> None:
    """Quantisation consistency: its own centroids are as near to X as other rows like X's."""
    X = sample(400, 8)
    own = averaged_divergence(X, gio4j.kmeans(X, 100, seed=1).centers)
    alike = averaged_divergence(X, sample(100, 8, seed=1))
    shifted = averaged_divergence(X, gio4j.kmeans(X + 2, 100, seed=1).centers)
    assert own == pytest.approx(alike, abs=0.5)
    assert shifted > alike + 3


def test_nothing_is_selected_from_afar() -> None:
    """Negative consistency: with X itself selected already, a pool far away only harms."""
    X = sample(200, 8)
    gio_kl = GIOKL(dim=8, verbose=False)
    model_train, model_x, _, _ = gio_kl.quantize(sample(300, 8, seed=1) + 50, X, k=50)
    train, target = np.array(model_train.clusterCenters()), np.array(model_x.clusterCenters())
    W, kl_divs, _ = gio_kl.fit(train, target, D=target)
    assert np.array_equal(W, target.astype(np.float32))
    assert kl_divs == []


def test_an_engine_error_names_the_frame() -> None:
    bad = ROWS.copy()
    bad[41, 2] = np.nan
    with refused(InvalidInputError, "df_train.features", "row 41"):
        GIOKL().quantize(frame(bad), ROWS, k=3)
    with refused(InvalidInputError, "df_train", "row 41"):
        GIOKL().quantize(bad, ROWS, k=3)
