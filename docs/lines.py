"""Lines of prose in Markdown have at most 100 characters: python docs/lines.py FILE ...

Code, tables and what cannot be broken (an inline code or an address alone) may be longer.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LONGEST = 100
UNBREAKABLE = re.compile(r"`[^`]*`|\]\([^)\s]*\)|<[^>\s]*>")


def too_long(text: str) -> list[int]:
    """Numbers of the lines, from 1."""
    found, fenced = [], False
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        elif fenced or line.startswith(("|", "    ")):
            continue
        elif len(line) > LONGEST and len(UNBREAKABLE.sub("", line)) > LONGEST // 2:
            found.append(number)
    return found


if __name__ == "__main__":
    places = [
        f"{name}:{line}" for name in sys.argv[1:] for line in too_long(Path(name).read_text())
    ]
    if places:
        raise SystemExit(f"lines of more than {LONGEST} characters: {', '.join(places)}")
