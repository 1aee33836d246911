"""The call after a fault: the same engine gives the same answer, and holds nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import gio4j
from gio4j._measure.averaged import averaged_divergence

#: Far more than any case here takes on a busy machine.
PATIENCE_SECONDS = 15.0
# A heap of 128 MB, the JVM's code and threads: some 250 MB. No file here has more than 10 kB.
_MOST_KILOBYTES = 600_000


class Witness:
    """An engine and what it answered before the fault."""

    def __init__(self) -> None:
        random = np.random.default_rng(1)
        self._rows = random.normal(size=(40, 3)).astype("f4")
        self._others = self._rows[:30] + 1
        self._answer = self._ask()
        self._engine = gio4j.info()["pid"]
        self._mapped = 0

    def complaint(self) -> str | None:
        """What is wrong now, if anything."""
        try:
            answer, facts = self._ask(), gio4j.info()
        except Exception as problem:
            return f"the next call: {type(problem).__name__}: {problem}"
        if answer != self._answer:
            return f"the next call answered {answer} for {self._answer}"
        if facts["pid"] != self._engine:
            self._engine = facts["pid"]
            return "the engine died"
        if facts["mapped_bytes"] != self._mapped:
            grown, self._mapped = facts["mapped_bytes"] - self._mapped, facts["mapped_bytes"]
            return f"{grown} bytes stay mapped in the engine"
        peak = _peak_kilobytes(self._engine)
        if peak > _MOST_KILOBYTES:
            return f"the engine took {peak} kB"
        return None

    def _ask(self) -> float:
        return averaged_divergence(self._rows, self._others)


def refusal(problem: BaseException) -> str | None:
    """What is wrong with an error as an answer to bad input, if anything."""
    text = f"{type(problem).__name__}: {problem}"
    if not isinstance(problem, (gio4j.errors.GioError, TypeError, ValueError)):
        return f"no error for a user: {text}"
    if type(problem) is gio4j.errors.GioError or "INTERNAL" in text:
        return f"an internal error: {text}"
    if "\n" in text:
        return f"more than a line: {text}"
    return None


def _peak_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
