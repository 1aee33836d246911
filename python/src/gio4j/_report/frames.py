"""Answers as tables of the library that a user has chosen."""

from __future__ import annotations

import importlib.util
from typing import Any, Literal

import pyarrow as pa

from gio4j._checks import one_of
from gio4j.errors import MissingPackageError

Library = Literal["pyarrow", "pandas", "polars"]


def check_library(library: Library) -> None:
    """Refuse another one, or one that is not there: before the work, not after it."""
    one_of(library, "library", ("pyarrow", "pandas", "polars"))
    if importlib.util.find_spec(library) is None:
        raise MissingPackageError(
            f"library={library!r}: {library} is not installed; run `pip install {library}`, or "
            "pass library='pyarrow'"
        )


def table_of(table: pa.Table, library: Library) -> Any:
    """The same as a table of another library."""
    check_library(library)
    if library == "pandas":
        frame = table.to_pandas()
        for field in table.schema:
            # Else a column with gaps would hold row numbers as floats.
            if pa.types.is_integer(field.type) and table[field.name].null_count:
                frame[field.name] = frame[field.name].astype("Int32")
        return frame
    if library == "polars":
        import polars

        return polars.from_arrow(table)
    return table
