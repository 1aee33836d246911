"""Limits of what may be picked: excluded rows, sources, costs, distances, rows to avoid."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

import gio4j
from gio4j._cli.main import main
from gio4j._methods.registry import METHODS
from gio4j.errors import GIOWarning

RANDOM = np.random.default_rng(3)
ROWS = 200
POOL = RANDOM.normal(size=(ROWS, 4)).astype(np.float32)
TARGET = (RANDOM.normal(size=(40, 4)) + 0.3).astype(np.float32)
SOURCE = np.array(["web", "books", "code", "news"])[np.arange(ROWS) * 7 % 4]
COSTS = 1 + np.arange(ROWS) * 13 % 29
ALL = [name for name, method in METHODS.items() if method.keeps_limits == "all"]


def picked(method: str = "balanced", budget: Any = 30, **options: Any) -> gio4j.Selection:
    if method == "dsdm":
        options["scores"] = POOL[:, 0]
    if method == "random_stratified":
        options.setdefault("source", SOURCE)
    if method == "tsds":
        options["alpha"] = 0.1
    if method == "omp":
        options["ridge"] = 0.5
        budget = 20 if budget == 30 else budget
    return gio4j.select(POOL, TARGET, budget, method, **options)


def counts(found: gio4j.Selection) -> dict[str, int]:
    return dict(zip(*np.unique(SOURCE[found.indices], return_counts=True), strict=True))


@pytest.mark.filterwarnings("ignore::gio4j.errors.GIOWarning")
@pytest.mark.parametrize("method", ALL)
def test_every_method_keeps_every_limit(method: str) -> None:
    excluded = np.arange(0, ROWS, 3)
    found = picked(method, exclude=excluded, source=SOURCE, caps={"web": 3, "code": 0.2})
    assert len(found)
    assert not set(found) & set(excluded)
    assert counts(found).get("web", 0) <= 3
    assert counts(found).get("code", 0) <= 6
    assert found.facts["picks_by_source"] == {
        name: counts(found).get(name, 0) for name in ("books", "code", "news", "web")
    }
    found = picked(method, source=SOURCE, floors={"books": 8, "news": 4})
    if found.stop_reason == "budget":
        assert counts(found)["books"] >= 8
        assert counts(found)["news"] >= 4
    found = picked(method, 100, costs=COSTS)
    assert COSTS[found.indices].sum() == found.facts["cost"] <= 100
    assert found.options["budget"] == 100
    existing = POOL[:3] + 0.01
    found = picked(method, min_distance=0.9, existing=existing)
    rows = np.concatenate([existing, POOL[found.indices]]).astype(float)
    apart = np.linalg.norm(rows[:, None] - rows, axis=2) + 9 * np.eye(len(rows))
    assert apart[3:].min() >= 0.9
    found = picked(method, avoid=TARGET, avoid_distance=1.0)
    assert len(found)
    near = np.linalg.norm(POOL[found.indices, None].astype(float) - TARGET, axis=2)
    assert near.min() > 1.0


def greedy(allowed: Any, budget: int) -> list[int]:
    """The rows of largest score that are allowed: what "dsdm" picks."""
    found: list[int] = []
    for row in np.argsort(-POOL[:, 0], kind="stable").tolist():
        if len(found) < budget and allowed(found, row):
            found.append(row)
    return found


def test_picks_are_those_of_the_rule() -> None:
    caps = {"web": 4, "books": 9}
    capped = picked("dsdm", source=SOURCE, caps=caps)
    assert list(capped) == greedy(
        lambda found, row: sum(SOURCE[found] == SOURCE[row]) < caps.get(SOURCE[row], ROWS),
        30,
    )
    floors = {"web": 12, "code": 9}

    def leaves_room(found: list[int], row: int) -> bool:
        mixture = SOURCE[[*found, row]]
        needed = sum(max(0, floor - sum(mixture == name)) for name, floor in floors.items())
        return needed <= 30 - len(mixture)

    assert list(picked("dsdm", source=SOURCE, floors=floors)) == greedy(leaves_room, 30)
    spent = picked("dsdm", 150, costs=COSTS)
    assert list(spent) == greedy(lambda found, row: COSTS[[*found, row]].sum() <= 150, ROWS)
    apart = picked("dsdm", min_distance=1.2)
    assert list(apart) == greedy(
        lambda found, row: (
            not found or np.linalg.norm(POOL[found].astype(float) - POOL[row], axis=1).min() >= 1.2
        ),
        30,
    )


def test_excluded_rows_are_numbers_or_a_mask() -> None:
    numbers = [3, 5, 199, 5]
    mask = np.zeros(ROWS, bool)
    mask[numbers] = True
    by_number, by_mask = picked(exclude=numbers), picked(exclude=mask)
    assert list(by_number) == list(by_mask)
    assert by_number.options["limits"] == {"exclude": 3}
    assert list(picked(exclude=[])) == list(picked())
    assert "limits" not in picked().options
    again = picked(exclude=picked())
    assert not set(again) & set(picked())


def test_numbers_are_those_of_the_rows_as_passed() -> None:
    """With rows that are left out, and with existing rows given by number."""
    gaps = POOL.copy()
    gaps[[0, 50, 120]] = np.nan
    found = gio4j.select(
        gaps,
        TARGET,
        120,
        "dsdm",
        scores=np.arange(ROWS),
        exclude=[199, 198],
        existing=[197, 100],
        source=SOURCE,
        caps={"web": 10},
        missing="skip",
    )
    taken = {0, 50, 120, 199, 198, 197, 100}
    expected: list[int] = []
    for row in range(ROWS - 1, -1, -1):
        is_capped = SOURCE[row] == "web" and sum(SOURCE[expected] == "web") == 10
        if row not in taken and not is_capped and len(expected) < 120:
            expected.append(row)
    assert list(found) == expected
    assert found.facts["picks_by_source"]["web"] == 10


@pytest.mark.parametrize(
    "source",
    [
        SOURCE,
        SOURCE.tolist(),
        pd.Series(SOURCE),
        pd.Series(SOURCE, dtype="category"),
        pa.array(SOURCE),
        pa.chunked_array([SOURCE[:70], SOURCE[70:]]),
    ],
    ids=["numpy", "list", "pandas", "category", "pyarrow", "chunks"],
)
def test_sources_of_every_kind(source: Any) -> None:
    expected = picked(source=np.asarray(SOURCE), caps={"web": 1, "books": 0.1})
    assert list(picked(source=source, caps={"web": 1, "books": 0.1})) == list(expected)


def test_sources_by_integers_and_by_a_column_of_the_frame() -> None:
    numbers = np.unique(SOURCE, return_inverse=True)[1] * 10 - 5
    found = picked(source=numbers, caps={25: 1, np.int64(-5): 2})
    assert list(found) == list(picked(source=SOURCE, caps={"web": 1, "books": 2}))
    frame = pd.DataFrame({"vector": list(POOL), "domain": SOURCE})
    by_name = gio4j.select(
        frame, TARGET, 30, columns="vector", source="domain", caps={"web": 1, "books": 2}
    )
    assert list(by_name) == list(found)


def test_shares_follow_the_budget() -> None:
    # 0.29 * 100 is 28.999999999999996.
    found = picked("random", 100, source=SOURCE, caps={"web": 0.29}, floors={"code": 0.37})
    assert found.options["limits"] == {"caps": {"web": 29}, "floors": {"code": 37}}
    with pytest.warns(GIOWarning, match=r"allow no row that is left"):
        spent = picked(
            "random", 0.5, costs=COSTS, source=SOURCE, caps=dict.fromkeys(set(SOURCE), 0.2)
        )
    assert spent.options["budget"] == COSTS.sum() / 2
    for name in set(SOURCE):
        assert COSTS[spent.indices][SOURCE[spent.indices] == name].sum() <= COSTS.sum() / 10


def test_a_budget_in_costs() -> None:
    for budget, allowed in ((0.25, COSTS.sum() / 4), ("10%", COSTS.sum() / 10), (77, 77)):
        found = picked(budget=budget, costs=COSTS)
        left = np.setdiff1d(np.arange(ROWS), found.indices)
        spent = COSTS[found.indices].sum()
        assert found.stop_reason == "budget"
        assert allowed - COSTS[left].min() < spent == found.facts["cost"] <= allowed
    # A cost that float32 rounds down would exceed the budget.
    costs = np.full(ROWS, 16_777_217.0)
    assert len(picked(budget=16_777_217 * 3, costs=costs)) == 2
    everything = picked("random", int(COSTS.sum()), costs=COSTS)
    assert len(everything) == ROWS


def test_several_budgets_are_nested() -> None:
    few, many = picked(budget=[60, 300], costs=COSTS)
    assert list(few) == list(many[: len(few)])
    assert few.facts["cost"] <= 60 < COSTS[many.indices[: len(few) + 1]].sum()
    assert (few.options["budget"], many.options["budget"]) == (60, 300)
    some, more = picked(budget=[10, 40], source=SOURCE, caps={"web": 0.1})
    assert list(some) == list(more[:10])
    assert sum(some.facts["picks_by_source"].values()) == 10


def test_limits_that_end_a_selection_warn() -> None:
    with pytest.warns(GIOWarning, match=r"ended after \d+ rows, below the budget: the lim"):
        found = picked(min_distance=4.0)
    assert found.stop_reason == "limits"
    with pytest.warns(GIOWarning, match=r"rows of source 'web' are picked, and its floor is"):
        picked(source=SOURCE, floors={"web": 20}, min_distance=2.5)


def test_the_metric_of_distances() -> None:
    found = gio4j.select(POOL, TARGET, 20, "random", metric="cosine", min_distance=0.5)
    unit = POOL[found.indices] / np.linalg.norm(POOL[found.indices], axis=1, keepdims=True)
    apart = np.sqrt(np.maximum(0, 2 - 2 * unit @ unit.T)) + np.eye(20)
    assert apart.min() >= 0.5 - 1e-5
    plain = gio4j.select(POOL, TARGET, 20, "random", metric="cosine")
    assert list(plain) != list(found)


def test_rows_to_avoid_may_lie_far_from_the_origin() -> None:
    """An offset of the columns is subtracted from them as well."""
    far = POOL.astype(np.float64) + 1e7
    found = gio4j.select(far, TARGET + 1e7, 110, "random", avoid=far[:90])
    assert set(found) == set(range(90, ROWS))
    assert found.options["limits"] == {"avoid": 90, "avoid_distance": 0.0}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"exclude": [0, ROWS]}, f"exclude: row number {ROWS} at 1; the pool has rows 0 to {ROWS - 1}"),
    ({"exclude": np.zeros(3, bool)}, "exclude: is a mask of 3 for 200 rows"),
    ({"exclude": [0.5]}, "exclude=[0.5]: needs row numbers of the pool, or a mask"),
    ({"source": SOURCE[:9], "caps": {"web": 1}}, "source: has 9 rows, the pool had 200"),
    ({"source": [0.5] * ROWS, "caps": {0: 1}}, "source: row 0 is 0.5; needs an integer or a text"),
    ({"source": [0, "a"] * 100, "caps": {0: 1}}, "source: has integers and texts"),
    (
        {"source": SOURCE, "caps": {"bookz": 1}},
        "caps: 'bookz' is no label of source; the nearest is",
    ),
    ({"source": SOURCE, "caps": {"web": -1}}, "caps['web']=-1: needs 0 to"),
    ({"source": SOURCE, "caps": {"web": 1.5}}, "caps['web']=1.5: needs 0 to 1"),
    ({"source": SOURCE, "caps": ["web"]}, "caps=['web']: needs a dict such as"),
    ({"caps": {"web": 1}}, "caps: are of sources; pass source="),
    ({"floors": {"web": 1}}, "floors: are of sources; pass source="),
    ({"source": SOURCE, "floors": {"web": 51}, "budget": 90}, "floors['web']=51: needs at most 50"),
    (
        {"source": SOURCE, "floors": {"web": 9}, "caps": {"web": 8}},
        "floors['web']=9: needs at most 8, the cap of the source",
    ),
    ({"source": SOURCE, "floors": {"web": 20, "code": 11}}, "floors: need 31 rows together"),
    (
        {"source": SOURCE, "floors": {"web": 2}, "budget": [9, 30]},
        "floors: are met at the end of a",
    ),
    ({"source": SOURCE, "floors": {"web": 2}, "budget": None}, "budget: is missing, and floors="),
    ({"costs": COSTS, "budget": None}, "budget: is missing, and costs="),
    ({"costs": COSTS - 1}, "costs: row 0 is 0; needs a number above 0"),
    ({"costs": COSTS[1:]}, "costs: are 199 for 200 rows"),
    ({"costs": COSTS, "budget": 10**6}, "budget=1000000: needs at most"),
    ({"costs": COSTS + 50}, "budget: allows 30, and the cheapest row costs 51"),
    ({"costs": COSTS, "floors": {"web": 1}, "source": SOURCE}, "floors: count rows, and with"),
    ({"costs": COSTS, "weights": np.ones(ROWS)}, "weights: cannot be used beside costs="),
    ({"min_distance": -1.0}, "min_distance=-1.0: needs at least 0"),
    ({"avoid_distance": 0.5}, "avoid_distance=0.5: there is nothing to avoid"),
    ({"avoid": POOL[:, :2]}, "both"),
    ({"exclude": [1], "quantize": 20}, "exclude: is a limit of rows, and with quantize=20"),
    ({"method": "gtp", "min_distance": 0.5}, "min_distance: method 'gtp' keeps exclude= and"),
    ({"method": "gradient", "source": SOURCE, "caps": {"web": 1}}, "caps: method 'gradient' keeps"),
    ({"method": "kcenter", "scores": COSTS, "exclude": [1]}, "exclude: method 'kcenter' keeps no"),
    ({"method": "random_stratified"}, "source: is missing; method 'random_stratified' draws"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(message)) as refused:
        gio4j.select(POOL, TARGET, **{"budget": 30, **given})  # type: ignore[call-overload]
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("method", ["gtp", "gradient"])
def test_methods_that_keep_limits_of_rows_alone(method: str) -> None:
    excluded = picked(method, 3)
    found = picked(method, 3, exclude=excluded.indices, avoid=POOL[:50])
    assert len(found)
    assert not set(found) & (set(excluded) | set(range(50)))


def test_random_stratified() -> None:
    sizes = np.repeat(["a", "b", "c"], [150, 40, 10])
    equal = picked("random_stratified", 60, source=sizes)
    assert equal.facts["picks_by_source"] == {"a": 25, "b": 25, "c": 10}
    by_size = picked("random_stratified", 60, source=sizes, shares="size")
    assert by_size.facts["picks_by_source"] == {"a": 45, "b": 12, "c": 3}
    assert list(picked("random_stratified", 60, source=sizes, seed=1)) != list(equal)
    few, many = picked("random_stratified", [7, 60], source=sizes)
    assert list(few) == list(many[:7])


def test_selector() -> None:
    selector = gio4j.Selector(
        30, caps={"web": 2}, floors={"code": 10}, min_distance=0.2, avoid_distance=0.5
    )
    limits: dict[str, Any] = {"exclude": [1, 2], "source": SOURCE, "avoid": TARGET[:5]}
    fitted = selector.fit(POOL, TARGET, **limits)
    expected = picked(
        **limits, caps={"web": 2}, floors={"code": 10}, min_distance=0.2, avoid_distance=0.5
    )
    assert list(fitted.indices_) == list(expected)
    rows, labels = selector.fit_resample(POOL, SOURCE, target=TARGET, **limits)
    assert len(rows) == len(labels) == 30
    assert sum(labels == "web") <= 2
    spent = gio4j.Selector(100).fit(POOL, TARGET, costs=COSTS)
    assert spent.selection_.facts["cost"] <= 100


def test_saved_and_loaded(tmp_path: Path) -> None:
    found = picked(source=SOURCE, caps={"web": 2})
    found.save(tmp_path / "picked.parquet")
    loaded = gio4j.Selection.load(tmp_path / "picked.parquet")
    assert loaded.options["limits"] == {"caps": {"web": 2}}
    assert loaded.facts["picks_by_source"] == found.facts["picks_by_source"]
    assert found.report().to_dict()


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code = main(["select", "pool.npy", "target.npy", "--json", *arguments])
    said = capsys.readouterr()
    assert code == 0, said.err
    return json.loads(said.out)


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("pool.npy", POOL)
    np.save("target.npy", TARGET)
    np.save("exclude.npy", np.array([3, 4]))
    np.save("costs.npy", COSTS)
    np.save("avoid.npy", POOL[:20])
    numbers: npt.NDArray[np.int64] = np.arange(ROWS) % 5
    table = pa.table({"domain": SOURCE, "number": numbers})
    pyarrow.parquet.write_table(table, "rows.parquet")
    source = ("--source", "rows.parquet:domain")
    found = answer(
        capsys,
        *("--budget", "30", *source, "--cap", "web=2", "--cap", "code=10%", "--floor", "news=12"),
        *("--exclude", "exclude.npy", "--avoid", "avoid.npy", "--avoid-distance", "0.1"),
        *("--min-distance", "0.2"),
    )
    expected = picked(
        source=SOURCE,
        caps={"web": 2, "code": 0.1},
        floors={"news": 12},
        exclude=[3, 4],
        avoid=POOL[:20],
        avoid_distance=0.1,
        min_distance=0.2,
    )
    assert found["indices"] == list(expected)
    assert found["options"]["limits"] == expected.options["limits"]
    spent = answer(
        capsys,
        *("--budget", "100", "--costs", "costs.npy", "--source", "rows.parquet:number"),
        *("--cap", "3=7"),
    )
    assert spent["indices"] == list(picked(budget=100, costs=COSTS, source=numbers, caps={3: 7}))
    for arguments, message in (
        (("--cap", "web"), "--cap: needs a label, = and a number"),
        ((*source, "--cap", "wev=3"), "gio4j: --cap: 'wev' is no label of source"),
        (("--cap", "web=3"), "gio4j: --cap: are of sources; pass --source"),
        ((*source, "--floor", "web=31"), "gio4j: --floor: need 31 rows together"),
    ):
        with pytest.raises(SystemExit) if message[0] == "-" else nullcontext():
            assert main(["select", "pool.npy", "target.npy", "--budget", "30", *arguments]) == 1
        assert message in capsys.readouterr().err
