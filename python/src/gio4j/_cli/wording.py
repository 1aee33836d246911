"""Messages in the words of the command line: what Python writes as a keyword is a flag here."""

from __future__ import annotations

import re
from collections.abc import Iterable

# `columns=` with its names, and the pair that Python may have instead.
_COLUMNS = re.compile(r"columns=(\[[^\]]*\]|'[^']*')(?:,? or (?:as|a pair with it,) \([^()]*\))?")
_PAIR = re.compile(r"\('[^']*', ('[^']*'|\[[^\]]*\])\)")
_NAME = re.compile(r"'([^']*)'")


def as_written(message: str, flags: Iterable[str]) -> str:
    """A message as the caller of the command reads it: `--k 3` for k=3, FILE:a for columns='a'."""
    for pattern in (_COLUMNS, _PAIR):
        message = pattern.sub(lambda found: f"FILE:{','.join(_NAME.findall(found[1]))}", message)
    message = message.replace("columns=", "FILE:COLUMN").replace("path=", "FILE ")
    names = "|".join(re.escape(flag.replace("-", "_")) for flag in flags)
    return re.sub(rf"(?<![\w-])({names})=('[^']*'|[^\s:;,.]*(?:\.\d+)?)", _flag, message)


def _flag(found: re.Match[str]) -> str:
    flag, value = f"--{found[1].replace('_', '-')}", found[2].strip("'")
    if value == "None":
        return f"no {flag}"
    return f"{flag} {value}" if value else flag
