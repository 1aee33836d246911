"""`metric="cosine"`: each row divided by its length, in every function that compares rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gio4j
from gio4j._cli.main import main
from gio4j.errors import GIOWarning, InvalidInputError

RANDOM = np.random.default_rng(5)
# Lengths of rows differ by 1e4, so that no answer is that of the rows as they are.
POOL = RANDOM.normal(size=(300, 7)) * 10.0 ** RANDOM.uniform(-2, 2, size=(300, 1))
POOL = POOL.astype(np.float32)
TARGET = (RANDOM.normal(size=(40, 7)) + 1) * 10.0 ** RANDOM.uniform(-2, 2, size=(40, 1))
TARGET = TARGET.astype(np.float32)
METHODS = ["balanced", "coverage", "exact", "gradient", "kcenter", "nearest", "round_robin", "tsds"]


def unit(rows: np.ndarray) -> np.ndarray:
    """In double, scaled first so that no square overflows or vanishes."""
    doubles = rows.astype(np.float64)
    doubles = doubles / np.abs(doubles).max(axis=1, keepdims=True)
    return doubles / np.linalg.norm(doubles, axis=1, keepdims=True)


def unit32(rows: np.ndarray) -> np.ndarray:
    return unit(rows).astype(np.float32)


@pytest.mark.parametrize("scale", [1e-36, 1e-30, 1e-3, 1.0, 1e30, 1e36])
def test_distances_are_those_of_the_angles_at_any_scale(scale: float) -> None:
    x, y = (TARGET * np.float32(scale)), (POOL * np.float32(scale))
    # Of the float32 rows themselves: the smallest have lost digits.
    cosines = unit(x) @ unit(y).T
    expected = np.sqrt(2 - 2 * cosines)
    distances, indices = gio4j.nearest(x, y, 5, metric="cosine")
    assert np.allclose(distances, np.sort(expected, axis=1)[:, :5], rtol=1e-4, atol=1e-6)
    found = np.take_along_axis(expected, indices.astype(np.int64), axis=1)
    assert np.allclose(found, distances, rtol=1e-4, atol=1e-6)
    plain = gio4j.nearest(x, y, 5)[1]
    assert not np.array_equal(plain, indices)


def test_one_direction_is_no_distance_whatever_the_lengths() -> None:
    rows = POOL[:50]
    distances, indices = gio4j.nearest(rows, rows * np.float32(2.0**40), metric="cosine")
    assert distances.max() == 0
    assert np.array_equal(indices[:, 0], np.arange(50))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("quantize", [None, 30])
def test_each_method_picks_as_among_unit_rows(method: str, quantize: int | None) -> None:
    options: dict[str, Any] = {"quantize": quantize, "existing": TARGET[:3], "seed": 1}
    found = gio4j.select(POOL, TARGET, 15, method, metric="cosine", **options)
    options["existing"] = unit32(TARGET[:3])
    expected = gio4j.select(unit32(POOL), unit32(TARGET), 15, method, **options)
    assert list(found) == list(expected)
    assert np.allclose(found.trace, expected.trace, rtol=1e-5, equal_nan=True)
    assert found.options["metric"] == "cosine"
    assert expected.options["metric"] == "euclidean"
    options["existing"] = TARGET[:3]
    assert list(found) != list(gio4j.select(POOL, TARGET, 15, method, **options))


def test_existing_rows_by_their_numbers() -> None:
    found = gio4j.select(POOL, TARGET, 5, metric="cosine", existing=[2, 9])
    rows = gio4j.select(
        np.delete(POOL, [2, 9], 0), TARGET, 5, metric="cosine", existing=POOL[[2, 9]]
    )
    kept = np.delete(np.arange(300), [2, 9])
    assert list(found) == kept[rows.indices].tolist()
    assert np.array_equal(found.trace, rows.trace)


@pytest.mark.parametrize("estimator", ["wang", "averaged", "energy"])
def test_divergence(estimator: Any) -> None:
    found = gio4j.divergence(TARGET, POOL, estimator=estimator, metric="cosine", interval=0.9)
    expected = gio4j.divergence(unit32(TARGET), unit32(POOL), estimator=estimator, interval=0.9)
    assert found == pytest.approx(expected, rel=1e-5)
    assert found.low == pytest.approx(expected.low, rel=1e-5)
    assert found != pytest.approx(gio4j.divergence(TARGET, POOL, estimator=estimator), rel=1e-2)


def test_gradient_search() -> None:
    options: dict[str, Any] = {"max_picks": 10, "seed": 1, "steps": 20}
    found = gio4j.gradient_search(POOL, TARGET, POOL[:5], metric="cosine", **options)
    expected = gio4j.gradient_search(unit32(POOL), unit32(TARGET), unit32(POOL[:5]), **options)
    assert np.array_equal(found.indices, expected.indices)
    assert np.allclose(found.selected, expected.selected, rtol=1e-6)
    assert np.allclose(np.linalg.norm(found.selected, axis=1), 1)


def test_kmeans_finds_directions_and_predicts_by_them(tmp_path: Path) -> None:
    model = gio4j.kmeans(POOL, 6, metric="cosine", seed=2)
    expected = gio4j.kmeans(unit32(POOL), 6, seed=2)
    assert np.allclose(model.centers, expected.centers, atol=1e-6)
    assert np.array_equal(model.assignments, expected.assignments)
    assert model.metric == "cosine"
    longer = POOL * np.float32(1e4)
    assert np.array_equal(model.predict(longer), model.assignments)
    assert model.predict(longer[4]) == model.assignments[4]
    assert not np.array_equal(expected.predict(longer), model.assignments)
    model.save(tmp_path / "model.arrow")
    loaded = gio4j.KMeansModel.load(tmp_path / "model.arrow")
    assert loaded.metric == "cosine"
    assert np.array_equal(loaded.predict(longer), model.assignments)


def test_estimators() -> None:
    selector = gio4j.Selector(10, metric="cosine").fit(POOL, TARGET)
    expected = gio4j.select(POOL, TARGET, 10, metric="cosine")
    assert np.array_equal(selector.indices_, expected.indices)
    assert selector.selection_.options["metric"] == "cosine"
    assert selector.selection_.report().to_dict() == expected.report().to_dict()
    clusters = gio4j.KMeans(6, metric="cosine", random_state=2).fit(POOL)
    plain = gio4j.KMeans(6, random_state=2).fit(unit32(POOL))
    assert np.allclose(clusters.cluster_centers_, plain.cluster_centers_, atol=1e-6)
    assert np.array_equal(clusters.predict(POOL * np.float32(7)), clusters.labels_)


def test_whatever_looks_at_a_selection_compares_as_it_did(tmp_path: Path) -> None:
    found = gio4j.select(POOL, TARGET, 20, metric="cosine")
    units = unit32(POOL), unit32(TARGET)
    expected = gio4j.select(*units, 20)
    report, other = found.report(), expected.report()
    assert report.picked.energy == pytest.approx(other.picked.energy, rel=1e-5)
    assert report.picked.energy == pytest.approx(found.trace[-1], rel=1e-5)
    assert report.pool.nearest == pytest.approx(other.pool.nearest, rel=1e-5)
    for mine, theirs in zip(found.explain(), expected.explain(), strict=True):
        assert mine.column_names == theirs.column_names
        assert mine["distances"].to_pylist()[0] == pytest.approx(
            theirs["distances"].to_pylist()[0], rel=1e-5
        )
    points = [
        np.concatenate([part.get_offsets() for part in each.plot(panel="map").axes[0].collections])
        for each in (found, expected)
    ]
    assert np.allclose(np.abs(points[0]), np.abs(points[1]), atol=1e-4)
    assert "metric=cosine" in found._repr_html_()
    found.save_html(tmp_path / "page.html")
    assert "metric=cosine" in (tmp_path / "page.html").read_text()
    found.save(tmp_path / "found.parquet")
    loaded = gio4j.Selection.load(tmp_path / "found.parquet")
    assert loaded.report(POOL, TARGET).to_dict() == report.to_dict()


# --- rows without a direction ---------------------------------------------------------------------

ZEROS = [4, 5, 288]


def with_zeros() -> np.ndarray:
    rows = POOL.copy()
    rows[ZEROS] = 0
    rows[5, 3] = -0.0
    return rows


CALLS: list[Callable[[Any], Any]] = [
    lambda pool: gio4j.select(pool, TARGET, 5, metric="cosine"),
    lambda pool: gio4j.select(pool, TARGET, 5, metric="cosine", existing=[5, 6]),
    lambda pool: gio4j.select(pool, TARGET, 5, metric="cosine", quantize=9),
    lambda pool: gio4j.gradient_search(pool, TARGET, TARGET[:3], metric="cosine"),
    lambda pool: gio4j.Selector(5, metric="cosine").fit(pool, TARGET),
]


@pytest.mark.parametrize("call", CALLS)
def test_a_row_of_zeros_is_named_with_how_many_there_are(call: Callable[[Any], Any]) -> None:
    words = re.escape(
        "pool: row 4 is all zeros, 3 of 300 rows in all, and has no direction for metric='cosine'; "
        "drop such rows first, as missing='skip' does"
    )
    with pytest.raises(InvalidInputError, match=words):
        call(with_zeros())


def test_other_arguments_are_named_likewise() -> None:
    rows = with_zeros()
    with pytest.raises(InvalidInputError, match=r"^target: row 4 is all zeros"):
        gio4j.select(POOL, rows, 5, metric="cosine")
    with pytest.raises(InvalidInputError, match=r"^existing: row 0 is all zeros, 1 of 1 rows"):
        gio4j.select(POOL, TARGET, 5, metric="cosine", existing=np.zeros((1, 7)))
    for estimator in ("wang", "averaged", "energy"):
        with pytest.raises(InvalidInputError, match=r"^y: row 4 is all zeros"):
            gio4j.divergence(TARGET, rows, metric="cosine", estimator=estimator)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=r"^x: row 4 is all zeros"):
        gio4j.nearest(rows, POOL, metric="cosine")
    with pytest.raises(InvalidInputError, match=r"^data: row 4 is all zeros"):
        gio4j.kmeans(rows, 3, metric="cosine")
    with pytest.raises(InvalidInputError, match=r"^rows: row 0 is all zeros"):
        gio4j.kmeans(POOL, 3, metric="cosine").predict(np.zeros(7))
    with pytest.raises(InvalidInputError, match=r"^X: row 4 is all zeros"):
        gio4j.KMeans(3, metric="cosine").fit(rows)


def test_what_is_not_finite_is_named_by_its_number() -> None:
    rows = with_zeros()
    rows[2, 6] = np.inf
    with pytest.raises(InvalidInputError, match=r"^pool: row 2 is not finite \(column 6 is Inf"):
        gio4j.select(rows, TARGET, 5, metric="cosine")


def test_zeros_are_rows_as_any_other_without_the_metric() -> None:
    assert len(gio4j.select(with_zeros(), TARGET, 5)) == 5
    found = gio4j.select(with_zeros(), TARGET, 5, missing="skip")
    assert "skipped_rows" not in found.facts


def test_skipping_is_the_cure_in_every_kind(tmp_path: Path) -> None:
    rows = with_zeros()
    rows[200, 1] = np.nan
    left = np.setdiff1d(np.arange(300), [*ZEROS, 200])
    expected = left[gio4j.select(rows[left], TARGET, 9, metric="cosine").indices]
    np.save(tmp_path / "rows.npy", rows)
    table = pa.table({"vectors": pa.array(list(rows), pa.list_(pa.float32(), 7))})
    pq.write_table(table, tmp_path / "rows.parquet")
    with pa.ipc.new_file(tmp_path / "rows.arrow", table.schema) as out:
        out.write_table(table)
    files = [tmp_path / name for name in ("rows.npy", "rows.parquet", "rows.arrow")]
    for pool in (rows, rows.astype(np.float64), table, *files):
        found = gio4j.select(pool, TARGET, 9, metric="cosine", missing="skip")
        assert list(found) == expected.tolist()
        assert found.facts["skipped_rows"] == 4
        assert found.report().pool.rows == 296
    model = gio4j.kmeans(rows, 4, metric="cosine", missing="skip")
    assert sorted(np.flatnonzero(model.assignments == -1)) == sorted([*ZEROS, 200])
    assert np.array_equal(model.predict(rows, missing="skip"), model.assignments)
    with pytest.raises(InvalidInputError, match="existing: row 288 of the pool is one that"):
        gio4j.select(rows, TARGET, 5, metric="cosine", missing="skip", existing=[288])
    with pytest.raises(InvalidInputError, match="each of its 2 rows lacks a number or is all zero"):
        gio4j.select(np.zeros((2, 7)), TARGET, 1, metric="cosine", missing="skip")


# --- float32, options -----------------------------------------------------------------------------


def test_doubles_are_not_moved_and_a_loss_is_said() -> None:
    """An offset would change the angles, so what float32 loses stays lost, and is said."""
    far = POOL.astype(np.float64) + 1e9
    with pytest.warns(GIOWarning, match=r"changes their angles, or pass metric='euclidean'"):
        gio4j.nearest(far, far, metric="cosine")
    # As float32 these have fewer digits.
    short = POOL.astype(np.float64) * 1e-41
    with pytest.warns(GIOWarning, match=r"^x: .* are that short; multiply x by 1e"):
        gio4j.nearest(short, POOL, metric="cosine")
    gio4j.nearest(short * 1e41, POOL, metric="cosine")  # the cure, without a warning


def test_doubles_answer_as_their_float32() -> None:
    rows = POOL.astype(np.float64)
    found = gio4j.select(rows, TARGET, 9, metric="cosine")
    expected = gio4j.select(POOL, TARGET, 9, metric="cosine")
    assert list(found) == list(expected)
    assert np.array_equal(found.trace, expected.trace)


@pytest.mark.parametrize(
    "call",
    [
        lambda metric: gio4j.select(POOL, TARGET, 5, metric=metric),
        lambda metric: gio4j.Selector(5, metric=metric).fit(POOL, TARGET),
        lambda metric: gio4j.nearest(POOL, TARGET, metric=metric),
        lambda metric: gio4j.divergence(POOL, TARGET, metric=metric),
        lambda metric: gio4j.kmeans(POOL, 5, metric=metric),
        lambda metric: gio4j.KMeans(5, metric=metric).fit(POOL),
        lambda metric: gio4j.gradient_search(POOL, TARGET, TARGET, metric=metric),
    ],
)
def test_another_metric(call: Callable[[Any], Any]) -> None:
    with pytest.raises(
        InvalidInputError, match=r"metric='angular': needs one of 'euclidean', 'cosine'"
    ):
        call("angular")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool, target = str(tmp_path / "pool.npy"), str(tmp_path / "target.npy")
    np.save(pool, POOL)
    np.save(target, TARGET)

    def answer(*words: str) -> Any:
        assert main([*words, "--metric", "cosine", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    found = answer("select", pool, target, "--budget", "7")
    assert found["indices"] == list(gio4j.select(POOL, TARGET, 7, metric="cosine"))
    assert found["options"]["metric"] == "cosine"
    value = answer("divergence", pool, target)["value"]
    assert value == float(gio4j.divergence(POOL, TARGET, metric="cosine"))
    inertia = answer("quantize", pool, "5")["inertia"]
    assert inertia == gio4j.kmeans(POOL, 5, metric="cosine").summary.inertia
    np.save(pool, with_zeros())
    assert main(["select", pool, target, "--metric", "cosine"]) == 1
    assert "row 4 is all zeros" in capsys.readouterr().err
    assert main(["select", pool, target, "--metric", "cosine", "--missing", "skip"]) == 0
