"""Scores of rows beside NumPy, over groups, scales and rows left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.parquet
import pytest
from harness import sample
from scipy.spatial.distance import cdist

import gio4j
from gio4j._cli.main import main
from gio4j.errors import InvalidInputError, InvalidTypeError

POOL, TARGET = sample(400, 6), sample(30, 6, seed=1)
LABELS = [["maths", "code", "law"][row % 7 % 3] for row in range(30)]
PLACES = np.array([{"maths": 0, "code": 1, "law": 2}[label] for label in LABELS])
Numbers = npt.NDArray[np.float64]


def unit(rows: npt.NDArray[Any]) -> Numbers:
    return rows / np.linalg.norm(rows.astype(float), axis=1)[:, None]


def by_group(products: Numbers, how: str) -> Numbers:
    kind = np.mean if how == "mean" else np.max
    return np.stack([kind(products[:, group == PLACES], axis=1) for group in range(3)], axis=1)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("how", ["mean", "max"])
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_products(metric: str, how: Any, scale: float) -> None:
    pool = (POOL * scale).astype(np.float32)
    products = unit(pool) @ unit(TARGET).T if metric == "cosine" else pool.astype(float) @ TARGET.T
    size = np.abs(products).max()
    asked = {"metric": metric, "how": how}
    whole = products.mean(axis=1) if how == "mean" else products.max(axis=1)
    np.testing.assert_allclose(gio4j.score(pool, TARGET, **asked), whole, atol=3e-7 * size)
    each = gio4j.score(pool, TARGET, **asked, groups=LABELS, per_group=True)
    np.testing.assert_allclose(each, by_group(products, how), atol=3e-7 * size)
    best = gio4j.score(pool, TARGET, **asked, groups=LABELS)
    np.testing.assert_array_equal(best, each.max(axis=1))


def test_zeros_score_zero_and_rows_left_out_nan() -> None:
    pool = POOL.copy()
    pool[3] = 0
    assert gio4j.score(pool, TARGET, metric="cosine")[3] == 0
    pool[5, 2] = np.nan
    target = TARGET.copy()
    target[4, 0] = np.nan
    found = gio4j.score(pool, target, "max", missing="skip", groups=LABELS, per_group=True)
    assert np.isnan(found[5]).all()
    keep = np.arange(30) != 4
    expected = pool.astype(float) @ TARGET.T
    for group in range(3):
        chosen = expected[:, keep & (group == PLACES)].max(axis=1)
        np.testing.assert_allclose(np.delete(found[:, group], 5), np.delete(chosen, 5), rtol=1e-6)


@pytest.mark.parametrize("groups", [None, LABELS])
def test_rows_take_turns_as_round_robin_picks(groups: list[str] | None) -> None:
    scores = gio4j.score(POOL, TARGET, "round_robin", groups=groups, seed=3)
    picks = gio4j.select(POOL, TARGET, 400, "round_robin", groups=groups, seed=3).indices
    assert scores[picks].tolist() == [-place for place in range(400)]
    assert (gio4j.score(POOL, TARGET, "round_robin", groups=groups, seed=4) != scores).any()


@pytest.mark.parametrize(
    ("metric", "offset"), [("euclidean", 0.0), ("euclidean", 1e6), ("cosine", 0.0)]
)
def test_density_ratio(metric: str, offset: float) -> None:
    pool, target = POOL.astype(float) + offset, TARGET.astype(float) + offset
    of = unit if metric == "cosine" else lambda rows: rows
    # The sample has the whole pool, of less than 1,000 rows.
    others = np.sort(cdist(of(pool), of(pool)), axis=1)[:, 3]
    found = gio4j.score(
        pool, target, "density_ratio", k=3, metric=metric, groups=LABELS, per_group=True
    )
    for group in range(3):
        wanted = target[group == PLACES]
        near = np.sort(cdist(of(pool), of(wanted)), axis=1)[:, 2]
        expected = 6 * np.log(others / near) + np.log(399 / len(wanted))
        np.testing.assert_allclose(found[:, group], expected, atol=1e-3)
    plain = gio4j.score(pool, target, "density_ratio", metric=metric)
    near = np.sort(cdist(of(pool), of(target)), axis=1)[:, 4]
    others = np.sort(cdist(of(pool), of(pool)), axis=1)[:, 5]
    np.testing.assert_allclose(plain, 6 * np.log(others / near) + np.log(399 / 30), atol=1e-3)


def test_the_sample_of_the_pool_is_drawn_by_the_seed() -> None:
    random = np.random.default_rng(0)
    pool, target = random.normal(size=(3000, 1)), 1 + random.normal(size=(2000, 1))
    found = gio4j.score(pool, target, "density_ratio", k=50)
    assert np.abs(found - (pool[:, 0] - 0.5)).mean() < 0.3
    assert (found == gio4j.score(pool, target, "density_ratio", k=50, seed=0)).all()
    assert (found != gio4j.score(pool, target, "density_ratio", k=50, seed=1)).any()


def test_copies_of_target_rows_are_finite() -> None:
    found = gio4j.score(np.vstack([POOL, TARGET[:3]]), TARGET, "density_ratio", k=1)
    assert np.isfinite(found).all()
    assert set(np.argsort(-found)[:3]) == {400, 401, 402}
    same = gio4j.score(np.ones((9, 2)), np.ones((4, 2)), "density_ratio", k=2)
    assert np.isfinite(same).all()


def test_checkpoints_have_scores() -> None:
    pool, target = [(POOL[:, :4], 3), (POOL[:, 4:], 1)], [(TARGET[:, :4], 3), (TARGET[:, 4:], 1)]
    weights = np.repeat([0.75, 0.25], [4, 2])
    expected = (POOL * weights) @ TARGET.mean(axis=0)
    np.testing.assert_allclose(gio4j.score(pool, target), expected, atol=1e-6)
    scaled = POOL * np.sqrt(weights), TARGET * np.sqrt(weights)
    np.testing.assert_allclose(
        gio4j.score(pool, target, "density_ratio"),
        gio4j.score(*scaled, "density_ratio"),
        atol=1e-4,
    )


def trak(models: list[Any], targets: list[Any], factors: list[Any], ridge: float) -> Numbers:
    """As the authors' program: the mean of products, times the mean of factors."""
    products = []
    for rows, wanted in zip(models, targets, strict=True):
        gram = rows.T.astype(float) @ rows + ridge * np.eye(rows.shape[1])
        inverse = np.linalg.inv(gram)
        inverse /= np.abs(inverse).mean()
        products.append(rows @ inverse @ wanted.T)
    scores: Numbers = np.mean(products, axis=0) * np.mean(factors, axis=0)[:, None]
    return scores


