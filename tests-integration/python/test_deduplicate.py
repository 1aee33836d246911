"""`gio4j.deduplicate` against its rule over all pairs, in NumPy's doubles."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gio4j
from gio4j._cli.main import main
from gio4j.errors import InvalidInputError

RANDOM = np.random.default_rng(0)


def planted(rows: int, columns: int, scale: float = 1.0, offset: float = 0.0) -> Any:
    """Rows around ten places, every third of them a copy or near copy of another."""
    values = RANDOM.normal(size=(10, columns))[RANDOM.integers(10, size=rows)]
    values += RANDOM.normal(scale=0.7, size=(rows, columns))
    for row in range(2, rows, 3):
        noise = RANDOM.choice([0.0, 0.05, 0.2]) * RANDOM.normal(size=columns)
        values[row] = values[RANDOM.integers(row)] + noise
    return (offset + scale * values).astype(np.float32)


def unit(rows: Any) -> Any:
    """Rows as the engine divides them."""
    wide = rows.astype(np.float64)
    return (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)


def squared(x: Any, y: Any) -> Any:
    """All squared distances."""
    return ((x[:, None].astype(np.float64) - y[None].astype(np.float64)) ** 2).sum(2)


def rule(table: Any, order: Any, limit: float, chains: bool) -> tuple[Any, Any]:
    """Rows kept, and for each row the one that it is dropped for, -1 for none."""
    dropped = np.zeros(len(table), bool)
    for place, row in enumerate(order):
        before = order[:place]
        before = before if chains else before[~dropped[before]]
        dropped[row] = (table[row, before] <= limit).any()
    near = np.full(len(table), -1)
    for place, row in enumerate(order):
        among = order[:place] if chains else order[~dropped[order]]
        if dropped[row]:
            near[row] = among[table[row, among].argmin()]
    return np.flatnonzero(~dropped), near


def check(found: gio4j.Duplicates, table: Any, order: Any, limit: float) -> None:
    """The answer is that of the rule."""
    kept, near = rule(table, order, limit, found.chains)
    assert found.kept.tolist() == kept.tolist()
    assert found.dropped.tolist() == np.flatnonzero(near >= 0).tolist()
    assert found.near.tolist() == near[near >= 0].tolist()
    apart = np.sqrt(table[found.dropped, found.near])
    np.testing.assert_allclose(found.distances, apart, rtol=1e-12)


@pytest.mark.parametrize("chains", [False, True])
@pytest.mark.parametrize("keep", ["first", "last", "score"])
def test_answers_are_those_of_the_rule(keep: str, chains: bool) -> None:
    rows = planted(600, 24)
    scores = RANDOM.integers(9, size=600) if keep == "score" else None
    order = {"first": np.arange(600), "last": np.arange(600)[::-1]}.get(keep)
    order = np.argsort(-scores, kind="stable") if order is None else order
    found = gio4j.deduplicate(rows, 0.9, keep=keep, chains=chains, scores=scores)
    table = squared(unit(rows), unit(rows))
    check(found, table, order, 2 - 2 * 0.9)
    assert 200 < len(found.kept) < 500
    for threshold in (0.95, 0.99, 1.0):
        stricter = found.rethreshold(threshold)
        check(stricter, table, order, 2 - 2 * threshold)
        assert stricter.threshold == threshold
        again = gio4j.deduplicate(rows, threshold, keep=keep, chains=chains, scores=scores)
        assert again.near.tolist() == stricter.near.tolist()
        assert again.distances.tolist() == stricter.distances.tolist()
    with pytest.raises(InvalidInputError, match="farther apart are not known"):
        found.rethreshold(0.8)


@pytest.mark.parametrize(
    ("columns", "scale", "offset"), [(3, 1, 0), (120, 1e-15, 0), (8, 1e15, 0), (12, 1, 1e3)]
)
def test_distances_at_any_scale(columns: int, scale: float, offset: float) -> None:
    rows = planted(500, columns, scale, offset)
    radius = 0.3 * np.sqrt(columns) * scale
    found = gio4j.deduplicate(rows, radius, metric="euclidean")
    check(found, squared(rows, rows), np.arange(500), radius * radius)
    assert found.to_frame().column_names == ["id", "max_id", "distance"]
    with pytest.raises(InvalidInputError, match="similarities"):
        _ = found.similarities
    with pytest.raises(InvalidInputError, match="threshold=None"):
        gio4j.deduplicate(rows, metric="euclidean")


def test_many_rows_in_clusters() -> None:
    rows = planted(3_000, 110)
    wide = unit(rows).astype(np.float64)
    near = np.argwhere(np.triu(wide @ wide.T, 1) > 0.95 - 1e-6)
    found = gio4j.deduplicate(rows, 0.95)
    pairs = {(int(i), int(j)) for i, j in near if ((wide[i] - wide[j]) ** 2).sum() <= 2 - 2 * 0.95}
    known = found._known_pairs()
    equal = {(int(known.copy_of[i]), i) for i in range(3_000) if known.copy_of[i] != i}
    unlike = {(min(p), max(p)) for p in zip(known.earlier, known.later, strict=True)}
    assert unlike == {pair for pair in pairs if known.copy_of[pair[1]] == pair[1]} - {
        pair for pair in pairs if known.copy_of[pair[0]] != pair[0]
    }
    assert equal <= pairs
    assert len(unlike) > 300
    assert len(equal) > 100


def test_chance_and_centres_decide_by_the_seed() -> None:
    rows = planted(300, 6)
    table = squared(unit(rows), unit(rows))
    for keep in ("random", "hard", "easy"):
        answers = [gio4j.deduplicate(rows, keep=keep, seed=seed) for seed in (1, 1, 2)]
        assert answers[0].kept.tolist() == answers[1].kept.tolist()
        if keep == "random":
            assert answers[0].kept.tolist() != answers[2].kept.tolist()
        for found in answers:  # no two are near, and each dropped row has a kept one
            apart = table[np.ix_(found.kept, found.kept)]
            np.fill_diagonal(apart, 4)
            assert (apart > 2 - 2 * 0.9).all()
            assert np.isin(found.near, found.kept).all()
    model = gio4j.kmeans(rows, 100, metric="cosine", seed=1)
    apart = np.linalg.norm(unit(rows).astype(float) - model.centers[model.assignments], axis=1)
    far = np.argsort(-apart.astype(np.float32), kind="stable")
    near = np.argsort(apart.astype(np.float32), kind="stable")
    check(gio4j.deduplicate(rows, keep="hard", seed=1), table, far, 2 - 2 * 0.9)
    check(gio4j.deduplicate(rows, keep="easy", seed=1), table, near, 2 - 2 * 0.9)


def test_a_budget_takes_the_strictest_threshold_that_fits() -> None:
    rows = planted(400, 12)
    for chains in (False, True):
        whole = gio4j.deduplicate(rows, 0.7, chains=chains)
        for budget in (len(whole.kept), 330, 390):
            found = gio4j.deduplicate(rows, 0.7, budget, chains=chains)
            assert len(found.kept) <= budget
            again = gio4j.deduplicate(rows, found.threshold, chains=chains)
            assert again.kept.tolist() == found.kept.tolist()
        stricter = float(np.nextafter(found.threshold, 2))
        assert stricter > 1 or len(found.rethreshold(stricter).kept) >= len(found.kept)
    with pytest.raises(InvalidInputError, match=r"budget=3: threshold=0.7 keeps \d+ rows"):
        gio4j.deduplicate(rows, 0.7, 3)


def test_against_a_second_set_only_its_rows_count() -> None:
    rows, others = planted(300, 8), planted(40, 8)
    rows[7] = others[3] * 2
    rows[9] = rows[8]
    table = squared(unit(rows), unit(others))
    for threshold in (0.9, 0.97, 1.0):
        found = gio4j.deduplicate(rows, 0.9, against=others).rethreshold(threshold)
        near = np.flatnonzero(table.min(1) <= 2 - 2 * threshold)
        assert found.dropped.tolist() == near.tolist()
        assert found.near.tolist() == table[near].argmin(1).tolist()
        assert sorted([*found.kept, *found.dropped]) == list(range(300))
    assert 7 in gio4j.deduplicate(rows, 0.9999999, against=others).dropped
    assert set(found.counts) == {1}
    others[0, 0] = np.nan
    skipped = gio4j.deduplicate(rows, 0.9, against=others, missing="skip")
    np.testing.assert_allclose(
        np.sqrt(table[skipped.dropped, skipped.near]), skipped.distances, atol=1e-6
    )
    for argument in ({"budget": 5}, {"chains": True}, {"keep": "score", "scores": rows[:, 0]}):
        with pytest.raises(InvalidInputError, match="no meaning with against="):
            gio4j.deduplicate(rows, against=rows[:3], **argument)


def test_counts_and_groups_add_up() -> None:
    rows = planted(500, 5)
    for chains in (False, True):
        found = gio4j.deduplicate(rows, 0.95, chains=chains)
        assert found.counts.sum() == 500
        groups = found.groups
        assert sorted(row for group in groups.values() for row in group) == found.dropped.tolist()
        for kept, count in zip(found.kept.tolist(), found.counts.tolist(), strict=True):
            assert count == 1 + len(groups.get(kept, []))
        assert set(groups) <= set(found.kept.tolist())
    picked = gio4j.select(found.take(rows), None, 50, weights=found.counts)
    assert len(picked) > 0


def test_rows_that_lack_a_number_are_neither_kept_nor_dropped() -> None:
    rows = planted(200, 6)
    bad = rows.copy()
    bad[[3, 50]] = np.nan
    bad[60] = 0
    whole = np.setdiff1d(np.arange(200), [3, 50, 60])
    found = gio4j.deduplicate(bad, missing="skip")
    plain = gio4j.deduplicate(rows[whole])
    assert found.kept.tolist() == whole[plain.kept].tolist()
    assert found.near.tolist() == whole[plain.near].tolist()
    assert found.rethreshold(0.97).near.tolist() == whole[plain.rethreshold(0.97).near].tolist()
    assert found.pool_rows == 200
    scores = RANDOM.random(200)
    scored = gio4j.deduplicate(bad, missing="skip", keep="score", scores=scores)
    assert scored.kept.tolist() == (
        whole[gio4j.deduplicate(rows[whole], keep="score", scores=scores[whole]).kept].tolist()
    )
    with pytest.raises(InvalidInputError, match="row 3 is not finite"):
        gio4j.deduplicate(bad)
    with pytest.raises(InvalidInputError, match="row 60 is all zeros"):
        gio4j.deduplicate(np.where(np.isnan(bad), 1, bad))


def test_one_row_and_equal_rows() -> None:
    assert gio4j.deduplicate([[1.0, 2.0]]).kept.tolist() == [0]
    found = gio4j.deduplicate(np.ones((1_000, 3)), 1.0)
    assert found.kept.tolist() == [0]
    assert found.counts.tolist() == [1_000]
    zeros = gio4j.deduplicate(np.zeros((5, 3)), 0, metric="euclidean", keep="last")
    assert zeros.kept.tolist() == [4]
    assert zeros.groups == {4: [0, 1, 2, 3]}
    nothing = gio4j.deduplicate(np.eye(4), 0.5)
    assert nothing.groups == {}
    assert nothing.to_frame().num_rows == 0


def test_more_pairs_than_memory() -> None:
    """Rows are taken in parts then; the engine's room for pairs is made small in Java's tests."""
    found = gio4j.deduplicate(planted(50, 4), 0.9)
    lost = pickle.loads(pickle.dumps(found))
    assert lost.rethreshold(0.99).kept.tolist() == found.rethreshold(0.99).kept.tolist()
    object.__setattr__(lost, "_pairs", None)
    with pytest.raises(InvalidInputError, match="more near pairs than"):
        lost.rethreshold(0.99)


def test_files(tmp_path: Path) -> None:
    rows = planted(80, 4)
    found = gio4j.deduplicate(rows, 0.95)
    found.save(tmp_path / "dropped.parquet")
    table = pq.read_table(tmp_path / "dropped.parquet")
    assert table.column_names == ["id", "max_id", "cosine_sim_score"]
    assert table["id"].to_pylist() == found.dropped.tolist()
    cosines = (unit(rows)[found.dropped].astype(float) * unit(rows)[found.near]).sum(1)
    np.testing.assert_allclose(table["cosine_sim_score"].to_numpy(), cosines, atol=2e-7)
    assert found.to_frame("pandas")["max_id"].tolist() == found.near.tolist()
    with pytest.raises(InvalidInputError, match=r"\.parquet"):
        found.save(tmp_path / "dropped.csv")


def test_select_leaves_duplicates_out() -> None:
    rows, target = planted(400, 6), planted(30, 6)
    found = gio4j.deduplicate(rows, 0.95)
    picked = gio4j.select(rows, target, 40, metric="cosine", dedup=0.95)
    alone = gio4j.select(rows[found.kept], target, 40, metric="cosine")
    assert picked.indices.tolist() == found.kept[alone.indices].tolist()
    assert picked.facts["duplicate_rows"] == len(found.dropped)
    selector = gio4j.Selector(40, metric="cosine", dedup=0.95).fit(rows, target)
    assert selector.indices_.tolist() == picked.indices.tolist()
    assert picked.options["dedup"] == 0.95
    assert picked.pool_rows == 400
    by_distance = gio4j.select(rows, target, 40, dedup=found)
    assert set(by_distance) <= set(found.kept.tolist())
    assert set(gio4j.select(rows, target, 40)) - set(found.kept.tolist())
    scores = RANDOM.random(400)
    top = gio4j.select(rows, target, 5, "dsdm", scores=scores, dedup=found)
    assert top.indices.tolist() == found.kept[np.argsort(-scores[found.kept])[:5]].tolist()
    twin = int(found.dropped[0])
    more = gio4j.select(rows, target, len(found.kept), dedup=found, existing=[twin])
    assert twin not in more
    assert len(more) == len(found.kept)
    bad = rows.copy()
    bad[int(found.kept[-1])] = np.nan
    with pytest.raises(InvalidInputError, match=f"row {found.kept[-1]} is not finite"):
        gio4j.select(bad, target, 5, dedup=found)
    skipped = gio4j.select(bad, target, 5, dedup=found, missing="skip")
    assert skipped.facts["skipped_rows"] == 1
    with pytest.raises(InvalidInputError, match="dedup: is of a pool of 400 rows"):
        gio4j.select(rows[:90], target, 5, dedup=found)
    with pytest.raises(InvalidInputError, match="dedup=2: needs -1 to 1"):
        gio4j.select(rows, target, 5, dedup=2, metric="cosine")


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = planted(90, 4)
    texts = [f"text {row}" for row in range(90)]
    pool, scores = tmp_path / "pool.parquet", tmp_path / "scores.npy"
    pq.write_table(pa.table({"text": texts, "vector": list(rows)}), pool)
    np.save(scores, np.arange(90.0))
    out, dropped = tmp_path / "kept.parquet", tmp_path / "dropped.parquet"
    asked = ["deduplicate", str(pool), "--threshold", "0.95", "-o", str(out)]
    assert (
        main([*asked, "--keep", "score", "--scores", str(scores), "--dropped", str(dropped)]) == 0
    )
    found = gio4j.deduplicate(rows, 0.95, keep="score", scores=np.arange(90))
    written = pq.read_table(out)
    assert written["row"].to_pylist() == found.kept.tolist()
    assert written["count"].to_pylist() == found.counts.tolist()
    assert written["text"].to_pylist() == found.take(texts)
    assert pq.read_table(dropped)["max_id"].to_pylist() == found.near.tolist()
    assert f"{len(found.kept)} of 90 rows kept" in capsys.readouterr().out
    other = ["--against", str(pool), "--budget", "3"]
    assert main(["deduplicate", str(pool), *other]) == 1
    assert "--budget 3: has no meaning with --against" in capsys.readouterr().err
    assert main(["select", str(pool), "--budget", "9", "--dedup", "0.2", "--json"]) == 0
    assert '"duplicate_rows"' in capsys.readouterr().out
