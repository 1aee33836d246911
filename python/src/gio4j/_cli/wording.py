"""Messages in the words of the command line: what Python writes as a keyword is a flag here."""

from __future__ import annotations

import re
from collections.abc import Mapping

# `columns=` with its names, and the pair that Python may have instead.
_COLUMNS = re.compile(r"columns=(\[[^\]]*\]|'[^']*')(?:,? or (?:as|a pair with it,) \([^()]*\))?")
_PAIR = re.compile(r"\('[^']*', ('[^']*'|\[[^\]]*\])\)")
_NAME = re.compile(r"'([^']*)'")


def as_written(message: str, written: Mapping[str, str]) -> str:
    """A message as the caller of the command reads it: `--k 3` for k=3, FILE:a for columns='a'.

    `written` is how each argument stands on the command line, by its name in Python.
    """

    def said(found: re.Match[str]) -> str:
        argument, value = written[found[1]], found[2]
        if value == "None":
            return f"no {argument}"
        bare = value.strip("'") or value
        return f"{argument} {bare}" if value else argument

    for pattern in (_COLUMNS, _PAIR):
        message = pattern.sub(lambda found: f"FILE:{','.join(_NAME.findall(found[1]))}", message)
    message = message.replace("columns=", "FILE:COLUMN").replace("path=", "FILE ")
    first = re.match(r"(\w+)(?=[:.\[])", message)  # the argument that a message is about
    if first is not None and written.get(first[1], "").startswith("--"):
        message = written[first[1]] + message[first.end(1) :]
    value = r"('[^']*'|\[[^\]]*\]|[^\s:;,.]*(?:\.\d+)?)"
    return re.sub(rf"(?<![\w-])({'|'.join(written)})={value}", said, message)