@pytest.mark.parametrize("ridge", [None, 0.0, 50.0])
def test_trak(ridge: float | None) -> None:
    others, of_others = sample(400, 9, seed=5), sample(30, 9, seed=6)
    factors = [np.random.default_rng(each).uniform(size=400) for each in range(2)]
    one = gio4j.score(POOL, TARGET, "trak", ridge=ridge, out_to_loss=factors[0][:, None])
    expected = trak([POOL], [TARGET], factors[:1], ridge or 0)
    np.testing.assert_allclose(one, expected.mean(axis=1), rtol=1e-9, atol=1e-12)
    both = [(POOL, 1), (others, 1)], [(TARGET, 1), (of_others, 1)]
    found = gio4j.score(*both, "trak", ridge=ridge, out_to_loss=factors, groups=LABELS)
    expected = trak([POOL, others], [TARGET, of_others], factors, ridge or 0)
    np.testing.assert_allclose(found, by_group(expected, "mean").max(axis=1), atol=1e-9)
    if ridge:
        assert np.abs(one - gio4j.score(POOL, TARGET, "trak", out_to_loss=factors[0])).max() > 1e-3


def test_trak_reads_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = gio4j.score(POOL, TARGET, "trak", groups=LABELS)
    monkeypatch.setattr("gio4j._rows.project._BLOCK_NUMBERS", 100)
    np.testing.assert_allclose(gio4j.score(POOL, TARGET, "trak", groups=LABELS), expected)


def test_trak_of_rows_left_out_and_of_models_by_weight() -> None:
    pool = POOL.copy()
    pool[7] = np.nan
    factors = np.linspace(0.1, 1, 400)
    found = gio4j.score(pool, TARGET, "trak", out_to_loss=factors, missing="skip")
    left = gio4j.score(
        np.delete(POOL, 7, axis=0), TARGET, "trak", out_to_loss=np.delete(factors, 7)
    )
    assert np.isnan(found[7])
    np.testing.assert_allclose(np.delete(found, 7), left)
    others, of_others = sample(400, 9, seed=5), sample(30, 9, seed=6)
    both = gio4j.score([(POOL, 3), (others, 1)], [(TARGET, 3), (of_others, 1)], "trak")
    expected = 0.75 * gio4j.score(POOL, TARGET, "trak") + 0.25 * gio4j.score(
        others, of_others, "trak"
    )
    np.testing.assert_allclose(both, expected, atol=1e-12)


