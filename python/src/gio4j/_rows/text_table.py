"""CSV files of numbers, a column each, and those whose vectors stand under a header.

What the first line is, is decided by the lines below it:

| the first line                                     | is                                       |
|----------------------------------------------------|------------------------------------------|
| holds no number, over columns of numbers or arrays | a header                                 |
| an empty field, then 0, 1, 2 ...                   | a header, as pandas writes it            |
| 0, 1, 2 ..., over numbers with fractions           | a header, as pandas writes it            |
| 0, 1, 2 ..., over integers                         | open, which is an error                  |
| numbers, and a text over a column of numbers       | open, which is an error                  |
| anything else                                      | a row                                    |

Lines before it that begin with # are comments, as `numpy.savetxt` writes them. Fields are cut at
tabs if the first line has one, else at commas, semicolons or white space, whichever it has first in
this order. Quotes are those of RFC 4180: doubled within a quoted field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from gio4j._checks import cause
from gio4j._rows.choice import Choice, listed
from gio4j._rows.kinds.arrow import Batches, FileTable
from gio4j._rows.sources import NoRowsError
from gio4j._rows.text import BLOCK_BYTES, readable, uncompressed
from gio4j._rows.vectors import DOUBLE_DIGITS, is_json_vector
from gio4j.errors import InvalidInputError

# Text that decides on the layout: at least two lines of 500 kB.
_HEAD_BYTES = 1 << 20
_HEAD_ROWS = 1000
# Rows after which a first column that counts up no longer does so by chance.
_COUNTED_ROWS = 4
_LOADED_ROWS = 1 << 14
_MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "None")
_INTEGER = re.compile(r"[+-]?\d+")
_GIVEN_NAME = re.compile(r"_c\d+")
# Two quotes that are neither an empty field nor its end.
_DOUBLED = re.compile(r'[^",;\t\r\n]""|""[^",;\t\r\n]')


@dataclass(frozen=True)
class TextLayout:
    """How a text file is laid out.

    delimiter : between fields; None for any white space
    skipped : lines before the header, or the first row without one
    names : of the columns; those of a file without a header are _c0, _c1 ...
    has_header : whether the first line has the names
    rows : the first ones, as texts
    is_vectors : whether the first line has a JSON array, in a file without a header
    whole_lines : whether each line is one such array
    has_doubled_quotes : whether quotes are doubled within quotes
    """

    delimiter: str | None
    skipped: int
    names: list[str]
    has_header: bool
    rows: list[list[str]]
    is_vectors: bool
    whole_lines: bool
    has_doubled_quotes: bool


def layout_of(path: Path, name: str, choice: Choice) -> TextLayout | None:
    """The layout of a file; None of one without any line."""
    text, is_whole = _head(path)
    lines = text.splitlines(keepends=True)
    if not is_whole and len(lines) > 1:
        lines.pop()
    skipped = 0
    while skipped < len(lines) and (not lines[skipped].strip() or lines[skipped][0] == "#"):
        skipped += 1
    lines = lines[skipped : skipped + _HEAD_ROWS]
    if not lines:
        return None
    first = lines[0].strip()
    whole_lines = "\t" not in first and is_json_vector(first)
    delimiter = _delimiter(first)
    rows = _rows_of(lines, delimiter, name)
    fields = [field.strip() for field in rows[0]]
    is_vectors = whole_lines or any(field.startswith("[") for field in fields)
    has_header = not is_vectors and _is_header(rows, name, choice)
    names = fields if has_header else [f"_c{place}" for place in range(len(fields))]
    return TextLayout(
        delimiter=delimiter,
        skipped=skipped,
        names=names,
        has_header=has_header,
        rows=rows[1:] if has_header else rows,
        is_vectors=is_vectors,
        whole_lines=whole_lines,
        has_doubled_quotes=_DOUBLED.search("".join(lines)) is not None,
    )


def text_table(path: Path, name: str, choice: Choice) -> FileTable:
    """A text file as a table: numbers are doubles, all else is text."""
    with readable(path):
        layout = layout_of(path, name, choice)
    if layout is None or not layout.rows:
        raise NoRowsError(f"{name}: has no rows; needs at least one")
    _refuse_bare_arrays(layout, name)
    columns = [
        [row[place].strip() if place < len(row) else "" for row in layout.rows]
        for place in range(len(layout.names))
    ]
    numbers = [all(map(_is_number, column)) and any(map(_is_there, column)) for column in columns]
    if not layout.has_header and choice.columns is None and all(numbers[1:]):
        _refuse_an_index(columns, name)
    fields = [
        pa.field(label, _type_of(column) if is_number else pa.string())
        for label, column, is_number in zip(layout.names, columns, numbers, strict=True)
    ]
    integers = frozenset(
        label for label, column in zip(layout.names, columns, strict=True) if _are_integers(column)
    )
    schema = pa.schema(fields)

    def read(wanted: list[str]) -> Iterator[pa.RecordBatch]:
        with readable(path):
            yield from (
                _loaded(path, layout, wanted)
                if layout.delimiter is None
                else _parsed(path, layout, schema, wanted)
            )

    return FileTable(Batches(schema, read, integers, has_names=layout.has_header))


def _head(path: Path) -> tuple[str, bool]:
    """The first megabyte, and whether that is all."""
    with uncompressed(path) as source:
        head = source.read(_HEAD_BYTES + 1)
    text = head[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text, len(head) <= _HEAD_BYTES


def _delimiter(line: str) -> str | None:
    found = next((mark for mark in "\t,;" if mark in line), None)
    return "," if found is None and " " not in line else found


def _rows_of(lines: list[str], delimiter: str | None, name: str) -> list[list[str]]:
    if delimiter is None:
        return [line.split() for line in lines if line.strip()]
    # Line ends of any kind, as of the lines themselves.
    text = io.StringIO("".join(lines), newline=None)
    # A vector may be longer. It is the limit of all threads, so that none may lower it again.
    if csv.field_size_limit() < _HEAD_BYTES:
        csv.field_size_limit(_HEAD_BYTES)
    try:
        return [row for row in csv.reader(text, delimiter=delimiter) if row]
    except csv.Error as problem:
        raise InvalidInputError(
            f"{name}: is no table of text ({cause(problem)}); write it again, or pass an array"
        ) from None


def _is_number(field: str) -> bool:
    """Whether a field is a number, or none is there."""
    if field in _MISSING:
        return True
    try:
        float(field)
    except ValueError:
        return False
    return "_" not in field


def _is_there(field: str) -> bool:
    return field not in _MISSING


def _are_integers(column: list[str]) -> bool:
    return all(_INTEGER.fullmatch(field) for field in column if _is_there(field))


def _type_of(column: list[str]) -> pa.DataType:
    """Double, but for integers that have more digits."""
    is_long = any(len(field) > DOUBLE_DIGITS for field in column)
    return pa.int64() if is_long and _are_integers(column) else pa.float64()


def _is_header(rows: list[list[str]], name: str, choice: Choice) -> bool:
    """Whether the first line is one, as the table above says."""
    first, below = [field.strip() for field in rows[0]], rows[1:]
    if choice.columns is not None:
        named = [choice.columns] if isinstance(choice.columns, str) else list(choice.columns)
        firsts = {str(each).split(".")[0] for each in named} | set(map(str, named))
        if firsts & set(first) and not all(_GIVEN_NAME.fullmatch(str(each)) for each in named):
            return True
        if all(_GIVEN_NAME.fullmatch(str(each)) for each in named):
            return False
    texts = [place for place, field in enumerate(first) if not _is_number(field)]
    numbers = [place for place, field in enumerate(first) if _is_number(field) and field != ""]
    columns = {
        place: [row[place].strip() for row in below if place < len(row)]
        for place in range(len(first))
    }
    if not numbers:
        return bool(texts) and (
            not below
            or any(
                all(map(_is_number, columns[place]))
                or any(field.startswith("[") for field in columns[place])
                for place in texts
            )
        )
    if not texts:
        return _is_counted(first, columns, name)
    if any(columns[place] and all(map(_is_number, columns[place])) for place in texts):
        text = first[texts[0]]
        raise InvalidInputError(
            f"{name}: the first line holds numbers, and {text[:40]!r} over a column of numbers, so "
            f"it may be a header or a row; if a header, pass columns=[{listed(first)}], else "
            f"columns=[{listed(f'_c{place}' for place in range(len(first)))}], or replace "
            f"{text[:40]!r} by nan"
        )
    return False


def _is_counted(first: list[str], columns: dict[int, list[str]], name: str) -> bool:
    """Whether a first line of numbers is 0, 1, 2 ... as pandas names columns without names."""
    has_corner = first[0] == ""
    labels = first[1:] if has_corner else first
    if labels != [str(place) for place in range(len(labels))] or len(labels) < 2 or not columns[0]:
        return False
    if has_corner:
        return True
    fields = [field for column in columns.values() for field in column]
    if any(re.search(r"[.eE]", field) for field in fields if _is_there(field)):
        return True
    raise InvalidInputError(
        f"{name}: the first line, {','.join(first[:4])} ..., may be the header that pandas writes, "
        f"or a row; if a header, pass columns=[{listed(first)}], else "
        f"columns=[{listed(f'_c{place}' for place in range(len(first)))}]"
    )


def _refuse_bare_arrays(layout: TextLayout, name: str) -> None:
    """InvalidInputError if a JSON array without quotes is cut at its commas."""
    for place, row in enumerate(layout.rows):
        if len(row) > len(layout.names) and any(field.lstrip().startswith("[") for field in row):
            raise InvalidInputError(
                f"{name}: the header has {len(layout.names)} fields, row {place} {len(row)}: its "
                "JSON array has no quotes around it, so it is cut at its commas; write it with "
                "quotes, or with tabs between fields"
            )


def _refuse_an_index(columns: list[list[str]], name: str) -> None:
    """InvalidInputError if the first column numbers the rows."""
    first = columns[0]
    if len(columns) < 2 or len(first) < _COUNTED_ROWS:
        return
    if any(first == [str(start + row) for row in range(len(first))] for start in (0, 1)):
        last = len(columns) - 1
        raise InvalidInputError(
            f"{name}: the first column counts the rows from {first[0]}, so it may be an index or a "
            f"property; without it pass columns=['_c1', ... '_c{last}'], with it "
            f"columns=['_c0', ... '_c{last}']"
        )


def _parsed(
    path: Path, layout: TextLayout, schema: pa.Schema, wanted: list[str]
) -> Iterator[pa.RecordBatch]:
    import pyarrow.csv

    options = {
        "read_options": pyarrow.csv.ReadOptions(
            column_names=layout.names,
            skip_rows=layout.skipped + layout.has_header,
            block_size=BLOCK_BYTES,
            use_threads=True,
        ),
        "parse_options": pyarrow.csv.ParseOptions(
            delimiter=layout.delimiter, newlines_in_values=True
        ),
        "convert_options": pyarrow.csv.ConvertOptions(
            include_columns=wanted,
            column_types={label: schema.field(label).type for label in wanted},
            null_values=list(_MISSING),
            strings_can_be_null=True,
        ),
    }
    with uncompressed(path) as source:
        yield from pyarrow.csv.open_csv(source, **options)


def _loaded(path: Path, layout: TextLayout, wanted: list[str]) -> Iterator[pa.RecordBatch]:
    """Numbers between white space, by NumPy, which takes any of it."""
    places = [layout.names.index(label) for label in wanted]
    with uncompressed(path) as source, io.TextIOWrapper(source, encoding="utf-8") as text:
        for _ in range(layout.skipped + layout.has_header):
            text.readline()
        while lines := list(islice(text, _LOADED_ROWS)):
            lines = [line for line in lines if line.partition("#")[0].strip()]
            if not lines:
                continue
            try:
                rows = np.loadtxt(lines, usecols=places, ndmin=2)
            except ValueError as problem:
                raise pa.ArrowInvalid(str(problem)) from problem
            arrays = [pa.array(column) for column in rows.T.copy()]
            yield pa.RecordBatch.from_arrays(arrays, names=wanted)
