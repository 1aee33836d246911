"""Files of every kind, damaged at random: refused in a line, or read as another reader does."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import numpy as np

import gio4j
from gio4j._measure.averaged import averaged_divergence

from .mutations import mutated, replaced
from .records import Plan, Records
from .samples import ROWS, read_elsewhere, sample_files
from .witness import PATIENCE_SECONDS, Witness, refusal

OTHERS = np.random.default_rng(2).normal(size=(30, 5)).astype("f4")
#: Files whose words are all tried, by the kind `words`.
WORDS_OF = ("arrow", "arrow batches", "arrow beside", "arrow lists", "npy 1")
_WORDS_32 = [0, 2**32 - 1, 2**31 - 1, 2**31, 0x10, 1 << 24]
_WORDS_64 = [1 << 36, 2**63 - 1, (1 << 62) + 8, 1 << 40]


def damaged_files(plan: Plan, records: Records) -> None:
    """A file of each kind in turn, with damage drawn for each case."""
    files = sorted(sample_files().items())
    witness = Witness()
    for number in plan.numbers():
        if records.is_time_up():
            return
        random = Random(plan.seed * 1_000_003 + number)
        name, (data, suffix) = files[number % len(files)]
        damaged, how = mutated(data, random)
        case = f"{name}, {how}, seed {plan.seed}, {number}"
        _try(number, case, damaged, suffix, witness, records)


def damaged_words(plan: Plan, records: Records) -> None:
    """Each word of some files that is no number of the rows, as each extreme, in a drawn order."""
    files = sample_files()
    cases = []
    for name in WORDS_OF:
        data, suffix = files[name]
        for place in _words_of(data):
            cases += [(name, data, suffix, place, value, 4) for value in _WORDS_32]
            if place % 8 == 0 and place + 8 <= len(data):
                cases += [(name, data, suffix, place, value, 8) for value in _WORDS_64]
    Random(plan.seed).shuffle(cases)
    witness = Witness()
    whole = averaged_divergence(ROWS, OTHERS)
    for number in plan.numbers()[: len(cases)]:
        if records.is_time_up():
            return
        name, data, suffix, place, value, size = cases[number]
        case = f"{name}, {size} bytes at {place} = {value:#x}"
        damaged = replaced(data, place, value, size)
        _try(number, case, damaged, suffix, witness, records, whole)


def _words_of(data: bytes) -> list[int]:
    rows = (data.find(row.tobytes()) for row in ROWS)
    numbers = {place for row in rows for place in range(row, row + 4 * ROWS.shape[1])}
    return [place for place in range(0, len(data) - 3, 4) if place not in numbers]


def _try(
    number: int,
    case: str,
    data: bytes,
    suffix: str,
    witness: Witness,
    records: Records,
    whole: float | None = None,
) -> None:
    records.begin(number, case)
    path = records.out / f"damaged{suffix}"
    path.write_bytes(data)
    begin = time.monotonic()
    lost, what = _outcome(path, whole)
    spent = time.monotonic() - begin
    if spent > PATIENCE_SECONDS:
        lost = lost or f"took {spent:.1f} s"
    lost = lost or witness.complaint()
    records.end(case, lost, what)
    if lost:
        kept = records.out / "lost"
        kept.mkdir(exist_ok=True)
        path.rename(kept / f"{number}{suffix}")


def _outcome(path: Path, whole: float | None) -> tuple[str | None, str]:
    """Why the case is lost, if it is, and what was answered.

    Where the rows' own bytes are not damaged, `whole` is what they give: no other answer is right
    unless another reader finds other rows.
    """
    try:
        answer = averaged_divergence(path, OTHERS)
    except Exception as problem:
        return refusal(problem), f"{type(problem).__name__}: {problem}"
    rows = read_elsewhere(path)
    if answer == whole:
        return None, f"{answer}"
    if rows is None and whole is not None:
        return f"answered {answer} for {whole}, from a file that pyarrow and NumPy refuse", ""
    if rows is None:
        return None, f"answered {answer}; there is no other reader, or it refuses the file"
    try:
        expected = averaged_divergence(rows, OTHERS)
    except gio4j.errors.GioError as problem:
        return f"answered {answer}, but its rows alone are refused: {problem}", ""
    return (None if answer == expected else f"answered {answer} for {expected}"), f"{answer}"