def test_trak_of_fewer_rows_than_columns_needs_a_ridge() -> None:
    with pytest.raises(
        InvalidInputError, match=r"ridge=0: .* no inverse; pass ridge= above 0"
    ) as no:
        gio4j.score(POOL[:4], TARGET, "trak")
    cure = float(str(no.value).partition("such as ")[2].partition(",")[0])
    assert np.isfinite(gio4j.score(POOL[:4], TARGET, "trak", ridge=cure)).all()
    with pytest.raises(InvalidInputError, match="pool: all of its rows are zeros"):
        gio4j.score(np.zeros((9, 6)), TARGET, "trak", ridge=1)


def test_scores_are_those_that_select_takes() -> None:
    scores = gio4j.score(POOL, TARGET)
    found = gio4j.select(POOL, TARGET, 9, "dsdm", scores=scores)
    assert list(found) == list(gio4j.select(POOL, TARGET, 9, "less"))


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"how": "median"}, InvalidInputError, "how='median'"),
        ({"k": 3}, InvalidInputError, "k=3: only how='density_ratio' has one"),
        ({"min_tokens": 3}, InvalidInputError, "min_tokens=3: only how='dsir' has one"),
        ({"ridge": 1}, InvalidInputError, "ridge=1: only how='trak' has one"),
        ({"how": "trak", "ridge": -1}, InvalidInputError, "ridge=-1: needs at least 0"),
        (
            {"how": "trak", "out_to_loss": [1.0] * 3},
            InvalidInputError,
            "out_to_loss: are 3 for the 400 rows",
        ),
        (
            {"how": "trak", "out_to_loss": [np.ones(400)] * 2},
            InvalidInputError,
            "out_to_loss: are of 2 models, and pool has 1",
        ),
        (
            {"how": "trak", "out_to_loss": np.full(400, np.inf)},
            InvalidInputError,
            "out_to_loss: row 0 is inf; needs finite numbers",
        ),
        ({"per_group": True}, InvalidInputError, "per_group=True: there are no groups"),
        ({"groups": LABELS[:3]}, InvalidInputError, "groups: are 3 for the 30 rows"),
        ({"groups": [1.5] * 30}, InvalidTypeError, "groups: row 0 is 1.5; needs an integer or a"),
        (
            {"how": "round_robin", "groups": LABELS, "per_group": True},
            InvalidInputError,
            "per_group=True: with how='round_robin'",
        ),
        ({"how": "density_ratio", "k": 31}, InvalidInputError, "k=31: .*at most 30|k=31: needs 1"),
        ({"target": TARGET[:, :3]}, InvalidInputError, "pool|columns"),
        ({"how": "dsir"}, InvalidTypeError, "target: is numpy.ndarray"),
        (
            {"how": "dsir", "pool": ["a"], "target": ["a"], "metric": "cosine"},
            InvalidInputError,
            "metric: how='dsir' takes texts",
        ),
    ],
)
def test_what_does_not_fit(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        gio4j.score(**{"pool": POOL, "target": TARGET, **options})


def test_from_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    factors = np.linspace(1, 2, 400)
    for name, rows in (("pool", POOL), ("target", TARGET), ("factors", factors)):
        np.save(f"{name}.npy", rows)
    command = ["score", "pool.npy", "target.npy"]
    expected = gio4j.score(POOL, TARGET, "max", metric="cosine")
    assert main([*command, "--how", "max", "--metric", "cosine", "-o", "scores.npy"]) == 0
    assert f"best rows: {expected.argmax()}, " in capsys.readouterr().out
    np.testing.assert_array_equal(np.load("scores.npy"), expected)
    trak = ["--how", "trak", "--ridge", "5", "--out-to-loss", "factors.npy", "-o", "s.parquet"]
    assert main([*command, *trak]) == 0
    np.testing.assert_array_equal(
        pyarrow.parquet.read_table("s.parquet")["score"].to_numpy(),
        gio4j.score(POOL, TARGET, "trak", ridge=5, out_to_loss=factors),
    )
    np.save("groups.npy", LABELS)
    assert main([*command, "--groups", "groups.npy", "-o", "scores.npy"]) == 0
    np.testing.assert_array_equal(np.load("scores.npy"), gio4j.score(POOL, TARGET, groups=LABELS))
    capsys.readouterr()
    assert main([*command, "--how", "density_ratio", "--k", "3", "--seed", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["scores"] == gio4j.score(POOL, TARGET, "density_ratio", k=3, seed=1).tolist()
    pyarrow.parquet.write_table(pyarrow.table({"words": ["a b", "c"]}), "texts.parquet")
    texts = ["score", "texts.parquet:words", "texts.parquet:words", "--how", "dsir"]
    assert main([*texts, "--min-tokens", "2"]) == 0
    assert "2 scores, -inf to " in capsys.readouterr().out
    assert main([*command, "--k", "3"]) == 1
    assert "--k 3: only --how density_ratio has one" in capsys.readouterr().err
