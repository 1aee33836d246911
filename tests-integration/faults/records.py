"""What a kind of fault is asked to do, and what became of each case."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """Cases `start` to `cases` of a seed, as far as `seconds` allow."""

    seed: int
    cases: int
    seconds: float
    start: int = 0

    def numbers(self) -> list[int]:
        """The numbers of the cases."""
        return list(range(self.start, self.cases))


class Records:
    """The lines of one kind, which stay when its process does not."""

    def __init__(self, kind: str, out: Path, seconds: float) -> None:
        self.out = out
        self._path = out / f"{kind}.jsonl"
        self._about = out / f"{kind}.about"
        self._end = time.monotonic() + seconds

    def is_time_up(self) -> bool:
        """Whether the plan's seconds are over."""
        return time.monotonic() > self._end

    def begin(self, number: int, case: str) -> None:
        """Say what is about to be tried: if it ends this process, that is who did it."""
        self._about.write_text(json.dumps([number, case]))

    def begun(self) -> tuple[int, str]:
        """What was tried last."""
        number, case = json.loads(self._about.read_text())
        return number, case

    def end(self, case: str, lost: str | None, what: str = "") -> None:
        """A case, why it is lost if it is, and what it said."""
        with self._path.open("a") as file:
            file.write(json.dumps({"case": case, "lost": lost, "what": what[:1000]}) + "\n")

    def summary(self) -> tuple[int, list[dict[str, str]]]:
        """How many cases there are, and those that are lost."""
        if not self._path.exists():
            return 0, []
        cases = [json.loads(line) for line in self._path.read_text().splitlines()]
        return len(cases), [case for case in cases if case["lost"]]
