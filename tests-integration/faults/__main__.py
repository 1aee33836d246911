"""Runs the campaign: each kind in a process of its own, watched from outside."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from . import __doc__ as usage
from .files import damaged_files, damaged_words
from .programs import HANG_SECONDS, PICK, PROGRAMS, QUICK
from .records import Plan, Records
from .requests import deformed_requests
from .signals import signals_to_the_engine
from .soak import ordinary_work

WORKERS: dict[str, Callable[[Plan, Records], None]] = {
    "files": damaged_files,
    "words": damaged_words,
    "requests": deformed_requests,
    "signals": signals_to_the_engine,
    "soak": ordinary_work,
}
KINDS = [*WORKERS, "programs"]
#: How often a program runs for each time the others do.
_WEIGHTS = {"interrupts": 4, "interrupts_of_the_start": 3, "killed": 4, "exit_while_starting": 3}
_ENDED_BY_KILL = ("killed", "killed_spilling")
#: An orphaned engine looks for its parent, and is gone.
_GONE_SECONDS = 6.5
# A worker looks at the time between cases only.
_SLACK_SECONDS = 60.0
_SHARED_MEMORY = Path(f"/dev/shm/gio4j-{os.getuid()}")


def main() -> None:
    """Runs what is asked for; the exit code is 1 if a case was lost."""
    parser = argparse.ArgumentParser(
        prog="python -m faults",
        description=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", nargs="*", help=f"of {', '.join(KINDS)}; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=10_000, help="of each kind, at most")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all kinds together")
    parser.add_argument("--start", type=int, default=0, help="the first case")
    parser.add_argument("--out", type=Path, default=Path("../target/faults"))
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    kinds = asked.kind or KINDS
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"kind: {', '.join(unknown)}; needs to be of {', '.join(KINDS)}")
    plan = Plan(asked.seed, asked.cases, asked.seconds / len(kinds), asked.start)
    out = asked.out.resolve()
    if asked.worker:
        WORKERS[kinds[0]](plan, Records(kinds[0], out, plan.seconds))
        return
    out.mkdir(parents=True, exist_ok=True)
    # A new folder for each run: nothing that anybody has is deleted.
    out = Path(tempfile.mkdtemp(prefix=f"seed-{plan.seed}-", dir=out))
    total, lost = 0, []
    for kind in kinds:
        folder = out / kind
        folder.mkdir()
        records = Records(kind, folder, plan.seconds)
        if kind == "programs":
            _run_programs(plan, records)
        else:
            _supervise(plan, records, kind)
        cases, bad = records.summary()
        print(f"{kind:10} {cases:6} cases, {len(bad)} lost", flush=True)
        for case in bad:
            print(f"  {case['case']}: {case['lost']}", flush=True)
        total, lost = total + cases, lost + bad
    print(f"seed {plan.seed}: {total} cases, {len(lost)} lost; {out}")
    sys.exit(1 if lost else 0)


def _supervise(plan: Plan, records: Records, kind: str) -> None:
    """Run a worker; when it crashes that case is lost, and the next worker goes on behind it."""
    start = plan.start
    end = time.monotonic() + plan.seconds
    while start < plan.cases and time.monotonic() < end:
        with _Surroundings(records.out) as around:
            left = end - time.monotonic()
            numbers = ["--seed", plan.seed, "--cases", plan.cases, "--start", start]
            command = ["-m", "faults", kind, "--worker", *numbers, "--seconds", left]
            said, code = around.run([*map(str, command), "--out", str(records.out)], left)
            problem = around.complaint()
        if code == 0:
            records.end(f"what {kind} leaves, seed {plan.seed}", problem)
            return
        start, case = records.begun()
        records.end(case, f"the process ended with {code}: {said[-400:]}")
        start += 1


def _run_programs(plan: Plan, records: Records) -> None:
    answers = _answers(records)
    names = [name for name in PROGRAMS if name != "expect"]
    order = [name for name in names for _ in range(_WEIGHTS.get(name, 1))]
    Random(plan.seed).shuffle(order)
    for number in plan.numbers():
        if records.is_time_up():
            return
        name = order[number % len(order)]
        more = {"GIO4J_SHARED": "file"} if Random(plan.seed * 17 + number).random() < 0.25 else {}
        seed = plan.seed * 1000 + number
        case = f"{name} {seed} {' '.join(more.values())}".rstrip()
        lost, what = _run_program(name, seed, records, {**answers, **more})
        records.end(case, lost, what)


def _answers(records: Records) -> dict[str, str]:
    report = records.out / "report"
    with _Surroundings(records.out) as around:
        said, code = around.run(["-m", "faults.programs", "expect", "0", str(report)], 60)
    assert code == 0, said
    facts = json.loads(report.read_text())
    return {QUICK: json.dumps(facts["quick"]), PICK: json.dumps(facts["pick"])}


def _run_program(
    name: str, seed: int, records: Records, more: dict[str, str]
) -> tuple[str | None, str]:
    report = records.out / "report"
    trace = records.out / "report.trace"
    for old in (report, trace):
        old.write_text("")
    with _Surroundings(records.out, more) as around:
        command = ["-m", "faults.programs", name, str(seed), str(report)]
        said, code = around.run(command, HANG_SECONDS)
        lost = around.complaint()
    what = f"{report.read_text().strip()} {said[-500:]}"
    expected = -signal.SIGKILL if name in _ENDED_BY_KILL else 0
    if trace.read_text():
        lost = f"hung: {trace.read_text()[-900:]}"
    elif code != expected:
        lost = f"ended with {code}: {said[-500:]}"
    elif any(word in said for word in ("Traceback", "Exception ignored", "Fatal Python")):
        lost = lost or said[-500:]
    elif name == "daemon" and '"end"' not in report.read_text():
        lost = lost or "the daemon did not reach its end"
    return lost, what


class _Surroundings:
    """A temporary folder, a cache and a mark for a process and all that it starts."""

    def __init__(self, out: Path, more: dict[str, str] | None = None) -> None:
        self._temporary = Path(tempfile.mkdtemp(prefix="faults-", dir=out))
        self._mark = self._temporary.name
        own = self._temporary / "own"
        own.mkdir()
        self._environment = {
            **os.environ,
            "GIO4J_START_ARCHIVE": "off",  # what makes one outlives the program
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIO4J_HEAP": "128m",
            "GIO4J_CACHE": str(self._temporary / "cache"),
            "TMPDIR": str(own),
            "FAULTS_MARK": self._mark,
            **(more or {}),
        }
        self._own = own

    def __enter__(self) -> _Surroundings:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self._processes():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self._temporary)

    def run(self, arguments: list[str], seconds: float) -> tuple[str, int]:
        """What a Python process says, and its exit code."""
        said = self._temporary / "said"
        with said.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=Path(__file__).parents[1],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(seconds + _SLACK_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                code = -1
        return said.read_text(errors="replace"), code

    def complaint(self) -> str | None:
        """What the process left, once all that it started has had its time to end."""
        end = time.monotonic() + _GONE_SECONDS
        while (running := self._processes()) and time.monotonic() < end:
            threading.Event().wait(0.05)
        if running:
            return f"processes {running} still run after {_GONE_SECONDS} s"
        files = sorted(os.listdir(self._own))
        if files:
            return f"left in the temporary folder: {files}"
        shared = sorted(path.name for path in _SHARED_MEMORY.glob("*"))
        return f"left in shared memory: {shared}" if shared else None

    def _processes(self) -> list[int]:
        """What runs with the mark in its environment and is no zombie."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() not in (process / "environ").read_bytes():
                    continue
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:  # ended, or another user's
                continue
            if state not in "ZX":
                found.append(int(process.name))
        return found


if __name__ == "__main__":
    main()
