"""The reference's README example, as its users wrote it."""

from __future__ import annotations

import random
import runpy
import warnings
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from harness import EXAMPLES

from gio4j.errors import GIOWarning

#: What the engine's double precision ends at; the package's own runs, chaotic, lie within 0.02.
FINAL_DIVERGENCE = 1.4236


def run_example() -> dict[str, Any]:
    """The script's names at its end. Agg says at each plt.show() that it shows nothing."""
    random.seed(1)
    matplotlib.use("Agg")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        names = runpy.run_path(str(EXAMPLES / "grad_info_opt_readme.py"))
    plt.close("all")
    told = [one for one in seen if "non-interactive" not in str(one.message)]
    assert [one.category for one in told] == [GIOWarning]
    assert "W[100:]" in str(told[0].message)
    return names


def test_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_example()
    assert 90 <= len(names["W"]) == len(names["kl_divs"]) <= 100
    assert names["kl_divs"][-1] == pytest.approx(FINAL_DIVERGENCE, abs=0.02)
    rows = {row.tobytes() for row in np.asarray(names["X_test"], np.float32)}
    assert {row.tobytes() for row in names["W"]} <= rows
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Starting KL: 2.4869943"
    assert lines[1].startswith("KL Divergence at iteration 0: ")
    assert len(lines) == len(names["W"]) + 2  # the start, every pick, and the one that rose


def test_the_same_seed_gives_the_same_bits(capsys: pytest.CaptureFixture[str]) -> None:
    first, first_lines = run_example(), capsys.readouterr().out
    second, second_lines = run_example(), capsys.readouterr().out
    assert first["W"].tobytes() == second["W"].tobytes()
    assert first["kl_divs"] == second["kl_divs"]
    assert first_lines == second_lines
