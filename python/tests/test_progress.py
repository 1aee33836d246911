"""The bar: when it is drawn, and what it says."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from gio4j._engine import progress
from gio4j._engine.progress import progress_bar
from gio4j.errors import InvalidInputError


def status(done: int, stage: str = "select", objective: Any = 0.5) -> dict[str, Any]:
    return {"stage": stage, "done": done, "total": 10, "objective": objective}


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_true_draws_at_once(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    with progress_bar("balanced", True, objective="energy distance") as show:
        assert show is not None
        show(status(0, "scale", None))
        clock.seconds += 1
        show(status(2))
        show(status(7, objective="0.25"))
    drawn = capsys.readouterr().err
    assert "balanced: scale" in drawn
    assert "balanced: select" in drawn
    assert "7/10" in drawn
    assert "pick/s" in drawn or "s/pick" in drawn
    assert "pick" not in drawn[: drawn.index("balanced: select")], "what a scale counts is no pick"
    assert "energy distance=0.2500" in drawn


def test_false_draws_nothing() -> None:
    with progress_bar("balanced", False) as show:
        assert show is None


def test_auto_without_anybody_to_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    with progress_bar("balanced", "auto") as show:
        assert show is None
    monkeypatch.setattr(sys, "stderr", None)
    with progress_bar("balanced", "auto") as show:
        assert show is None


def watched(monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    if by == "terminal":
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    else:
        shell = types.SimpleNamespace(kernel=object())
        ipython = types.SimpleNamespace(get_ipython=lambda: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)  # type: ignore[arg-type]
        from tqdm import tqdm

        monkeypatch.setattr(progress, "_bar_class", lambda: tqdm)


@pytest.mark.parametrize("by", ["terminal", "notebook"])
def test_auto_waits_a_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clock: Clock, by: str
) -> None:
    watched(monkeypatch, by)
    with progress_bar("balanced", "auto") as show:
        assert show is not None
        show(status(1))
        clock.seconds += 0.9
        show(status(2))
        assert capsys.readouterr().err == ""
        clock.seconds += 0.6
        show(status(3))
    drawn = capsys.readouterr().err
    assert "3/10" in drawn
    assert " 2.00pick/s" in drawn or " 1.99pick/s" in drawn, "of the whole stage, not since it drew"


def test_a_shell_that_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace()
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)  # type: ignore[arg-type]
    with progress_bar("balanced", "auto") as show:
        assert show is None


def test_refused() -> None:
    with (
        pytest.raises(InvalidInputError, match="progress='on': needs one of 'auto'"),
        progress_bar("x", "on"),  # type: ignore[arg-type]
    ):
        pass
