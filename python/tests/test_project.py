"""Projections keep inner products, and are what their formulas say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gio4j
from gio4j._rows import project as module
from gio4j.errors import InvalidInputError

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(size=(40, 3000)).astype(np.float32)


@pytest.mark.parametrize("kind", ["rademacher", "sparse"])
def test_inner_products_are_kept_in_the_mean(kind: Any) -> None:
    rows = ROWS[:, :800]
    exact = rows[:20].astype(float) @ rows[20:].T.astype(float)
    lengths = np.linalg.norm(rows[:20], axis=1)[:, None] * np.linalg.norm(rows[20:], axis=1)
    errors = []
    for seed in range(30):
        small = gio4j.project(rows, 64, kind, seed=seed).astype(float)
        errors.append((small[:20] @ small[20:].T - exact) / lengths)
    spread = np.std(errors)
    assert 0.9 / 8 < spread < 1.1 / 8
    # 400 pairs of 30 draws each: their mean is within five of its own deviations.
    assert abs(np.mean(errors)) < 5 * spread / np.sqrt(30)


@pytest.mark.parametrize("kind", ["rademacher", "sparse"])
def test_it_is_a_matrix_of_signs(kind: Any) -> None:
    matrix = gio4j.project(np.eye(3000, dtype=np.float32), 64, kind, seed=5)
    sizes = np.unique(np.abs(matrix))
    if kind == "rademacher":
        assert np.allclose(sizes, 1 / 8)
    else:
        assert np.allclose(sizes, [0, 1 / 2])
        assert ((matrix != 0).sum(axis=1) == 4).all()
        assert (matrix.reshape(-1, 4, 16) != 0).any(axis=2).all()
    assert abs(np.sign(matrix).sum()) < 5 * np.sqrt(np.count_nonzero(matrix))
    assert np.abs(np.corrcoef(matrix, rowvar=False) - np.eye(64)).max() < 0.15
    small = gio4j.project(ROWS, 64, kind, seed=5)
    assert np.allclose(small, ROWS @ matrix, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["rademacher", "sparse"])
def test_the_seed_decides(kind: Any) -> None:
    first = gio4j.project(ROWS, 8, kind, seed=1)
    assert np.array_equal(first, gio4j.project(ROWS, 8, kind, seed=1))
    assert not np.array_equal(first, gio4j.project(ROWS, 8, kind, seed=2))
    assert not np.array_equal(first, gio4j.project(ROWS, 8, kind, seed=-1))
    one, other = (gio4j.project(ROWS, 8, kind, seed=np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", ["rademacher", "sparse", "target"])
def test_blocks_change_nothing_but_roundings(
    kind: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = ROWS[:9] if kind == "target" else None
    whole = gio4j.project(ROWS, 8, kind, target=target)
    np.save(tmp_path / "rows.npy", ROWS)
    monkeypatch.setattr(module, "_BLOCK_NUMBERS", 7 * 3000)
    monkeypatch.setattr(module, "_KEPT_SIGNS", 0)
    again = gio4j.project(str(tmp_path / "rows.npy"), 8, kind, target=target)
    assert np.allclose(whole, again, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8])
def test_numbers_of_other_types_are_their_float32(dtype: Any) -> None:
    rows = (ROWS * 10).astype(dtype)
    expected = gio4j.project(rows.astype(np.float32), 8)
    assert np.array_equal(gio4j.project(rows, 8), expected)


def test_the_targets_directions_keep_its_inner_products_with_all_rows() -> None:
    target = ROWS[:6] * np.arange(1, 7, dtype=np.float32)[:, None]
    small = gio4j.project(ROWS, 6, "target", target=target)
    own = gio4j.project(target, 6, "target", target=target)
    assert np.allclose(small @ own.T, ROWS @ target.T, rtol=1e-3, atol=0.1)
    # Largest first, the directions orthogonal.
    assert np.allclose(own.T @ own, np.diag(np.linalg.svd(target)[1] ** 2), atol=2)
    assert np.allclose(
        np.abs(gio4j.project(ROWS, 2, "target", target=target)), np.abs(small[:, :2])
    )
    assert (own.sum(axis=0) > 0).all()


def test_the_engine_sees_the_answer() -> None:
    small = gio4j.project(ROWS, 8)
    assert small.dtype == np.float32
    assert module.source_of(small, "pool").materialised().array is small  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"columns": 0}, "columns=0: needs 1 to 2999; gradients have 3000"),
        ({"columns": 3000}, "columns=3000: needs 1 to 2999"),
        ({"kind": "gauss"}, "kind='gauss': needs one of 'rademacher', 'sparse', 'target'"),
        ({"kind": "target"}, "kind='target': needs target="),
        ({"target": ROWS}, "kind='rademacher': takes no target="),
        ({"kind": "target", "target": ROWS[:, :9]}, "gradients has 3000 columns, target 9"),
        ({"kind": "target", "target": ROWS[[0, 1, 0]]}, "the 3 rows of target have 2 directions"),
        ({"kind": "target", "target": ROWS[:2] * 0}, "have 0 directions; all are zero"),
        ({"gradients": np.where(np.eye(3, 9), np.nan, 1)}, "row 0, column 0 is nan, not finite"),
        ({"gradients": np.full((3, 9), 1e300)}, "is 1e\\+300, too large for float32"),
        ({"gradients": np.full((3, 9), 3e38, np.float32)}, "row 0 is too large, float32 cannot"),
    ],
)
def test_bad_arguments(keywords: dict[str, Any], said: str) -> None:
    with np.errstate(over="ignore"), pytest.raises(InvalidInputError, match=said):
        gio4j.project(
            **{"gradients": ROWS, "columns": 8 if "gradients" in keywords else 3} | keywords
        )
