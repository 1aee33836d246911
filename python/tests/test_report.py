"""What a selection says of itself: report, card and plot, around an engine of NumPy."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy_engine import NumpyEngine, distances

import gio4j
from gio4j._methods.built_in import Balanced, kernel_of
from gio4j._report.report import QUANTILES
from gio4j.errors import InvalidInputError

RANDOM = np.random.default_rng(0)
#: Three groups far apart, twenty rows each; the stub's K-means finds them.
CENTERS = 50.0 * np.eye(3)
TARGET = (np.repeat(CENTERS, 20, axis=0) + RANDOM.normal(size=(60, 3))).astype(np.float32)
POOL = (np.repeat(CENTERS, 100, axis=0) + RANDOM.normal(size=(300, 3))).astype(np.float32)


@pytest.fixture(autouse=True)
def engine(numpy_engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch) -> NumpyEngine:
    monkeypatch.setattr("gio4j._report.report._MOST_MODES", 3)
    return numpy_engine


KERNEL = {"kernel": "laplace", "scale": None, "alpha": None}


def selection(indices: Any, **facts: Any) -> gio4j.Selection:
    picked = np.asarray(indices, np.int32)
    values: dict[str, Any] = {
        "gains": np.linspace(2, 1, len(picked)),
        "trace": np.linspace(5, 4, len(picked)),
        "stop_reason": "budget",
        "starting_objective": None,
        "method": "balanced",
        "options": {**KERNEL, "budget": 5, "seed": 0, "quantize": None},
        "facts": {"scale": 2.5},
        "timings": {"prepare": 0.25, "select": 1.0},
        "pool_rows": 300,
        "pool_columns": 3,
        "pool": POOL,
        "target": TARGET,
    }
    return gio4j.Selection(indices=picked, **{**values, **facts})


PICKED = [*range(0, 12), *range(100, 106)]  # none of the third group


def laplace(rows: np.ndarray, scale: float) -> float:
    tables = distances(TARGET, rows), distances(TARGET, TARGET), distances(rows, rows)
    cross, target, within = (np.exp(-table / scale).mean() for table in tables)
    return float(target + within - 2 * cross)


def test_numbers() -> None:
    report = selection(PICKED).report()
    rows = POOL[PICKED]
    assert report.kernel == "laplace"
    assert report.picked.energy == pytest.approx(laplace(rows, 2.5))
    assert report.picked.divergence == gio4j.divergence(TARGET, rows)
    assert report.picked.rows == report.random.rows == 18
    assert report.pool.rows == 300
    spread = [np.linalg.norm(part - part.mean(axis=0), axis=1).mean() for part in (rows, TARGET)]
    assert report.picked.spread == pytest.approx(spread[0] / spread[1], rel=1e-5)
    assert report.modes == 3
    assert report.picked.modes_covered == pytest.approx(2 / 3)
    assert report.random.modes_covered == report.pool.modes_covered == 1
    assert report.picked.mode_error == pytest.approx(abs(12 / 18 - 1 / 3) + 1 / 3)
    nearest = distances(TARGET, rows).min(axis=1)
    assert report.picked.nearest == pytest.approx(np.quantile(nearest, QUANTILES).tolist())
    assert report.pool.mode_error == pytest.approx(0, abs=1e-12)
    assert report.target_rows == 60
    assert report.sampled == ()


def test_a_mode_needs_a_row_within_its_reach() -> None:
    pool = POOL.copy()
    pool[5] = CENTERS[0] * 3  # nearest to the first mode, yet far from all its rows
    report = selection([5, 100, 200], pool=pool).report()
    assert report.picked.modes_covered == pytest.approx(2 / 3)


def test_near_duplicates_are_linked() -> None:
    pool = POOL.copy()
    apart = np.sort(distances(TARGET, TARGET), axis=1)[:, 1]
    step = float(np.median(apart)) * 0.09
    pool[:5] = pool[0] + np.arange(5)[:, None] * np.float32([step, 0, 0])
    pool[100:130] = pool[100]  # more than are looked at from one row
    report = selection([0, 1, 2, 3, 4, 50, 200], pool=pool).report()
    assert report.duplicate_distance == pytest.approx(float(np.median(apart)) / 10)
    assert report.picked.largest_duplicate_group == 5
    assert selection(range(100, 130), pool=pool).report().picked.largest_duplicate_group == 30
    assert selection([7], pool=pool).report().picked.largest_duplicate_group == 1


def test_large_ones_are_sampled_and_said_to_be() -> None:
    found = selection(range(0, 300, 2))
    report = found.report(sample=100, seed=3)
    assert report.sampled == ("pool", "picked")
    assert (report.pool.rows, report.picked.rows, report.random.rows) == (100, 100, 100)
    assert "Of pool and picked a random sample was measured (seed 3)." in str(report)
    assert found.report(sample=100, seed=3) == report
    assert found.report(sample=100, seed=4) != report
    assert "sample was" not in str(found.report())


def test_energy_is_measured_by_the_selections_own_kernel() -> None:
    rows = POOL[PICKED]
    options = {**KERNEL, "scale": 7.0, "budget": 5, "seed": 0, "quantize": None}
    assert selection(PICKED, options=options).report().picked.energy == pytest.approx(
        laplace(rows, 7.0)
    )
    other = selection(PICKED, options={**options, "kernel": "euclidean"}, facts={})
    assert "energy distance (euclidean), lower" in str(other.report())
    expected = float(gio4j.divergence(TARGET, rows, estimator="energy"))
    assert other.report().picked.energy == pytest.approx(expected)


def test_energy_of_other_methods_is_by_the_default_kernel(engine: NumpyEngine) -> None:
    options = {"k": 5, "eps": 1e-8, "budget": 5, "seed": 0, "quantize": None}
    report = selection(PICKED, method="exact", options=options, facts={"scale": 3}).report()
    assert report.kernel == Balanced().kernel
    asked = [request for request in engine.requests if request["kind"] == "energy"]
    assert {name: asked[0][name] for name in asdict(Balanced())} == asdict(Balanced())
    assert {request["scale"] for request in asked[1:]} == {10.0}, "one for all"


def test_random_is_the_mean_of_several_draws() -> None:
    report = selection(PICKED).report()
    assert report.random_spread.energy > 0
    generator = np.random.default_rng(0)
    draws = [np.sort(generator.choice(300, 18, replace=False)) for _ in range(5)]
    energies = [laplace(POOL[rows], 2.5) for rows in draws]
    assert report.random.energy == pytest.approx(np.mean(energies))
    assert report.random_spread.energy == pytest.approx(np.std(energies, ddof=1))


def test_the_kernel_of_a_selection() -> None:
    options = {**KERNEL, "kernel": "log", "budget": 5}
    assert kernel_of("balanced", options, {"scale": 2, "target": 3}) == Balanced("log", 2)
    assert kernel_of("balanced", {**options, "scale": 4}, {"scale": 2}) == Balanced("log", 4)
    assert kernel_of("nearest", options, {"scale": 2}) == Balanced()


def test_random_rows_follow_the_seed() -> None:
    found = selection(PICKED)
    first, second = found.report(seed=1), found.report(seed=2)
    assert first.random != second.random
    assert first.picked == second.picked


def test_shown_and_as_plain_values() -> None:
    report = selection(PICKED).report()
    lines = str(report).splitlines()
    assert lines[0].split() == ["picked", "random", "pool"]
    energies = [f"{part.energy:.4g}" for part in (report.picked, report.random, report.pool)]
    energies[1] += f" ± {report.random_spread.energy:.2g}"
    label = "energy distance (laplace), lower is better"
    assert lines[2].split() == f"{label} {' '.join(energies)}".split()
    assert all(re.search("(lower|higher|1) is be(tter|st)", line) for line in lines[2:])
    assert len({len(line) for line in lines[1:-1]}) == 1
    values = json.loads(json.dumps(report.to_dict()))
    assert values["picked"]["nearest"] == list(report.picked.nearest)
    assert values["modes"] == 3
    check_html(report._repr_html_(), energies)


@pytest.mark.parametrize("rows", [[], [3], [3, 4]])
def test_few_picks(rows: list[int]) -> None:
    report = selection(rows).report()
    assert report.picked.rows == report.random.rows == len(rows)
    assert np.isfinite(report.picked.divergence) == bool(rows)
    assert str(report)


def test_a_target_of_one_row() -> None:
    report = selection(PICKED, target=TARGET[:1]).report()
    assert np.isnan(report.picked.divergence)
    assert np.isnan(report.picked.spread)
    assert report.duplicate_distance == 0


def test_a_loaded_selection_needs_the_data(tmp_path: Path) -> None:
    found = selection(PICKED)
    found.save(tmp_path / "found.parquet")
    loaded = gio4j.Selection.load(tmp_path / "found.parquet")
    for call in (loaded.report, loaded.plot):
        with pytest.raises(InvalidInputError, match="pool=None: a selection that was loaded"):
            call()
        with pytest.raises(InvalidInputError, match="target=None: a selection"):
            call(POOL)
        with pytest.raises(InvalidInputError, match="pool: has 60 rows, the selection is from"):
            call(TARGET, TARGET)
    assert loaded.report(POOL, TARGET) == found.report()
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(POOL.ravel()), 3)
    assert loaded.report(pa.table({"vector": vectors}), TARGET) == found.report()


@pytest.mark.parametrize("option", [{"sample": 10}, {"seed": -1}])
def test_refused(option: dict[str, int]) -> None:
    for call in (selection(PICKED).report, selection(PICKED).plot):
        with pytest.raises(InvalidInputError, match="needs at least"):
            call(**option)


# --- card -----------------------------------------------------------------------------------------


class Checker(HTMLParser):
    """Knows what is open, and keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def check_html(source: str, words: list[str]) -> None:
    checker = Checker()
    checker.feed(source)
    checker.close()
    assert checker.open == []
    assert [word for word in words if word not in checker.text] == [], checker.text


