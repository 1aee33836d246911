"""What `make demo` runs: the reference's README example, then scikit-learn's digits.

Prints what was picked and how long it took; writes plots to demo-output/.
"""

from __future__ import annotations

import contextlib
import io
import runpy
import time
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import digits as digits_example
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from GIO import GIOKL
from gio4j.errors import GIOWarning

HERE = Path(__file__).parent
OUTPUT = Path("demo-output")


def two_dimensions() -> None:
    """The reference's example as it stands; its plots go to files instead of a window."""
    names = iter(["readme-kl-trace.png", "readme-picked-and-target.png"])
    show = plt.show
    plt.show = lambda: plt.savefig(OUTPUT / next(names), dpi=110)
    printed = io.StringIO()
    begin = time.perf_counter()
    try:
        with contextlib.redirect_stdout(printed):
            seen = runpy.run_path(str(HERE / "grad_info_opt_readme.py"))
    finally:
        plt.show = show
        plt.close("all")
    whole = time.perf_counter() - begin

    quiet = GIOKL.GIOKL(uniform_low=0, uniform_high=8, uniform_start_size=100, dim=2, verbose=False)
    np.random.seed(5)
    begin = time.perf_counter()
    quiet.fit(seen["X_test"], seen["X"], normalize=False)
    warm = time.perf_counter() - begin

    lines = printed.getvalue().splitlines()
    print("1. The 2-D example of grad-info-opt's README")
    print(f"   {lines[0]} ... {lines[-1]}")
    print(f"   picked {len(seen['W'])} of {len(seen['X_test'])} rows")
    print(f"   {whole:.2f} s with the start of Java and two plots; a fit alone, warm: {warm:.3f} s")


def digits() -> None:
    """Which digits a target of 3s and 8s brings out of all ten."""
    data = digits_example.load()
    begin = time.perf_counter()
    found = digits_example.pick(data)
    seconds = time.perf_counter() - begin
    labels = data.pool_labels[found.indices]
    wanted = np.isin(labels, digits_example.WANTED).mean()
    print("2. Digits: the target is the 3s and 8s of the test half, the pool the training half")
    print(f"   pool   {len(data.pool)} rows, by digit {digits_example.shares(data.pool_labels)}")
    print(f"   picked {len(labels)} rows, by digit {digits_example.shares(labels)}")
    print(f"   {wanted:.0%} are 3s and 8s; {seconds:.2f} s; stopped by {found.stop_reason}")

    figure, (trace, picks) = plt.subplots(
        1, 2, figsize=(11, 3), width_ratios=(1, 2.2), layout="constrained"
    )
    trace.plot(np.arange(1, len(found) + 1), found.trace)
    trace.set(title="Energy distance (rational)", xlabel="picks", ylim=(0, None))
    draw_by_digit(picks, found.take(data.pool), labels)
    figure.savefig(OUTPUT / "digits.png", dpi=110)
    plt.close(figure)


def draw_by_digit(axes: Axes, pixels: np.ndarray, labels: np.ndarray) -> None:
    """A bar for each digit that was picked, made of the picked images."""
    kinds, counts = np.unique(labels, return_counts=True)
    bars = np.full((len(kinds), 10, counts.max(), 9), np.nan)  # 8 x 8 pixels and a margin
    for place, kind in enumerate(kinds):
        images = pixels[labels == kind].reshape(-1, 8, 8)
        bars[place, 1:9, : len(images), :8] = images.transpose(1, 0, 2)
    axes.imshow(bars.reshape(10 * len(kinds), -1), cmap="gray_r")
    names = [f"{kind}: {count}" for kind, count in zip(kinds, counts, strict=True)]
    axes.set_yticks(10 * np.arange(len(kinds)) + 4.5, names)
    axes.set(title=f"The {len(labels)} picks by digit", xticks=[])
    axes.tick_params(left=False)
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    # Each quirk of the reference that the example meets is told once; here it is not news.
    warnings.simplefilter("ignore", GIOWarning)
    two_dimensions()
    digits()
    print(f"Plots: {', '.join(str(path) for path in sorted(OUTPUT.glob('*.png')))}")
