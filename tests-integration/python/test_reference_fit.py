"""`GIOKL.fit` against every recorded run: picks, state, printed lines, random states, warnings."""

from __future__ import annotations

import random
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from recorded import Case, cases, relative

from GIO.GIOKL import GIOKL
from gio4j.errors import GIOWarning

#: The descents of this one start at a row of X, where the package's own rounding dominates.
POINT_BOUNDS = {"fit_jump": 1e-3}


@dataclass(frozen=True)
class Run:
    """What a call of `fit` gave, said and left behind."""

    gio_kl: GIOKL
    W: np.ndarray
    kl_divs: list[np.float64]
    state: tuple[Any, ...]
    lines: list[str]
    warnings: list[str]
    python_state: Any
    numpy_state: Any


def run(case: Case, capsys: pytest.CaptureFixture[str]) -> Run:
    gio_kl = GIOKL(**case["constructor"])
    start = case.matrix("D") if "D" in case else None
    np.random.seed(case["numpy_seed"])
    random.seed(case["python_seed"])
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        W, kl_divs, state = gio_kl.fit(
            case.matrix("train"), case.matrix("X"), D=start, **case["arguments"]
        )
    assert {warning.category for warning in seen} <= {GIOWarning}
    assert {warning.filename for warning in seen} <= {__file__}
    return Run(
        gio_kl,
        W,
        kl_divs,
        state,
        capsys.readouterr().out.splitlines(),
        [str(warning.message) for warning in seen],
        random.getstate(),
        np.random.get_state(),
    )


def is_uniform(case: Case) -> bool:
    return "D" not in case and not case["arguments"].get("random_init_pct")


@cases("fit")
def test_as_recorded(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(case, capsys)
    check_random_states(case, found)
    check_warnings(case, found)
    if "error" in case:
        check_exhausted(case, found)
        return
    check_picks(case, found)
    check_state(case, found)
    check_lines(case, found)


def check_picks(case: Case, found: Run) -> None:
    assert found.gio_kl.selection_.indices.tolist() == case["picked"]
    assert found.W.dtype == np.float32
    recorded = case.matrix("W")
    assert found.W.tobytes() == recorded.tobytes()
    assert (
        found.W.shape
        == recorded.shape
        == (case["start_rows"] + len(case["picked"]), recorded.shape[1])
    )
    assert found.kl_divs == pytest.approx(case["kl_divs"], rel=1e-6)
    assert found.gio_kl.random_init == is_uniform(case)


def check_state(case: Case, found: Run) -> None:
    v, scale_factor, just_reset, resets, increases, adder, kl_divs = found.state
    if case["scale_factor"] == "inf":  # fit_discard: no gradient at all
        assert scale_factor == np.inf
        assert np.isnan(v).all()
    else:
        assert scale_factor == pytest.approx(case["scale_factor"], rel=4e-6)
        assert relative(v, case.matrix("v")) < POINT_BOUNDS.get(case["name"], 4e-6)
    assert (just_reset, resets, increases) == (
        case["just_reset"],
        case["num_resets"],
        case["increases"],
    )
    assert kl_divs is found.kl_divs
    # The candidates left: rows of train in their order, without the picks and, if the last pick was
    # not added, without that one.
    train = case.matrix("train")
    rejected = set(found.gio_kl.selection_.removed.tolist()) - set(case["picked"])
    assert len(rejected) <= 1
    assert len(adder) == case["left"]
    assert np.array_equal(adder, np.delete(train, [*case["picked"], *rejected], axis=0))


def check_lines(case: Case, found: Run) -> None:
    first, *others = found.lines
    words, _, value = first.rpartition(" ")
    assert words == "Starting KL:"
    assert float(value) == pytest.approx(case["starting_kl"], rel=1e-6)
    iterations = [line for line in others if line.startswith("KL Divergence at iteration ")]
    assert len(iterations) == case["iterations_printed"]
    resets = [line for line in others if line == "KL Div Increase, Resetting G"]
    assert len(resets) == case["resets_printed"]
    assert len(iterations) + len(resets) == len(others)
    assert [int(line.split()[4].rstrip(":")) for line in iterations] == list(range(len(iterations)))
    printed = [float(line.split()[-1]) for line in iterations]
    assert printed[: len(case["kl_divs"])] == pytest.approx(case["kl_divs"], rel=1e-6)


def check_exhausted(case: Case, found: Run) -> None:
    assert case["error"].startswith("IndexError")
    selection = found.gio_kl.selection_
    assert selection.stop_reason == "exhausted"
    assert len(found.state[5]) == 0
    assert sorted(selection.removed.tolist()) == list(range(len(case.matrix("train"))))
    assert np.array_equal(
        found.W[-len(selection.indices) :], case.matrix("train")[selection.indices]
    )
    assert len(found.kl_divs) == len(selection.indices) > 0


def check_random_states(case: Case, found: Run) -> None:
    numpy_state = np.random.RandomState(case["numpy_seed"])
    if is_uniform(case):
        settings = case["constructor"]
        numpy_state.uniform(size=(settings["uniform_start_size"], settings["dim"]))
    for left, expected in zip(found.numpy_state, numpy_state.get_state(), strict=True):
        assert np.array_equal(left, expected)
    if "error" not in case:  # the package died in the middle of its draws
        assert found.python_state == replayed(case)


def replayed(case: Case) -> Any:
    """The state of `random` after the draws that the package makes, one by one."""
    generator, arguments = random.Random(case["python_seed"]), case["arguments"]
    train, X = range(len(case.matrix("train"))), range(len(case.matrix("X")))
    if arguments.get("random_init_pct"):
        generator.sample(train, int(arguments["random_init_pct"] * len(train)))
    jumps = arguments.get("v_init") == "jump"
    if jumps:
        generator.sample(X, 1)
    for iteration in range(case["iterations_printed"]):
        if iteration > 0:
            generator.random()  # whether to restart
        if jumps and iteration <= arguments["max_iter"]:
            generator.sample(X, 1)
    return generator.getstate()


def check_warnings(case: Case, found: Run) -> None:
    arguments = case["arguments"]
    expected = {
        "never stops": (
            arguments.get("max_sequential_increases", 0) > 0
            or arguments.get("stop_criterion") == "max_resets"
        ),
        "counts rows of train": arguments.get("stop_criterion") == "data_size",
        "the gradient is zero": arguments.get("discard_nearest_for_xy", False),
        "start rows stand in front of W": "D" not in case,
        "accepts one pick more": len(case["picked"]) == arguments["max_iter"] + 1
        if "picked" in case
        else False,
        "Every candidate was used up": "error" in case,
    }
    for words, is_due in expected.items():
        assert sum(words in message for message in found.warnings) == is_due, words
    assert len(found.warnings) == sum(expected.values())


@cases("fit")
def test_a_second_run_gives_the_same_bits(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = run(case, capsys), run(case, capsys)
    assert first.W.tobytes() == second.W.tobytes()
    assert first.kl_divs == second.kl_divs
    assert first.state[0].tobytes() == second.state[0].tobytes()
    assert first.python_state == second.python_state
    assert first.lines == second.lines
