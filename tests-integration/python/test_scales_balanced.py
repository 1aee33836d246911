"""The default selection at any scale: the picks of float64, and a word where there are none."""

from __future__ import annotations

import time

import numpy as np
import pytest

import gio4j

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*no_influence:gio4j.errors.GIOWarning", "ignore:select:gio4j.errors.GIOWarning"
)
UNIT = np.float64
SHAPES = (
    "plain",
    "narrow",
    "far",
    "skewed",
    "heavy-tailed",
    "discrete",
    "outliers",
    "clusters",
)


def rows_of(shape, random, count, columns, is_target):
    """Rows of a pool, or of the target that goes with it."""
    rows = random.normal(size=(count, columns))
    if shape == "narrow":
        rows = 0.4 + 0.003 * rows if is_target else rows
    elif shape == "far":
        rows = rows + (1000 if is_target else 1020)
    elif shape == "skewed":
        rows[:, 0] *= 1e3
        rows += 0.3 * is_target
    elif shape == "heavy-tailed":
        rows = random.standard_t(1.5, size=(count, columns)) + 0.3 * is_target
    elif shape == "discrete":
        rows = random.integers(0, 2, size=(count, columns)).astype(float)
        rows[:, 0] = (random.random(count) < (0.9 if is_target else 0.3)).astype(float)
    elif shape == "outliers":
        rows[:: 19 if is_target else 11] *= 1e8
    elif shape == "clusters":
        rows = 0.01 * rows + 10 * random.integers(0, 2 if is_target else 6, size=(count, 1))
    else:
        rows = rows + 0.5 * is_target
    return rows.astype(np.float32)


def kernel_of(name, distances, scale, alpha=1.0):
    """The similarity of rows at some distances, in float64."""
    scaled = distances / scale
    return {
        "rational": lambda: (1 + scaled**2 / (2 * alpha)) ** -alpha,
        "laplace": lambda: np.exp(-scaled),
        "gauss": lambda: np.exp(-(scaled**2) / 2),
        "log": lambda: -np.log1p(scaled**2) / 2,
        "euclidean": lambda: -distances,
    }[name]()


def distances_of(x, y):
    """All distances, from differences in float64."""
    return np.sqrt(((x[:, None].astype(UNIT) - y[None].astype(UNIT)) ** 2).sum(-1))


def assert_greedy(found, pool, target, kernel, alpha=1.0):
    """Goes along the picks: by float64 no row scores higher by more than 1e-5."""
    scale = found.facts.get("scale", 1.0)
    drawn = kernel_of(kernel, distances_of(pool, target), scale, alpha).mean(1)
    within = np.zeros(len(pool))
    free = np.ones(len(pool), bool)
    for count, pick in enumerate(found):
        score = drawn - within / (count + 1)
        size = max(abs(drawn[pick]), abs(within[pick]) / (count + 1))
        assert score[free].max() - score[pick] <= 1e-5 * size, f"pick {count}"
        free[pick] = False
        within += kernel_of(kernel, distances_of(pool, pool[[pick]])[:, 0], scale, alpha)


@pytest.mark.parametrize("kernel", ["rational", "laplace", "gauss", "log", "euclidean"])
@pytest.mark.parametrize("shape", SHAPES)
def test_picks_are_those_of_float64(shape, kernel):
    random = np.random.default_rng(1)
    for columns in (2, 24):
        pool = rows_of(shape, random, 150, columns, False)
        target = rows_of(shape, random, 40, columns, True)
        for factor in (1e-30, 1.0, 1e28):
            scaled = [(rows * UNIT(factor)).astype(np.float32) for rows in (pool, target)]
            found = gio4j.select(*scaled, 30, kernel=kernel, progress=False)
            assert len(found) == 30 or found.stop_reason == "no_influence"
            assert_greedy(found, *scaled, kernel)


