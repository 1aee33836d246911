"""Rows that lack a number are left out, and every row number stays that of the rows as passed.

Each answer is compared with that of the same rows without those, its row numbers mapped back here.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure

import gio4j
from gio4j.errors import InvalidInputError

NAMES = ["a", "b", "c"]
RANDOM = np.random.default_rng(3)
POOL = np.concatenate([RANDOM.normal(size=(80, 3)), RANDOM.normal(size=(80, 3)) * 0.2 + 3])
POOL = POOL.astype(np.float32)
TARGET = (RANDOM.normal(size=(30, 3)) * 0.3 + [3, 3, 2]).astype(np.float32)
# Copies, so that picks are near copies of others.
POOL[120:130] = POOL[110:120] + 1e-4
# At both ends, side by side, and within what is picked.
POOL_GAPS, TARGET_GAPS = [0, 3, 4, 81, 115, 121, 122, 159], [0, 7, 8, 29]
KEPT = np.setdiff1d(np.arange(160), POOL_GAPS)
AIMS = np.setdiff1d(np.arange(30), TARGET_GAPS)
TEXTS = np.array([f"text {row}" for row in range(160)])
# The labels of rows that are left out are the most frequent of a few.
LABELS = np.array(["left out" if row in POOL_GAPS else f"group {row % 3}" for row in range(160)])
WEIGHTS = np.arange(160) % 4 + 1
MAP = POOL[:, :2] + 1, TARGET[:, :2] + 1


def with_gaps(rows: np.ndarray, gaps: list[int]) -> np.ndarray:
    found = rows.copy()
    for place, row in enumerate(gaps):
        found[row, place % 3] = np.nan
    return found


def of_pandas(rows: np.ndarray, texts: np.ndarray, folder: Path) -> Any:
    """One column with NaN, one with nulls."""
    frame = pd.DataFrame(rows, columns=NAMES)
    frame["b"] = frame["b"].astype("Float32").mask(frame["b"].isna())
    return frame.assign(text=texts, label=LABELS[: len(rows)])


def of_arrow(rows: np.ndarray, texts: np.ndarray, folder: Path) -> Any:
    """Vectors that are null, or hold a null."""
    lists: list[Any] = []
    for place, row in enumerate(rows.tolist()):
        numbers = [None if number != number else number for number in row]
        lists.append(None if None in numbers and place % 2 else numbers)
    vectors = pa.array(lists, pa.list_(pa.float32()))
    return pa.table({"features": vectors, "text": texts, "label": LABELS[: len(rows)]})


def of_files(rows: np.ndarray, texts: np.ndarray, folder: Path) -> Any:
    """Three of Parquet and of Arrow, one of them a stream."""
    table = of_arrow(rows, texts, folder)
    folder.mkdir()
    middle = 3 * len(rows) // 4
    ends = [0, middle, middle + 1, len(rows)]
    parts = [table.slice(low, high - low) for low, high in pairwise(ends)]
    paths = [folder / "first.parquet", folder / "second.arrow", folder / "third.arrow"]
    pq.write_table(parts[0], paths[0], row_group_size=5)
    for path, part, writer in zip(
        paths[1:], parts[1:], (pa.ipc.new_file, pa.ipc.new_stream), strict=True
    ):
        with writer(path, part.schema) as out:
            out.write_table(part, max_chunksize=7)
    return [str(path) for path in paths]


KINDS: dict[str, Callable[..., Any]] = {
    "numpy": lambda rows, texts, folder: rows,
    "pandas": of_pandas,
    "arrow": of_arrow,
    "files": of_files,
}


@dataclass
class Case:
    """The same rows twice: as passed, with gaps, and without those rows."""

    kind: str
    pool: Any
    target: Any
    whole_pool: Any
    whole_target: Any

    @property
    def options(self) -> dict[str, Any]:
        return {"columns": NAMES} if self.kind == "pandas" else {}

    @property
    def has_records(self) -> bool:
        return self.kind != "numpy"

    def select(self, *arguments: Any, **options: Any) -> Any:
        return gio4j.select(
            self.pool, self.target, *arguments, missing="skip", **self.options, **options
        )

    def select_whole(self, *arguments: Any, **options: Any) -> Any:
        return gio4j.select(
            self.whole_pool, self.whole_target, *arguments, **self.options, **options
        )


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    make = KINDS[request.param]
    return Case(
        request.param,
        make(with_gaps(POOL, POOL_GAPS), TEXTS, tmp_path / "pool"),
        make(with_gaps(TARGET, TARGET_GAPS), TEXTS[:30], tmp_path / "target"),
        make(POOL[KEPT], TEXTS[KEPT], tmp_path / "whole_pool"),
        make(TARGET[AIMS], TEXTS[:30][AIMS], tmp_path / "whole_target"),
    )


def back(rows: Any, kept: np.ndarray = KEPT) -> Any:
    """Rows without gaps by their numbers among those with."""
    if isinstance(rows, list):
        return [back(row, kept) for row in rows]
    return None if rows is None else int(kept[rows])


def same(found: gio4j.Selection, whole: gio4j.Selection) -> None:
    assert list(found) == back(list(whole))
    for name in ("gains", "trace"):
        assert np.array_equal(getattr(found, name), getattr(whole, name), equal_nan=True)
    assert found.stop_reason == whole.stop_reason
    assert found.options["budget"] == whole.options["budget"]
    assert found.pool_rows == 160
    assert found.facts["skipped_rows"] == len(POOL_GAPS)


@pytest.mark.parametrize("method", ["balanced", "exact", "coverage", "gradient"])
def test_picks(case: Case, method: str) -> None:
    found, whole = case.select(12, method), case.select_whole(12, method)
    same(found, whole)
    assert found[3:5].indices.tolist() == back(whole[3:5].indices.tolist())
    assert found.to_frame()["row"].to_pylist() == list(found)
    assert found.take(TEXTS).tolist() == whole.take(TEXTS[KEPT]).tolist()
    assert set(found).isdisjoint(POOL_GAPS)


def test_clusters(case: Case) -> None:
    found, whole = case.select(12, quantize=9), case.select_whole(12, quantize=9)
    same(found, whole)
    same(
        case.select(30, quantize=9, weights=WEIGHTS, existing=[5, 78]),
        case.select_whole(30, quantize=9, weights=WEIGHTS[KEPT], existing=places([5, 78])),
    )


def places(rows: list[int]) -> list[int]:
    return np.searchsorted(KEPT, rows).tolist()


def test_existing_rows_by_number(case: Case) -> None:
    first, whole_first = case.select(4), case.select_whole(4)
    for existing, whole_existing in (
        (first, whole_first),
        (np.array(list(first)), np.array(list(whole_first))),
        ([1, 40, 42, 78], places([1, 40, 42, 78])),
        ([], []),
    ):
        found = case.select(6, existing=existing)
        same(found, case.select_whole(6, existing=whole_existing))
        assert set(found).isdisjoint(list(existing))
    # Rows themselves, of which some lack a number.
    same(case.select(6, existing=case.target), case.select_whole(6, existing=case.whole_target))
    with pytest.raises(InvalidInputError, match=r"^existing: row 121 of the pool is one that"):
        case.select(6, existing=[5, 121, 122])
    with pytest.raises(InvalidInputError, match=r"^existing: row number 160 at 1; the pool has r"):
        case.select(6, existing=[5, 160])
    with pytest.raises(InvalidInputError, match=r"^existing: holds all 152 rows of the pool"):
        case.select(6, existing=KEPT)


def test_weights_and_several_budgets(case: Case) -> None:
    same(case.select(20, weights=WEIGHTS), case.select_whole(20, weights=WEIGHTS[KEPT]))
    budgets = [9, "25%", 3, 0.1]
    several = case.select(budgets, weights=WEIGHTS, existing=[5, 78])
    whole = case.select_whole(budgets, weights=WEIGHTS[KEPT], existing=places([5, 78]))
    for found, expected in zip(several, whole, strict=True):
        same(found, expected)
    sizes = [WEIGHTS[list(found)].sum() for found in several]
    budget = [found.options["budget"] for found in several]
    assert all(size >= most for size, most in zip(sizes, budget, strict=True))
    with pytest.raises(InvalidInputError, match="weights: are 152 for 160 rows"):
        case.select(9, weights=WEIGHTS[KEPT])


def test_report_and_explanation(case: Case, tmp_path: Path) -> None:
    found, whole = case.select(30), case.select_whole(30)
    found.save(tmp_path / "found.parquet")
    loaded = gio4j.Selection.load(tmp_path / "found.parquet")
    expected = whole.explain()
    lines, aims = expected.picks.to_pydict(), expected.targets.to_pydict()
    gains, lines["row"] = lines.pop("gain"), back(lines["row"])
    lines["near_copy_of"] = back(lines["near_copy_of"])
    assert any(copy is not None for copy in lines["near_copy_of"])
    lines["target_rows"] = back(lines["target_rows"], AIMS)
    aims["row"], aims["pick_rows"] = back(aims["row"], AIMS), back(aims["pick_rows"])
    for explained in (found.explain(), loaded.explain(case.pool, case.target)):
        found_lines = explained.picks.to_pydict()
        assert np.array_equal(found_lines.pop("gain"), gains, equal_nan=True)
        assert found_lines == lines
        assert explained.targets.to_pydict() == aims
    assert found.report().to_dict() == whole.report().to_dict()
    assert loaded.report(case.pool, case.target).to_dict() == whole.report().to_dict()
    assert found[:0].explain().targets["row"].to_pylist() == AIMS.tolist()


def test_a_pool_that_lacks_what_was_picked(case: Case, tmp_path: Path) -> None:
    found = case.select(5).without_data()
    changed = POOL.copy()
    changed[[0, found[2]], 0] = np.nan
    pool = KINDS[case.kind](changed, TEXTS, tmp_path / "changed")
    with pytest.raises(InvalidInputError, match=rf"^pool: row {found[2]}, which was picked, is"):
        found.report(pool, case.target)


def drawn(found: gio4j.Selection, **options: Any) -> dict[str, Any]:
    axes = Figure().subplots()
    found.plot(panel="map", ax=axes, **options)
    layers = {each.get_label(): each for each in axes.collections}
    points = {name: np.asarray(layer.get_offsets()).tolist() for name, layer in layers.items()}
    colours = {name: layer.get_facecolors().tolist() for name, layer in layers.items()}
    return {"points": points, "colours": colours}


def test_the_map(case: Case) -> None:
    found, whole = case.select(12), case.select_whole(12)
    assert drawn(found) == drawn(whole)
    given = with_gaps(np.pad(MAP[0], ((0, 0), (0, 1))), POOL_GAPS)[:, :2], MAP[1]
    kept = MAP[0][KEPT], MAP[1][AIMS]
    pictures = [
        drawn(found, coordinates=given, color_by=LABELS),
        drawn(whole, coordinates=kept, color_by=LABELS[KEPT]),
    ]
    assert pictures[0] == pictures[1]
    assert pictures[0]["points"]["picked"] == MAP[0][list(found)].tolist()
    assert "left out" not in pictures[0]["points"]
    wrong = MAP[0].copy()
    wrong[[5, 41]] = np.nan
    with pytest.raises(InvalidInputError, match=r"^coordinates\[0\]: row 5 is not finite"):
        drawn(found, coordinates=(wrong, MAP[1]))
    with pytest.raises(InvalidInputError, match=r"coordinates\[1\]: has shape \(26, 2\); needs"):
        drawn(found, coordinates=(MAP[0], MAP[1][AIMS]))


def data_of(found: gio4j.Selection, path: Path, **options: Any) -> Any:
    found.save_html(path, **options)
    (text,) = re.findall(r'<script[^>]* id="data">([^<]*)</script>', path.read_text("utf-8"))
    return json.loads(zlib.decompress(base64.b64decode(text)))


def test_the_page(case: Case, tmp_path: Path) -> None:
    found, whole = case.select(30), case.select_whole(30)
    page = tmp_path / "page.html"
    expected = data_of(whole, page, text=TEXTS[KEPT], color_by=LABELS[KEPT])
    layers = expected["pool"], expected["picked"], expected["target"]
    for layer, kept in zip(layers, (KEPT, KEPT, AIMS), strict=True):
        layer["row"] = back(layer["row"], kept)
    picked = expected["picked"]
    picked["near_copy_of"] = back(picked["near_copy_of"])
    picked["target_row"] = back(picked["target_row"], AIMS)
    assert picked["text"] == TEXTS[picked["row"]].tolist()
    assert data_of(found, page, text=TEXTS, color_by=LABELS) == expected
    sampled = [
        data_of(each, page, sample=100, text=texts)["pool"]
        for each, texts in ((found, TEXTS), (whole, TEXTS[KEPT]))
    ]
    assert len(sampled[0]["row"]) == 100
    assert sampled[0]["row"] == back(sampled[1]["row"])
    assert sampled[0]["text"] == sampled[1]["text"]
    if case.has_records:
        expected["target"]["text"] = TEXTS[expected["target"]["row"]].tolist()
        assert data_of(found, page, text="text", color_by="label") == expected


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_records(case: Case, suffix: str, tmp_path: Path) -> None:
    found = case.select(12)
    found.save_records(tmp_path / f"records{suffix}")
    path = str(tmp_path / f"records{suffix}")
    if suffix == ".parquet":
        records = pq.read_table(path).to_pylist()
        assert list(gio4j.Selection.load(path)) == list(found)
    elif suffix == ".csv":
        records = pd.read_csv(path).to_dict("records")
    else:
        records = [json.loads(line) for line in Path(path).read_text().splitlines()]
    assert [record["row"] for record in records] == list(found)
    assert [record["order"] for record in records] == list(range(1, 13))
    if case.has_records:
        assert [record["text"] for record in records] == TEXTS[list(found)].tolist()
        assert [record["label"] for record in records] == LABELS[list(found)].tolist()


def test_an_estimator(case: Case, tmp_path: Path) -> None:
    options = {"missing": "skip", **case.options}
    selector = gio4j.Selector(12, **options).fit(
        case.pool, case.target, existing=[5, 78], weights=WEIGHTS
    )
    found = case.select(12, existing=[5, 78], weights=WEIGHTS)
    assert selector.indices_.tolist() == list(found)
    for option in ("columns", "missing"):
        assert selector.selection_.options[option] == found.options[option]
    ours, theirs = selector.selection_.explain(), found.explain()
    assert ours.picks.equals(theirs.picks)
    assert ours.targets.equals(theirs.targets)
    assert selector.selection_.files == found.files
    if case.has_records:
        selector.selection_.save_records(tmp_path / "records.parquet")
        records = pq.read_table(tmp_path / "records.parquet")
        assert records["text"].to_pylist() == TEXTS[list(found)].tolist()


def test_files(case: Case) -> None:
    found = case.select(12)
    if case.kind != "files":
        assert found.files == []
        return
    starts = dict(zip(case.pool, (0, 120, 121), strict=True))
    assert [starts[file] + row for file, row in found.files] == list(found)
    assert len({file for file, _ in found.files}) > 1
    assert found[:3].files == found.files[:3]


def test_clusters_and_neighbours(case: Case) -> None:
    options = {"missing": "skip", **case.options}
    model = gio4j.kmeans(case.pool, 5, seed=1, weights=WEIGHTS, **options)
    whole = gio4j.kmeans(case.whole_pool, 5, seed=1, weights=WEIGHTS[KEPT], **case.options)
    assert model.assignments is not None
    assert np.array_equal(model.assignments[KEPT], whole.assignments)
    assert model.assignments[POOL_GAPS].tolist() == [-1] * 8
    distances, indices = gio4j.nearest(case.target, case.pool, 3, **options)
    apart, near = gio4j.nearest(case.whole_target, case.whole_pool, 3, **case.options)
    assert indices[AIMS].tolist() == back(near.tolist())
    assert np.array_equal(distances[AIMS], apart)
    assert indices[TARGET_GAPS].tolist() == [[-1] * 3] * 4
    assert np.isnan(distances[TARGET_GAPS]).all()
    assert gio4j.divergence(case.target, case.pool, **options) == gio4j.divergence(
        case.whole_target, case.whole_pool, **case.options
    )


@pytest.mark.parametrize("existing", [None, [5]])
def test_infinite_numbers_are_named_as_passed(case: Case, existing: Any, tmp_path: Path) -> None:
    broken = with_gaps(POOL, POOL_GAPS)
    broken[70, 2] = np.inf
    pool = KINDS[case.kind](broken, TEXTS, tmp_path / "broken")
    with pytest.raises(InvalidInputError, match=r"^pool.*: row 70, column 2 is inf; float32 holds"):
        gio4j.select(pool, case.target, 5, missing="skip", existing=existing, **case.options)


def test_numbers_too_large_for_float32_are_named_as_passed() -> None:
    broken = with_gaps(POOL, POOL_GAPS).astype(np.float64)
    broken[70, 2] = -1e39
    with pytest.raises(InvalidInputError, match=r"^pool: row 70, column 2 is -1e\+39; float32 hol"):
        gio4j.select(broken, TARGET, 5, missing="skip")
