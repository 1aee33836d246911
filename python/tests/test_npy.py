"""Headers of .npy files: what NumPy reads, or an error of one kind."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gio4j._rows.npy import HEADER_BYTES, npy_header

# The same examples at every run, and nothing kept of them on disk.
settings.register_profile("gio4j", derandomize=True, database=None, deadline=None, max_examples=500)
settings.load_profile("gio4j")

ROWS = np.arange(12, dtype="<f4").reshape(6, 2)


def saved(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the newer versions are newer
        np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


GOOD = [
    saved(ROWS),
    saved(ROWS, (2, 0)),
    saved(ROWS, (3, 0)),
    saved(np.asfortranarray(ROWS)),
    saved(ROWS.astype(">f8")),
    saved(ROWS[:0]),
    saved(np.zeros(3, [("a", "<f4"), ("é", "<i2")])),
]


def read(data: bytes) -> Any:
    """The array as gio4j reads it; None if it refuses."""
    try:
        header = npy_header(data[:HEADER_BYTES], len(data))
    except ValueError:
        return None
    count = int(np.prod(header.shape))
    flat = np.frombuffer(data, header.dtype, count, header.offset)
    return flat.reshape(header.shape, order="F" if header.is_fortran else "C")


def by_numpy(data: bytes) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except Exception:
        return None


def same(found: Any, expected: Any) -> bool:
    return (
        expected is not None
        and found.dtype == expected.dtype
        and found.shape == expected.shape
        and found.tobytes() == expected.tobytes()
    )


@pytest.mark.parametrize("data", GOOD)
def test_what_numpy_wrote(data: bytes) -> None:
    assert same(read(data), by_numpy(data))


# A brace that does not close is an error of Python's tokenizer.
@pytest.mark.parametrize("data", GOOD)
@pytest.mark.parametrize("byte", [b" ", b"\0", b"9", b"'"])
def test_every_byte_of_a_header_damaged(data: bytes, byte: bytes) -> None:
    for place in range(data.index(b"}") + 2):
        damaged = data[:place] + byte + data[place + 1 :]
        found = read(damaged)
        assert found is None or same(found, by_numpy(damaged)), damaged[:place]


@pytest.mark.slow
@given(some.sampled_from(GOOD), some.data())
def test_headers_damaged_anyhow(data: bytes, draw: some.DataObject) -> None:
    first = draw.draw(some.integers(0, 128))
    last = draw.draw(some.integers(first, 140))
    damaged = data[:first] + draw.draw(some.binary(max_size=20)) + data[last:]
    found = read(damaged)
    assert found is None or same(found, by_numpy(damaged))


@pytest.mark.slow
@given(some.text(max_size=80))
def test_any_text_as_a_header(text: str) -> None:
    header = text.encode()
    assert read(b"\x93NUMPY\x03\x00" + len(header).to_bytes(4, "little") + header) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "does not begin as one"),
        (b"\x93NUMPY\x04\x00" + GOOD[1][8:], r"version is 4\.0; 1\.0, 2\.0 and 3\.0 can be read"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f", "has 2147483647 bytes; at most 10000"),
        (GOOD[0][:100], "ends within its header"),
        (GOOD[0].replace(b"}", b" "), "header is damaged"),
        (GOOD[0].replace(b"<f4", b"|O8"), "damaged|Python objects"),
        (GOOD[0][:-1], "176 bytes are needed"),
    ],
)
def test_why_it_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        npy_header(data, len(data))
