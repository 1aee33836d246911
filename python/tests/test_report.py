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
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy_engine import NumpyEngine, distances

import gio4j
from gio4j._methods.built_in import Balanced, kernel_of
from gio4j._report.yardstick import QUANTILES
from gio4j.errors import InvalidInputError

RANDOM = np.random.default_rng(0)
#: Three groups far apart, twenty rows each; the stub's K-means finds them.
CENTERS = 50.0 * np.eye(3)
TARGET = (np.repeat(CENTERS, 20, axis=0) + RANDOM.normal(size=(60, 3))).astype(np.float32)
POOL = (np.repeat(CENTERS, 100, axis=0) + RANDOM.normal(size=(300, 3))).astype(np.float32)


@pytest.fixture(autouse=True)
def engine(numpy_engine: NumpyEngine, monkeypatch: pytest.MonkeyPatch) -> NumpyEngine:
    monkeypatch.setattr("gio4j._report.yardstick._MOST_MODES", 3)
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
    strengths = np.linalg.svd(both - both.mean(axis=0), compute_uv=False) ** 2
    shown = np.concatenate([points["pool"], points["target"]])
    assert (shown**2).sum() == pytest.approx(strengths[:2].sum())
    for axis, strength in zip((plane.get_xlabel(), plane.get_ylabel()), strengths, strict=False):
        assert axis.endswith(f", {strength / strengths.sum():.0%} of variance")
    assert "18 of 300 rows by 'balanced'" in figure.get_suptitle()


@pytest.mark.parametrize("picks", [1, 2, 5, 18])
def test_ticks_are_whole_picks(pyplot: Any, picks: int) -> None:
    figure = selection(range(picks), starting_objective=9.0).plot()
    figure.draw_without_rendering()
    for axes in figure.axes[:2]:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())


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
def test_without_gains_there_is_a_panel_less(pyplot: Any, rows: list[int]) -> None:
    found = selection(rows, gains=np.full(len(rows), np.nan))
    figure = found.plot()
    assert [axes.get_title() for axes in figure.axes] == ["objective", "map"]
    figure.draw_without_rendering()
    with pytest.raises(
        InvalidInputError, match=r"panel='gain': no pick of this .* pass panel='obj"
    ):
        found.plot(panel="gain")


@pytest.mark.parametrize("panel", ["objective", "gain", "map"])
def test_one_panel_on_axes_of_the_users(pyplot: Any, panel: Any) -> None:
    figure, (left, right) = pyplot.subplots(1, 2)
    found = selection(PICKED)
    assert found.plot(panel=panel, ax=right) is figure
    assert not left.has_data()
    assert right.has_data()
    assert figure.get_suptitle() == ""
    (alone,) = found.plot(panel=panel).axes
    assert alone.get_title() == right.get_title()
    with pytest.raises(InvalidInputError, match="ax=: one axes holds one panel; pass panel='obj"):
        found.plot(ax=right)
    with pytest.raises(InvalidInputError, match="panel='trace': needs one of 'objective'"):
        found.plot(panel="trace")  # type: ignore[arg-type]


def test_only_the_map_needs_the_data(pyplot: Any) -> None:
    loaded = selection(PICKED).without_data()
    assert len(loaded.plot(panel="objective").axes) == 1
    with pytest.raises(InvalidInputError, match="pool=None"):
        loaded.plot(panel="map")


LABELS = np.repeat(list("abc"), 100)


@pytest.mark.parametrize("kind", ["array", "list", "column", "categories"])
def test_labels_have_colours(pyplot: Any, kind: str) -> None:
    values: Any = {"array": LABELS, "list": LABELS.tolist()}.get(kind, pa.array(LABELS))
    found = selection(PICKED)
    if kind == "categories":
        values = pd.Series(LABELS).astype("category")
    elif kind == "column":
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(POOL.ravel()), 3)
        found = selection(PICKED, pool=pa.table({"vector": vectors, "group": values}))
        values = "group"
    (axes,) = found.plot(panel="map", color_by=values).axes
    dots = axes.collections[0].get_facecolors()
    assert len(np.unique(dots, axis=0)) == 3
    for first in range(0, 300, 100):
        assert len(np.unique(dots[first : first + 100], axis=0)) == 1
    assert np.array_equal(axes.collections[2].get_facecolors(), dots[PICKED])
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == ["pool", "target", "picked", "a", "b", "c"]


