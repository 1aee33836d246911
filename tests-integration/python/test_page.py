"""The page of a selection in a browser: 100,000 rows, the map, the table, light and dark.

The browser runs a copy of the page with a script of the test's at its end, which uses the page as a
reader would and writes what it saw into the document, which the browser then prints.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import sample

import gio4j

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
#: Of the browser's own clock, which stands still while the page computes.
MILLISECONDS = 20_000
ROWS, PICKS = 100_000, 1000
HOSTILE = "</script><script>document.title = 'taken'</script><b>bold</b>"

WAITED = """
<script>
const seen = {};
const watch = setInterval(() => {
  if (!document.documentElement.dataset.ready) return;
  clearInterval(watch);
  try { use(); } catch (problem) { seen.problem = String(problem.stack); }
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
}, 50);
const text = (id) => document.getElementById(id).innerText;
const cells = (place) => [...document.querySelectorAll("#picks tbody tr")]
  .map((line) => line.cells[place].innerText);
const head = (place) => document.querySelectorAll("#picks th")[place];
const click = (node) => node.click();
const fill = (id, value) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event("input"));
};
const key = (name) => document.getElementById("map")
  .dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
const pixels = () => {
  const map = document.getElementById("map");
  const colours = map.getContext("2d").getImageData(0, 0, map.width, map.height).data;
  let drawn = 0;
  for (let place = 3; place < colours.length; place += 4) drawn += colours[place] > 0;
  return drawn;
};
function use() { %s }
</script>
"""


@pytest.fixture(scope="module")
def found() -> gio4j.Selection:
    pool = sample(ROWS, 4)
    return gio4j.select(pool, sample(100, 4, seed=1) + 1, PICKS)


@pytest.fixture(scope="module")
def page(found: gio4j.Selection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [f"record {row} of many" for row in range(ROWS)]
    texts[found.indices[1]] = HOSTILE
    path = tmp_path_factory.mktemp("page") / "page.html"
    labels = np.arange(ROWS) % 3
    found.save_html(path, text=texts, color_by=labels)
    return path


def test_a_page_of_100000_rows_is_small(page: Path) -> None:
    assert page.stat().st_size < 30 * ROWS


def use(page: Path, script: str, *options: str) -> dict[str, Any]:
    """What a script saw on the page."""
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on PATH")
    copy = page.with_name("used.html")
    copy.write_text(page.read_text(encoding="utf-8") + WAITED % script, encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"),
            *("--disable-dev-shm-usage", f"--user-data-dir={page.parent / 'profile'}"),
            *(f"--virtual-time-budget={MILLISECONDS}", "--dump-dom", *options, copy.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=110,
    )
    result = re.search('<pre id="seen">(.*?)</pre>', done.stdout, re.S)
    assert result, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(unescape(result[1]))
    assert "problem" not in seen, seen
    return seen


def test_the_table_sorts_and_filters(page: Path, found: gio4j.Selection) -> None:
    seen = use(
        page,
        """
        seen.order = cells(0);
        seen.count = text("count");
        click(head(1).querySelector("button"));
        seen.rows = cells(1);
        seen.sort = head(1).getAttribute("aria-sort");
        click(head(1).querySelector("button"));
        seen.down = cells(1);
        click(document.getElementById("more"));
        seen.more = cells(1).length;
        fill("filter", "<\\/SCRIPT>");
        seen.found = cells(1);
        seen.text = cells(8);
        seen.bold = document.querySelectorAll("#picks b").length;
        fill("filter", "no such record");
        seen.none = text("count");
        seen.title = document.title;
        """,
    )
    rows = np.sort(found.indices)
    assert [int(order) for order in seen["order"]] == list(range(1, 101))
    assert seen["count"] == "100 of 1,000 shown"
    assert [int(row) for row in seen["rows"]] == rows[:100].tolist()
    assert seen["sort"] == "ascending"
    assert [int(row) for row in seen["down"]] == rows[::-1][:100].tolist()
    assert seen["more"] == 200
    assert [int(row) for row in seen["found"]] == [found.indices[1]]
    assert (seen["text"], seen["bold"]) == ([HOSTILE], 0)
    assert seen["none"] == "0 of 0 shown"
    assert seen["title"] == "gio4j: 1,000 of 100,000 rows"


def test_points_show_their_record(page: Path, found: gio4j.Selection) -> None:
    seen = use(
        page,
        """
        key("ArrowRight");
        seen.first = text("record");
        key("ArrowRight");
        seen.second = text("record");
        key("ArrowLeft"); key("ArrowLeft");
        seen.last = text("record");
        for (const name of ["picked", "target"]) click(document.getElementById("show-" + name));
        const map = document.getElementById("map").getBoundingClientRect();
        document.getElementById("map").dispatchEvent(new PointerEvent("pointermove", {
          clientX: map.left + map.width / 2, clientY: map.top + map.height / 2,
        }));
        seen.pool = text("record");
        click(document.querySelectorAll("#picks td button")[2]);
        seen.third = text("record");
        """,
    )
    rows = found.indices.tolist()
    assert f"picked: row {rows[0]} · {rows[0] % 3} · pick 1 · mode" in seen["first"]
    assert f"record {rows[0]} of many" in seen["first"]
    assert HOSTILE in seen["second"]
    assert f"pick {PICKS}" in seen["last"]
    row = re.match(r"pool: row (\d+) · \d\s+record (\d+) of many", seen["pool"])
    assert row
    assert row[1] == row[2]
    assert f"picked: row {rows[2]} " in seen["third"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn_in_both_schemes(page: Path, scheme: str) -> None:
    seen = use(
        page,
        """
        const drawn = () => { pointMap.draw(); return pixels(); };
        const style = getComputedStyle(document.body);
        seen.colours = [style.color, style.backgroundColor];
        seen.all = drawn();
        click(document.getElementById("show-pool"));
        seen.less = drawn();
        key("+");
        seen.near = drawn();
        key("0");
        seen.again = drawn();
        seen.wide = document.documentElement.scrollWidth > innerWidth;
        """,
        f"--blink-settings=preferredColorScheme={int(scheme == 'light')}",
    )
    ink, ground = ([int(part) for part in re.findall(r"\d+", each)] for each in seen["colours"])
    assert (sum(ink) < sum(ground)) == (scheme == "light")
    assert seen["all"] > seen["less"] > 1000
    assert seen["again"] == seen["less"] != seen["near"]
    assert not seen["wide"]
