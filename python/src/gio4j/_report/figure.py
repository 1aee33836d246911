"""The figure that `plot` answers; importing it needs matplotlib."""

from __future__ import annotations

import matplotlib
from matplotlib import pyplot
from matplotlib.figure import Figure


class PlotFigure(Figure):
    """A figure that a notebook shows once, whether or not a cell ends with it."""

    def _ipython_display_(self) -> None:
        """Show it as any figure, and no second time at the end of the cell with all open ones."""
        if "inline" in matplotlib.get_backend().lower():
            pyplot.close(self)
        raise NotImplementedError  # which is how IPython is told to go on as usual


def new_figure(panels: int) -> tuple[Figure, list[matplotlib.axes.Axes]]:
    """A figure with so many axes side by side."""
    figure, axes = pyplot.subplots(
        1,
        panels,
        squeeze=False,
        figsize=(4.4 * panels, 3.8),
        layout="constrained",
        FigureClass=PlotFigure,
    )
    return figure, list(axes[0])
