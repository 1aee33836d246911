"""Rows that float32 cannot tell apart, through the engine: right as the same rows about 0 are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from harness import refused, sample

import gio4j
from gio4j.errors import GIOWarning, InvalidInputError

#: Numbers of few binary digits, so that rows far from 0 are the same rows in double.
POOL, TARGET = (np.round(sample(rows, 4, seed) * 512.0) / 512 for rows, seed in ((300, 0), (50, 1)))
FAR = np.array([1.7e9, -(2.0**40), 3e7, 1e12])


@pytest.mark.parametrize(
    "method", ["balanced", "coverage", "exact", "gradient", "nearest", "round_robin"]
)
def test_picks_do_not_depend_on_where_the_rows_lie(method: Any) -> None:
    expected = gio4j.select(POOL, TARGET, 20, method, existing=POOL[:5])
    found = gio4j.select(POOL + FAR, TARGET + FAR, 20, method, existing=POOL[:5] + FAR)
    assert found.indices.tolist() == expected.indices.tolist()
    np.testing.assert_allclose(found.trace, expected.trace, rtol=1e-5)


def test_whole_numbers_neither() -> None:
    pool, target = ((rows * 512).astype(np.int64) for rows in (POOL, TARGET))
    expected = gio4j.select(pool, target, 20).indices.tolist()
    far = np.array([2**62, -(2**61), 2**33, 0])
    assert gio4j.select(pool + far, target + far, 20).indices.tolist() == expected
    near = (pool[:, :3] + 2**20).astype(np.uint64) + np.uint64(2**64 - 2**22)
    expected = gio4j.nearest(target[:, :3], pool[:, :3])[1].tolist()
    aim = (target[:, :3] + 2**20).astype(np.uint64) + np.uint64(2**64 - 2**22)
    assert gio4j.nearest(aim, near)[1].tolist() == expected


@pytest.mark.parametrize("estimator", ["wang", "averaged", "energy"])
def test_divergences_neither(estimator: Any) -> None:
    expected = gio4j.divergence(POOL, TARGET, estimator=estimator)
    assert gio4j.divergence(POOL + FAR, TARGET + FAR, estimator=estimator) == pytest.approx(
        expected
    )


def test_clusters_neither_and_centres_lie_where_the_rows_do(tmp_path: Path) -> None:
    expected, found = (gio4j.kmeans(rows, 7, seed=1) for rows in (POOL, POOL + FAR))
    assert found.assignments is not None
    assert expected.assignments is not None
    assert found.assignments.tolist() == expected.assignments.tolist()
    np.testing.assert_allclose(found.centers - FAR, expected.centers, atol=2e-4)
    assert found.predict(POOL + FAR).tolist() == expected.assignments.tolist()
    found.save(tmp_path / "model.arrow")
    loaded = gio4j.KMeansModel.load(tmp_path / "model.arrow")
    assert loaded.predict(POOL + FAR).tolist() == expected.assignments.tolist()
    near = gio4j.nearest(POOL + FAR, tmp_path / "model.arrow")[1].ravel()
    assert (near == expected.assignments).mean() > 0.99, "but for rows between two centres"
    labels = gio4j.KMeans(7, random_state=1).fit(POOL + FAR)
    assert (labels.predict(POOL + FAR) == labels.labels_).all()


def test_quantised_selection_neither() -> None:
    expected, found = (
        gio4j.select(POOL + far, TARGET + far, 20, quantize=30) for far in (np.zeros(4), FAR)
    )
    assert found.indices.tolist() == expected.indices.tolist()


def test_reports_neither() -> None:
    expected, found = (
        gio4j.select(POOL + far, TARGET + far, 20).report() for far in (np.zeros(4), FAR)
    )
    assert found.picked.energy == pytest.approx(expected.picked.energy, rel=1e-4)
    assert found.picked.nearest == pytest.approx(expected.picked.nearest, rel=1e-5)
    assert found.random.spread == pytest.approx(expected.random.spread, rel=1e-5)


@pytest.mark.parametrize("kernel", ["rational", "laplace", "gauss", "log", "euclidean"])
@pytest.mark.parametrize("scale", [None, 0.7])
def test_the_report_ends_where_the_trace_does(kernel: str, scale: float | None) -> None:
    found = gio4j.select(POOL, TARGET, 25, kernel=kernel, scale=scale)
    report = found.report()
    assert report.picked.energy == pytest.approx(found.trace[-1], rel=1e-6, abs=1e-12)
    assert f"energy distance ({kernel}), lower is better" in str(report)
    assert f"energy distance ({kernel})" in found._repr_html_()


def test_the_report_passes_alpha_on() -> None:
    found = gio4j.select(POOL, TARGET, 25, kernel="rational", alpha=0.3)
    assert found.report().picked.energy == pytest.approx(found.trace[-1], rel=1e-6)


@pytest.mark.parametrize("method", ["exact", "gradient"])
def test_one_row_is_explained(method: Any) -> None:
    with pytest.warns(GIOWarning, match="stopped after one row, .*; pass budget="):
        found = gio4j.select(POOL, TARGET, method=method)
    assert len(found) == 1
    assert len(gio4j.select(POOL, TARGET, 7, method)) == 7, "the cure"


def test_a_scale_that_sees_nothing_is_told_and_the_cures_work() -> None:
    with pytest.warns(
        GIOWarning, match="with scale=1e-09 gives every row .*; pass scale=None"
    ) as told:
        found = gio4j.select(POOL, TARGET + 5, 20, kernel="laplace", scale=1e-9)
    assert told[0].filename == __file__
    assert found.stop_reason == "no_influence"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cure in ({"kernel": "laplace"}, {"scale": 1e-9}, {"kernel": "laplace", "scale": 2.0}):
            assert len(gio4j.select(POOL, TARGET + 5, 20, **cure)) == 20


# --- files ----------------------------------------------------------------------------------------


def written(path: Path, numbers: np.ndarray) -> Path:
    rows = (f"{n}\tb\t{list(map(float, row))}\n" for n, row in enumerate(numbers.tolist()))
    path.write_text("".join(rows))
    return path


def test_text_keeps_its_digits(tmp_path: Path) -> None:
    times = 1.7e9 + 10 * np.arange(3000.0)[:, None]
    path = written(tmp_path / "rows.tsv", times)
    for _ in range(2):  # converted, then the kept copy
        distances, indices = gio4j.nearest(times[[3, 7, 2222]] + 1, path)
        assert indices.ravel().tolist() == [3, 7, 2222]
        assert distances.ravel().tolist() == [1, 1, 1]
    with pytest.warns(GIOWarning, match=r"rows\.tsv': float32, .*; pass the path itself") as told:
        table = gio4j.read_csv(path)
    assert told[0].filename == __file__
    assert table.schema.field("features").type.value_type == pa.float32()


def test_other_text_is_read_as_ever(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = gio4j.read_csv(written(tmp_path / "rows.tsv", POOL + 0.1))
    rows = table["features"].combine_chunks().flatten().to_numpy().reshape(-1, 4)
    assert np.array_equal(rows, (POOL + 0.1).astype(np.float32))


def test_a_number_that_is_too_large_is_not_called_infinite() -> None:
    rows = np.zeros((5000, 3))
    rows[4321, 2] = 1e300
    with refused(InvalidInputError, "pool: row 4321, column 2 is 1e+300, too large for float32"):
        gio4j.select(rows, TARGET[:, :3], 5)
    rows[4321, 2] = np.inf
    with refused(InvalidInputError, "pool: row 4321 is not finite (column 2 is Infinity)"):
        gio4j.select(rows, TARGET[:, :3], 5)
