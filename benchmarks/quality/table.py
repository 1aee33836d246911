"""The report as Markdown: mean and standard deviation over seeds, better than the default in bold.

python -m quality.table < results/quality.json
"""

from __future__ import annotations

import json
import sys
from statistics import mean, stdev
from typing import Any

from scipy.stats import t

from .methods import DEFAULT

#: Chance of a bold figure where there is no difference.
LEVEL = 0.025


def better(values: list[float], default: list[float], sign: int) -> bool:
    """Whether the default is worse beyond chance: one-sided t-test of the paired differences."""
    differences = [sign * (a - b) for a, b in zip(values, default, strict=True)]
    if len(differences) < 2 or mean(differences) <= 0:
        return False
    error = stdev(differences) / len(differences) ** 0.5
    return bool(mean(differences) > error * t.ppf(1 - LEVEL, len(differences) - 1))


def cells(scores: dict[str, list[float]], default: dict[str, list[float]]) -> list[str]:
    """Accuracy with its spread, error of the class mix, rows that are right, copies."""
    formats = {"accuracy": ("{:.3f}", 1), "mix_error": ("{:.2f}", -1), "right": ("{:.3f}", 1)}
    if "copies" in scores:
        formats["copies"] = ("{:.0f}", -1)
    shown = []
    for key, (form, sign) in formats.items():
        text = form.format(mean(scores[key]))
        if better(scores[key], default[key], sign):
            text = f"**{text}**"
        if key == "accuracy" and len(scores[key]) > 1:
            text += f" ± {stdev(scores[key]):.3f}"
        shown.append(text)
    return shown


def table(task: dict[str, Any]) -> list[str]:
    """One task."""
    budgets = [str(budget) for budget in task["budgets"]]
    measures = len(cells(*2 * (task["methods"][DEFAULT][budgets[0]],)))
    heads = ("accuracy", "mix error", "right", "copies")[:measures]
    lines = [
        "| method | " + " | ".join(f"{head}, {b} rows" for b in budgets for head in heads) + " |",
        "|---" * (1 + measures * len(budgets)) + "|",
    ]
    for name, scores in task["methods"].items():
        default = task["methods"][DEFAULT]
        shown = [cell for b in budgets for cell in cells(scores[b], default[b])]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return lines


def main() -> None:
    """Prints every task."""
    for name, task in json.load(sys.stdin)["tasks"].items():
        rows, columns = task["pool"]
        seeds = len(task["methods"][DEFAULT][str(task["budgets"][0])]["accuracy"])
        size = f"pool {rows:,} x {columns}, target {task['target']:,}"
        print(f"### {name}: {size}, {seeds} seed{'s' * (seeds > 1)}\n")
        print("\n".join(table(task)) + "\n")


if __name__ == "__main__":
    main()
