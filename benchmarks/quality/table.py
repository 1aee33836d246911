"""The report as Markdown: a summary of what counts in each task, then every figure of each.

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
#: How each measure is written, and whether more of it is better.
MEASURES = {
    "accuracy": ("{:.3f}", True),
    "perplexity": ("{:.0f}", False),
    "right": ("{:.3f}", True),
    "mix_error": ("{:.2f}", False),
    "copies": ("{:.0f}", False),
    "energy": ("{:.3f}", False),
}
#: In the summary's order.
SHOWN = (
    "random",
    "exact",
    "round_robin",
    "coverage",
    "TSDS, tuned",
    "laplace",
    "rational",
    "rational, alpha=0.5",
    "Euclidean",
    "log",
    "Gauss",
)

#: The neighbouring methods, beside random rows and the default.
NEIGHBORS = (
    "random",
    "rational",
    "nearest",
    "density ratio",
    "TSDS",
    "UOT",
    "facility",
    "FLQMI",
    "graph cut",
    "k-center",
    "LESS",
    "GTP, equal",
)

#: One a seed, None where it was not run.
Values = list[float | None]


def better(values: Values, others: Values, measure: str) -> bool:
    """Whether the others are worse beyond chance: one-sided t-test of the paired differences."""
    sign = 1 if MEASURES[measure][1] else -1
    differences = [
        sign * (a - b)
        for a, b in zip(values, others, strict=True)
        if a is not None and b is not None
    ]
    if len(differences) < 2 or mean(differences) <= 0:
        return False
    error = stdev(differences) / len(differences) ** 0.5
    return bool(mean(differences) > error * t.ppf(1 - LEVEL, len(differences) - 1))


def summary(tasks: dict[str, Any], shown_methods: tuple[str, ...]) -> list[str]:
    """What counts in each task by method; bold where nothing is better beyond chance.

    Methods that were not run with every seed are left out, and tasks with no other than random rows
    and the default.
    """
    ways: dict[str, list[float]] = {name: [] for name in shown_methods}
    level = dict.fromkeys(shown_methods, 0)
    rows = []
    for title, task in tasks.items():
        if not task["methods"].keys() & set(shown_methods) - {"random", DEFAULT}:
            continue
        for budget in map(str, task["budgets"]):
            measure = next(iter(task["methods"][DEFAULT][budget]))
            form, more = MEASURES[measure]
            scores = {
                name: task["methods"][name][budget][measure]
                for name in shown_methods
                if name in task["methods"]
            }
            scores = {name: values for name, values in scores.items() if None not in values}
            means = {name: mean(values) for name, values in scores.items()}
            best = (max if more else min)(means, key=lambda name: means[name])
            cells = []
            for name in shown_methods:
                if name not in scores:
                    cells.append("")
                    continue
                if better(scores[best], scores[name], measure):
                    cells.append(form.format(means[name]))
                else:
                    cells.append(f"**{form.format(means[name])}**")
                    level[name] += 1
                whole = means[best] - means["random"]
                ways[name].append((means[name] - means["random"]) / whole if whole else 1.0)
            rows.append(f"| {title}, {budget}: {measure} | " + " | ".join(cells) + " |")
    shown = [name for name in shown_methods if ways[name]]
    return [
        "| task, rows picked | " + " | ".join(shown_methods) + " |",
        "|---" * (1 + len(shown_methods)) + "|",
        *rows,
        "| level with the best | "
        + " | ".join(f"{level[n]} of {len(ways[n])}" if n in shown else "" for n in shown_methods)
        + " |",
        "| way from random to the best: mean (worst) | "
        + " | ".join(
            f"{mean(ways[n]):.2f} ({min(ways[n]):.2f})" if n in shown else "" for n in shown_methods
        )
        + " |",
    ]


def there(values: Values) -> list[float]:
    """What was run."""
    return [value for value in values if value is not None]


def cells(scores: dict[str, Values], default: dict[str, Values]) -> list[str]:
    """Each measure's mean, the first with its spread."""
    shown = []
    for measure, values in scores.items():
        form, _ = MEASURES[measure]
        text = form.format(mean(there(values)))
        if better(values, default[measure], measure):
            text = f"**{text}**"
        elif better(default[measure], values, measure):
            text = f"*{text}*"
        if not shown and len(there(values)) > 1:
            text += f" ± {form.format(stdev(there(values)))}"
        shown.append(text)
    return shown


def table(task: dict[str, Any]) -> list[str]:
    """One task."""
    budgets = [str(budget) for budget in task["budgets"]]
    default = task["methods"][DEFAULT]
    heads = [measure.replace("_", " ") for measure in default[budgets[0]]]
    lines = [
        "| method | " + " | ".join(f"{head}, {b} rows" for b in budgets for head in heads) + " |",
        "|---" * (1 + len(heads) * len(budgets)) + "|",
    ]
    for name, scores in task["methods"].items():
        shown = [cell for b in budgets for cell in cells(scores[b], default[b])]
        run = len(there(next(iter(scores[budgets[0]].values()))))
        title = name if run == len(task["seeds"]) else f"{name} (seeds: {run})"
        lines.append(f"| {title} | " + " | ".join(shown) + " |")
    return lines


def show(tasks: dict[str, Any]) -> None:
    """Prints the summary and every task."""
    for methods in (SHOWN, NEIGHBORS):
        print("\n".join(summary(tasks, methods)) + "\n")
    for name, task in tasks.items():
        rows, columns = task["pool"]
        seeds = len(task["seeds"])
        size = f"pool {rows:,} x {columns}, target {task['target']:,}"
        print(f"### {name}: {size}, {seeds} seed{'s' * (seeds > 1)}\n")
        print("\n".join(table(task)) + "\n")


if __name__ == "__main__":
    show(json.load(sys.stdin)["tasks"])