def test_rare_labels_share_a_colour(pyplot: Any) -> None:
    labels = [f"rare {row}" if row < 6 else "often" if row < 200 else row % 7 for row in range(300)]
    (axes,) = selection(PICKED).plot(panel="map", color_by=labels).axes
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts[3] == "often"
    assert (len(texts), texts[-1]) == (11, "7 others")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"color_by": LABELS[:7]}, "color_by: has 7 rows, the pool had 300"),
        ({"color_by": "group"}, "color_by='group': the pool is no frame with such a column"),
        (
            {"coordinates": (POOL, TARGET)},
            r"coordinates\[0\]: has shape \(300, 3\); needs \(300, 2",
        ),
        ({"coordinates": [POOL]}, r"coordinates: are 1; needs a pair"),
        ({"coordinates": (POOL[:, :2], TARGET[:, :2] * np.nan)}, r"\[1\]: row 0 is not finite"),
    ],
)
def test_refused_on_a_map(pyplot: Any, option: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        selection(PICKED).plot(**option)


def test_coordinates_of_the_users(pyplot: Any) -> None:
    found = selection(PICKED)
    (axes,) = found.plot(panel="map", coordinates=(POOL[:, :2], TARGET[:, 1:])).axes
    pool, target, picked = (part.get_offsets() for part in axes.collections)
    assert np.array_equal(pool, POOL[:, :2])
    assert np.array_equal(target, TARGET[:, 1:])
    assert np.array_equal(picked, POOL[PICKED, :2])

    class Halves:
        def fit_transform(self, rows: np.ndarray) -> np.ndarray:
            self.rows = len(rows)
            return rows[:, ::2] / 2

    halves = Halves()
    (axes,) = found.plot(panel="map", coordinates=halves).axes
    assert halves.rows == 300 + 60 + 18
    assert np.array_equal(axes.collections[2].get_offsets(), POOL[PICKED, ::2] / 2)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Halves 1", "Halves 2")
    with pytest.raises(TypeError, match="needs an object with fit_transform"):
        found.plot(coordinates=POOL[:, :2])


def luminance(colour: Any) -> float:
    """Of WCAG 2."""
    from matplotlib.colors import to_rgb

    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(parts, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("style", ["default", "dark_background", "transparent"])
def test_what_is_drawn_stands_out(pyplot: Any, style: str) -> None:
    from matplotlib.colors import to_hex

    settings = {"axes.facecolor": "none", "figure.facecolor": "none"}
    with pyplot.style.context(settings if style == "transparent" else style):
        figures = [selection(PICKED).plot(), selection(PICKED).plot(color_by=range(300))]
    grounds = {"default": ["white"], "dark_background": ["black"]}
    colours = [
        colour
        for figure in figures
        for axes in figure.axes
        for artist in [*axes.lines, *axes.collections]
        for colour in (
            [artist.get_color()]
            if hasattr(artist, "get_color")
            else [*artist.get_facecolors(), *artist.get_edgecolors()]
        )
    ]
    # Matplotlib's own text colour, black here, is that of whoever chooses the background.
    seen = {to_hex(colour) for colour in colours}
    if style == "transparent":
        seen.remove("#000000")
    assert len(seen) >= 9
    for ground in grounds.get(style, ["white", "#1e1e1e", "#111111"]):
        for colour in seen:
            dark, light = sorted((luminance(colour), luminance(ground)))
            assert (light + 0.05) / (dark + 0.05) >= 3, (colour, ground)


def test_plot_of_rows_of_one_number(pyplot: Any) -> None:
    figure = selection([5], pool=POOL[:, :1], target=TARGET[:, :1]).plot()
    figure.draw_without_rendering()
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [1]


def test_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "gio4j._report.figure", raising=False)
    with pytest.raises(ImportError, match=r"plot\(\) needs matplotlib: pip install 'gio4j"):
        selection(PICKED).plot()


# --- explain --------------------------------------------------------------------------------------


def test_explained() -> None:
    pool = POOL.copy()
    pool[7] = pool[3]
    found = selection(PICKED, pool=pool)
    picks, targets = found.explain(neighbors=2)
    table = distances(pool[PICKED], TARGET)
    assert picks["order"].to_pylist() == list(range(1, 19))
    assert picks["row"].to_pylist() == PICKED
    assert picks["gain"].to_pylist() == found.gains.tolist()
    assert picks["target_rows"].to_pylist() == np.argsort(table, axis=1)[:, :2].tolist()
    near = np.sort(table, axis=1)[:, :2]
    assert np.allclose(picks["distances"].to_pylist(), near)
    copies = dict(zip(PICKED, picks["near_copy_of"].to_pylist(), strict=True))
    assert {row: copy for row, copy in copies.items() if copy is not None} == {3: 7, 7: 3}
    assert targets["row"].to_pylist() == list(range(60))
    order = np.argsort(table.T, axis=1, kind="stable")[:, :2]
    assert targets["pick_rows"].to_pylist() == np.asarray(PICKED)[order].tolist()
    assert np.allclose(targets["distances"].to_pylist(), np.sort(table.T, axis=1)[:, :2])
    # The stub's clusters are the three groups, in order.
    assert targets["mode"].to_pylist() == np.repeat(range(3), 20).tolist()
    assert picks["mode"].to_pylist() == [0] * 12 + [1] * 6


def test_explained_in_other_libraries() -> None:
    pool = POOL.copy()
    pool[7] = pool[3]
    found = selection(PICKED, pool=pool)
    arrow, other = found.explain(), found.explain(library="polars")
    assert isinstance(other.picks, pl.DataFrame)
    assert other.targets.to_dicts() == arrow.targets.to_pylist()
    frame = found.explain(library="pandas").picks
    assert isinstance(frame, pd.DataFrame)
    assert frame["near_copy_of"].dropna().tolist() == [7, 3]
    with pytest.raises(InvalidInputError, match="library='dask': needs one of"):
        found.explain(library="dask")  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [[], [5]])
def test_few_picks_explained(rows: list[int]) -> None:
    picks, targets = selection(rows).explain(neighbors=100)
    assert picks["row"].to_pylist() == rows
    assert [len(near) for near in picks["target_rows"].to_pylist()] == [60] * len(rows)
    assert targets["pick_rows"].to_pylist() == [rows] * 60
    with pytest.raises(InvalidInputError, match="neighbors=0: needs at least 1"):
        selection(rows).explain(neighbors=0)
