"""Answers as tables of the library that a user has chosen."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa

from gio4j._checks import one_of

Library = Literal["pyarrow", "pandas", "polars"]


def check_library(library: Library) -> None:
    """InvalidInputError for another: before the work, not after it."""
    one_of(library, "library", ("pyarrow", "pandas", "polars"))


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
