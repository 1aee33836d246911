"""The page of a selection: what it holds, by its own data, around an engine of NumPy."""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_report import LABELS, PICKED, POOL, TARGET, luminance, selection

import gio4j
from gio4j._report.page import page_of
from gio4j._rows.inputs import source_of
from gio4j.errors import InvalidInputError, StorageError

pytestmark = pytest.mark.slow

HOSTILE = "</script><script>document.title = 'taken'</script><b>bold</b> & \"quoted\" @@data@@"
TEXTS = [f"text {row}" for row in range(len(POOL))]


class Page(HTMLParser):
    """The elements of a page, the text that a reader sees, and the data of its script."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: tuple[str, str | None] = "", None
        self.seen = ""
        self.data: dict[str, Any] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag, dict(attrs).get("id")

    def handle_endtag(self, tag: str) -> None:
        self.inside = "", None

    def handle_data(self, data: str) -> None:
        if self.inside == ("script", "data"):
            self.data = json.loads(zlib.decompress(base64.b64decode(data)))
        elif self.inside[0] not in ("script", "style"):
            self.seen += data


def saved(folder: Path, found: gio4j.Selection | None = None, **options: Any) -> Page:
    found = selection(PICKED) if found is None else found
    found.save_html(folder / "page.html", **options)
    return Page((folder / "page.html").read_text(encoding="utf-8"))


def test_a_page_holds_the_report_and_the_charts(tmp_path: Path) -> None:
    found = selection(PICKED)
    page = saved(tmp_path)
    assert "18 of 300 rows" in page.seen
    for line in found.report()._table():
        assert all(part in page.seen for part in line)
    labels = [attributes.get("aria-label") for tag, attributes in page.elements if tag == "svg"]
    assert labels == ["objective after each pick", "gain after each pick"]
    assert "energy distance (laplace)" in page.seen, "the chart's text is text"


def test_a_page_without_gains_has_a_chart_less(tmp_path: Path) -> None:
    page = saved(tmp_path, selection(PICKED, gains=np.full(18, np.nan)))
    assert sum(tag == "svg" for tag, _ in page.elements) == 1
    assert page.data["picked"]["gain"] == [None] * 18


def test_points_lie_where_the_plot_has_them(tmp_path: Path) -> None:
    coordinates = POOL[:, :2], TARGET[:, :2]
    data = saved(tmp_path, coordinates=coordinates).data
    both = np.concatenate(coordinates)
    low, high = both.min(axis=0), both.max(axis=0)
    for name, points in zip(
        ("pool", "target", "picked"), (*coordinates, POOL[PICKED, :2]), strict=True
    ):
        drawn = np.column_stack([data[name]["x"], data[name]["y"]]) / 65535
        assert np.allclose(low + drawn * (high - low), points, atol=(high - low).max() / 1e4)
    assert data["pool"]["row"] == list(range(300))
    assert data["picked"]["row"] == PICKED


def test_the_table_is_the_explanation(tmp_path: Path) -> None:
    picked = saved(tmp_path).data["picked"]
    expected = selection(PICKED).explain(neighbors=1).picks.to_pydict()
    for name in ("order", "row", "gain", "mode", "near_copy_of"):
        assert picked[name] == expected[name]
    assert picked["target_row"] == [rows[0] for rows in expected["target_rows"]]
    assert picked["distance"] == [apart[0] for apart in expected["distances"]]


def test_all_picks_are_in_the_table_of_a_sampled_map(tmp_path: Path) -> None:
    data = saved(tmp_path, selection(range(0, 300, 2)), sample=100, text=TEXTS).data
    assert len(data["pool"]["row"]) == 100
    assert data["pool"]["text"] == [TEXTS[row] for row in data["pool"]["row"]]
    picked = data["picked"]
    assert len(picked["row"]) == 150
    assert sum(place is not None for place in picked["x"]) == 100
    assert picked["text"] == TEXTS[::2]


def test_text_is_shown_as_text(tmp_path: Path) -> None:
    texts: list[Any] = [*TEXTS]
    texts[PICKED[0]], texts[1], texts[2] = HOSTILE, None, "long " * 1000
    labels = np.where(np.arange(300) < 9, "<i>label</i>", "other")
    page = saved(tmp_path, text=texts, color_by=labels)
    assert page.data["picked"]["text"][0] == HOSTILE
    assert page.data["pool"]["text"][1] == ""
    assert page.data["pool"]["text"][2] == ("long " * 60) + "…"
    assert "<i>label</i>" in page.seen
    assert {tag for tag, _ in page.elements}.isdisjoint({"b", "i"})
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"type": "text/plain", "id": "data"}, {}]


def test_labels_and_texts_by_the_name_of_a_column(tmp_path: Path) -> None:
    def frame(rows: np.ndarray, texts: list[str]) -> pa.Table:
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), 3)
        return pa.table({"vector": vectors, "text": texts})

    pool = frame(POOL, TEXTS).append_column("group", pa.array(LABELS))
    target = frame(TARGET, [f"aim {row}" for row in range(60)])
    data = saved(tmp_path, selection(PICKED, pool=pool, target=target), text="text").data
    assert data["picked"]["text"] == [TEXTS[row] for row in PICKED]
    assert data["target"]["text"] == [f"aim {row}" for row in range(60)]
    data = saved(tmp_path, selection(PICKED, pool=pool), text="text", color_by="group").data
    assert "text" not in data["target"]
    assert data["names"] == ["a", "b", "c"]
    assert data["picked"]["label"] == [0] * 12 + [1] * 6
    with pytest.raises(InvalidInputError, match="pool: has no column 'body', only 'vector', 'te"):
        saved(tmp_path, selection(PICKED, pool=pool), text="body")
    with pytest.raises(InvalidInputError, match="text='text': the pool is no frame with such a c"):
        saved(tmp_path, text="text")


@pytest.mark.parametrize("rows", [[], [5]])
def test_a_page_of_few_picks(tmp_path: Path, rows: list[int]) -> None:
    data = saved(tmp_path, selection(rows), text=TEXTS).data
    assert data["picked"]["row"] == rows
    assert data["picked"]["text"] == [TEXTS[row] for row in rows]


def test_a_page_loads_nothing(tmp_path: Path) -> None:
    page = saved(tmp_path, text=TEXTS)
    links = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "action", "data")
    ]
    assert [value for value in links if value is None or not value.startswith("#")] == []
    policies = [each.get("content") for tag, each in page.elements if tag == "meta"]
    assert any(policy and policy.startswith("default-src 'none'") for policy in policies)


def test_a_page_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.html"
    page.write_text("before")

    def fail(*_: Any) -> None:
        raise OSError("no more room")

    with monkeypatch.context() as patch:
        patch.setattr("gio4j._shared.whole_file.publish", fail)
        with pytest.raises(StorageError, match="no more room"):
            selection(PICKED).save_html(page)
    assert page.read_text() == "before"
    assert list(tmp_path.iterdir()) == [page]
    with pytest.raises(StorageError, match="cannot be written"):
        selection(PICKED).save_html(tmp_path / "missing" / "page.html")
    with pytest.raises(InvalidInputError, match=r"path='page.txt': needs a name in \.html or \.ht"):
        selection(PICKED).save_html("page.txt")


def test_the_same_selection_gives_the_same_page() -> None:
    options: Any = {"text": TEXTS, "color_by": None, "coordinates": None, "sample": 100, "seed": 0}
    given = POOL, TARGET
    sources = source_of(POOL, "pool"), source_of(TARGET, "target")
    first = page_of(selection(PICKED), given, sources, None, **options)
    assert page_of(selection(PICKED), given, sources, None, **options) == first


def test_a_page_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"save_html\(\) needs matplotlib: pip install 'gio4j"):
        selection(PICKED).save_html(tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_colours_of_the_page_stand_out() -> None:
    css = (files("gio4j._report.page") / "page.css").read_text(encoding="utf-8")
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in css.split("@media")]
    light, dark = schemes[0], schemes[0] | schemes[1]
    assert light != dark
    for scheme in (light, dark):
        for name, least in {"ink": 7.0, "soft": 4.5, "edge": 3.0}.items():
            low, high = sorted((luminance(scheme[name]), luminance(scheme["ground"])))
            assert (high + 0.05) / (low + 0.05) >= least, (name, scheme)
