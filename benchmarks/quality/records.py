"""Results, one a line of JSON, as they come; and what they are together."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .data import directory


@dataclass(frozen=True)
class Record:
    """A method's scores on a task with one seed.

    sizes : rows of the pool, columns, rows of the target
    seconds : of the selection
    scores : by budget, each by measure
    """

    task: str
    seed: int
    method: str
    sizes: tuple[int, int, int]
    seconds: float
    scores: dict[str, dict[str, float]]


def usual_path() -> Path:
    """Where records lie if no other file is named."""
    return directory() / "records.jsonl"


def append(record: Record, path: Path) -> None:
    """Adds a line in one piece, so that several processes may write at once."""
    line = json.dumps(asdict(record)) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def read(path: Path) -> list[Record]:
    """All of a file's, none if there is no such file."""
    if not path.exists():
        return []
    return [Record(**json.loads(line)) for line in path.read_text().splitlines()]


def scattered(report: dict[str, Any]) -> list[Record]:
    """The records of a report, without their seconds, which it does not have."""
    return [
        Record(
            name,
            seed,
            method,
            (*task["pool"], task["target"]),
            0.0,
            {
                budget: {measure: values[place] for measure, values in by_measure.items()}
                for budget, by_measure in by_budget.items()
            },
        )
        for name, task in report.items()
        for method, by_budget in task["methods"].items()
        for place, seed in enumerate(task["seeds"])
        if all(value[place] is not None for each in by_budget.values() for value in each.values())
    ]


def gathered(
    records: Iterable[Record], task_order: list[str], method_order: list[str]
) -> dict[str, Any]:
    """By task: sizes, seeds, and by method, budget and measure a score for each seed, or None."""
    tasks: dict[str, dict[str, dict[int, Record]]] = defaultdict(lambda: defaultdict(dict))
    for record in sorted(records, key=lambda each: method_order.index(each.method)):
        tasks[record.task][record.method][record.seed] = record
    report = {}
    for name in sorted(tasks, key=task_order.index):
        methods = tasks[name]
        seeds = sorted({seed for by_seed in methods.values() for seed in by_seed})
        some = next(record for by_seed in methods.values() for record in by_seed.values())
        report[name] = {
            "pool": some.sizes[:2],
            "target": some.sizes[2],
            "budgets": [int(budget) for budget in some.scores],
            "seeds": seeds,
            "methods": {
                method: {
                    budget: {
                        measure: [
                            by_seed[seed].scores[budget][measure] if seed in by_seed else None
                            for seed in seeds
                        ]
                        for measure in measures
                    }
                    for budget, measures in some.scores.items()
                }
                for method, by_seed in methods.items()
            },
        }
    return report