def test_a_power_of_two_changes_no_pick_and_alpha_counts():
    random = np.random.default_rng(2)
    pool, target = (rows_of("plain", random, n, 12, n < 100) for n in (400, 50))
    picks = []
    for alpha in (0.5, 1.0, 3.0):
        expected = gio4j.select(pool, target, 40, alpha=alpha, progress=False)
        assert_greedy(expected, pool, target, "rational", alpha)
        picks.append(expected.indices.tolist())
        for power in (-100, -20, 5, 100):
            factor = np.float32(2.0**power)
            found = gio4j.select(pool * factor, target * factor, 40, alpha=alpha, progress=False)
            assert found.indices.tolist() == expected.indices.tolist()
            assert found.trace.tolist() == expected.trace.tolist()
            assert found.facts["scale"] == expected.facts["scale"] * factor
    assert picks[0] != picks[1] != picks[2]


@pytest.mark.parametrize("columns", [4, 384])
@pytest.mark.parametrize("kernel", ["rational", "laplace", "gauss", "log", "euclidean"])
def test_a_narrow_target_gets_the_rows_near_it(kernel, columns):
    """Paraphrases of one sentence: pairs at 0.06, the pool's nearest rows at 0.7."""
    random = np.random.default_rng(0)

    def unit(rows):
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    wish = random.normal(size=columns)
    target = unit(wish + 0.05 * random.normal(size=(60, columns)))
    near = unit(wish + 0.9 * random.normal(size=(30, columns)))
    pool = np.vstack([unit(random.normal(size=(970, columns))), near])
    found = gio4j.select(pool, target, 20, kernel=kernel, progress=False)
    wanted = np.argsort(distances_of(pool, target).mean(1))[:30]
    assert np.isin(found.indices, wanted).mean() >= (0.75 if columns == 384 else 0.5)


@pytest.mark.parametrize("target_rows", [[[3.0, 4.0]], [[3.0, 4.0]] * 20])
def test_one_target_row_or_equal_ones_have_a_scale_that_sees(target_rows):
    random = np.random.default_rng(3)
    pool = random.normal(size=(500, 2)).astype(np.float32)
    found = gio4j.select(pool, np.float32(target_rows), 10, progress=False)
    assert found.facts["scale_from"] == "pool"
    distances = np.linalg.norm(pool - np.float32([3, 4]), axis=1)
    assert np.median(np.argsort(np.argsort(distances))[found.indices]) < 25


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("columns", [2, 64])
def test_the_default_is_no_worse_than_chance(shape, columns):
    for seed in range(3):
        random = np.random.default_rng(seed)
        pool = rows_of(shape, random, 800, columns, False)
        target = rows_of(shape, random, 80, columns, True)
        found = gio4j.select(pool, target, 60, progress=False)
        scale = found.facts["scale"]
        across = kernel_of("rational", distances_of(pool, target), scale)
        among = kernel_of("rational", distances_of(pool, pool), scale)

        def energy(rows, across=across, among=among):
            return among[np.ix_(rows, rows)].mean() - 2 * across[rows].mean()

        chance = [energy(random.choice(800, 60, replace=False)) for _ in range(10)]
        assert energy(found.indices) <= np.median(chance)


@pytest.mark.parametrize("kernel", ["rational", "laplace"])
def test_equal_rows_cost_no_more_than_others(kernel):
    random = np.random.default_rng(4)
    target = random.normal(size=(300, 64)).astype(np.float32)
    unlike = random.normal(size=(5000, 64)).astype(np.float32)
    copies = unlike.copy()
    copies[random.random(5000) < 0.3] = copies[0]
    pools = {
        "unlike": unlike,
        "equal": np.ones_like(unlike),
        "two values": np.where(np.arange(5000)[:, None] % 2, unlike[:1], unlike[1:2]),
        "copies": copies,
    }
    seconds = {}
    for name, pool in pools.items():
        took = []
        for _ in range(3):
            began = time.perf_counter()
            found = gio4j.select(pool, target, 200, kernel=kernel, progress=False)
            took.append(time.perf_counter() - began)
        assert len(set(found)) == 200
        seconds[name] = min(took)
    # Twice at most by itself; half a second for whatever else the machine does.
    assert max(seconds.values()) <= 2 * seconds["unlike"] + 0.5, seconds
