"""The scripts in examples/ run as a user runs them, and write what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import pytest
from harness import EXAMPLES


def run_example(name: str, folder: Path) -> list[str]:
    """What the script prints when run in a folder of its own; it must end well."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg", "MPLCONFIGDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def counts(line: str) -> dict[int, int]:
    """How often each digit occurs in a line such as `picked 60 rows, by digit 8: 34, 3: 22`."""
    return dict(map(int, part.split(": ")) for part in line.partition("digit ")[2].split(", "))


def wanted_share(line: str) -> float:
    """The share of 3s and 8s in such a line."""
    found = counts(line)
    return (found.get(3, 0) + found.get(8, 0)) / sum(found.values())


def test_digits(tmp_path: Path) -> None:
    pool, picked = run_example("digits.py", tmp_path)
    assert picked.startswith("picked 40 rows")
    assert wanted_share(picked) > 0.8
    assert min(counts(picked)[3], counts(picked)[8]) > 12, "both, as in the target"
    assert wanted_share(pool) == pytest.approx(0.2, abs=0.02)


def test_demo(tmp_path: Path) -> None:
    lines = run_example("demo.py", tmp_path)
    plots = sorted((tmp_path / "demo-output").iterdir())
    assert [plot.suffix for plot in plots] == [".png"] * len(plots)
    assert {"digits.png", "readme-kl-trace.png", "readme-picked-and-target.png"} <= {
        plot.name for plot in plots
    }
    for plot in plots:
        pixels = matplotlib.image.imread(plot)
        assert min(pixels.shape[:2]) > 300
        assert pixels.std() > 0.01  # not a blank sheet
        assert str(plot.relative_to(tmp_path)) in lines[-1]
    printed = "\n".join(lines)
    assert "Starting KL: 2.4869943 ..." in printed
    (picked,) = (line for line in lines if "picked" in line and "by digit" in line)
    assert wanted_share(picked) > 0.8
    assert "3s and 8s; " in printed


def test_the_readme_example_alone(tmp_path: Path) -> None:
    lines = run_example("grad_info_opt_readme.py", tmp_path)
    assert lines[0] == "Starting KL: 2.4869943"
    assert 90 < len(lines) < 104
