"""The table of methods in README.md, written from their declarations.

python python/tests/methods_table.py
"""

from __future__ import annotations

from pathlib import Path

import gio4j  # noqa: F401 - whose methods they are
from gio4j._methods.documentation import table

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- written by python/tests/methods_table.py -->", "<!-- end of the methods -->"


def with_table(text: str) -> str:
    """A text whose two comments have the table between them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"no line {BEGIN!r}"
    assert end, f"no line {END!r}"
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