def test_card() -> None:
    words = [
        "18 of 300 rows",
        "balanced",
        "energy distance (laplace)",
        "budget",
        "5 → 4",
        "1.25 s",
        "0, 1, 2, 3",
        "…",
    ]
    check_html(selection(PICKED)._repr_html_(), words)
    options = {**KERNEL, "kernel": "log", "scale": 2.5, "budget": 5, "seed": 0, "quantize": 40}
    found = selection(PICKED, options=options, starting_objective=7.5)
    check_html(found._repr_html_(), ["balanced (kernel=log, scale=2.5, quantize=40)", "7.5 → 4"])
    assert "<polyline" in found._repr_html_()


@pytest.mark.parametrize("rows", [[], [5]])
def test_card_of_few_picks(rows: list[int]) -> None:
    card = selection(rows, stop_reason="increase")._repr_html_()
    check_html(card, [f"{len(rows)} of 300 rows", "increase"])
    assert "<polyline" not in card
    check_html(selection([], starting_objective=2.5)._repr_html_(), ["2.5"])


# --- plot -----------------------------------------------------------------------------------------


@pytest.fixture
def pyplot() -> Iterator[Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_plot(pyplot: Any) -> None:
    found = selection(PICKED, starting_objective=9.0, options={"kernel": "log"})
    figure = found.plot()
    trace, gains, plane = figure.axes
    assert trace.get_ylabel() == "energy distance (log)"
    drawn = trace.lines[0].get_xydata()
    assert drawn[0].tolist() == [0, 9]
    assert drawn[1:, 1].tolist() == found.trace.tolist()
    assert gains.lines[0].get_ydata().tolist() == found.gains.tolist()
    points = {part.get_label(): part.get_offsets() for part in plane.collections}
    assert {name: len(part) for name, part in points.items()} == {
        "pool": 300,
        "target": 60,
        "picked": 18,
    }
    assert np.allclose(points["picked"], points["pool"][PICKED])
    # As principal components: as much of the spread as any plane shows.
    both = np.concatenate([POOL, TARGET]).astype(float)
    strengths = np.linalg.svd(both - both.mean(axis=0), compute_uv=False)
    shown = np.concatenate([points["pool"], points["target"]])
    assert (shown**2).sum() == pytest.approx((strengths[:2] ** 2).sum())
    assert "18 of 300 rows by 'balanced'" in figure.get_suptitle()


def test_plot_of_a_sample(pyplot: Any) -> None:
    plane = selection(range(200)).plot(sample=100, seed=2).axes[2]
    again = selection(range(200)).plot(sample=100, seed=2).axes[2]
    other = selection(range(200)).plot(sample=100, seed=3).axes[2]
    sizes = [len(part.get_offsets()) for part in plane.collections]
    assert sizes == [100, 60, 100]
    first, second, third = (axes.collections[0].get_offsets() for axes in (plane, again, other))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


@pytest.mark.parametrize("rows", [[], [5]])
def test_plot_of_few_picks(pyplot: Any, rows: list[int]) -> None:
    figure = selection(rows, gains=np.full(len(rows), np.nan)).plot()
    assert [text.get_text() for text in figure.axes[1].texts] == ["no pick has a gain to show"]
    figure.draw_without_rendering()


def test_plot_of_rows_of_one_number(pyplot: Any) -> None:
    figure = selection([5], pool=POOL[:, :1], target=TARGET[:, :1]).plot()
    figure.draw_without_rendering()
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [1]


def test_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"plot\(\) needs matplotlib: pip install 'gio4j"):
        selection(PICKED).plot()
