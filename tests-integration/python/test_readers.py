"""CSV files with JSON vectors, as awkward as they come, parsed by the engine."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from harness import refused, sample

import gio4j
from gio4j._engine import jobs
from gio4j._measure.averaged import averaged_divergence
from gio4j._rows import text as text_module
from gio4j.errors import GIOWarning, InvalidInputError


def written(folder: Path, *lines: str, name: str = "rows.tsv", end: str = "\n") -> Path:
    (folder / name).write_bytes("".join(line + end for line in lines).encode())
    return folder / name


def vectors(table: pa.Table) -> np.ndarray:
    column = table["features"]
    rows = np.concatenate([chunk.flatten().to_numpy() for chunk in column.chunks])
    return rows.reshape(len(column), -1)


def test_columns_and_vectors(tmp_path: Path) -> None:
    table = gio4j.read_csv(written(tmp_path, "1\ta text\t[0.5, -2]\tmore", "2\t\t[3, 4]\t"))
    assert table.column_names == ["_c0", "_c1", "_c2", "_c3", "features"]
    assert table.select(["_c0", "_c1", "_c3"]).to_pylist() == [
        {"_c0": "1", "_c1": "a text", "_c3": "more"},
        {"_c0": "2", "_c1": None, "_c3": None},
    ]
    assert table["_c2"].to_pylist() == ["[0.5, -2]", "[3, 4]"]
    assert vectors(table).tolist() == [[0.5, -2], [3, 4]]


NUMBERS = {
    "scientific": "[1e-3, 2.5E+2, -0.0e0]",
    "spaces": " [ 1 ,\t2.5 , -3 ] ",
    "no spaces": "[1,2.5,-3]",
    "long": "[0.1234567890123456789, 1e38, 1.17549435e-38]",
    "tiny": "[1e-46, -1e-400, 1e-45]",
    "whole": "[0, -7, 16777217]",
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_those_of_json(case: str, tmp_path: Path) -> None:
    text = NUMBERS[case]
    for line in (f"a;b;{text}", f'a;"b;";"{text}"'):
        found = vectors(gio4j.read_csv(written(tmp_path, line), ";"))
        assert found.tobytes() == np.array([json.loads(text)], np.float32).tobytes()


def test_every_float_survives_its_text(tmp_path: Path) -> None:
    rows = (sample(300, 7) * np.float32(10) ** sample(300, 7, seed=1) * 5).astype(np.float32)
    path = written(tmp_path, *(f"a\tb\t{json.dumps(row)}" for row in rows.tolist()))
    assert np.array_equal(vectors(gio4j.read_csv(path)), rows)


LAYOUTS = {
    "Windows": ("\r\n", ""),
    "old Mac": ("\r", ""),
    "byte order mark": ("\n", "\ufeff"),
    "blank lines": ("\n\n  \n", "\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, tmp_path: Path) -> None:
    end, head = LAYOUTS[layout]
    table = gio4j.read_csv(written(tmp_path, f"{head}a\tb\t[1, 2]", "c\td\t[3, 4]", end=end))
    assert table["_c0"].to_pylist() == ["a", "c"]
    assert vectors(table).tolist() == [[1, 2], [3, 4]]


def test_quotes_as_spark_takes_them(tmp_path: Path) -> None:
    lines = (r'"a \"b\"","x, y","[1, 2]"', r'a \ b,"","[3, 4]"', 'x"y,"z"w,"[5, 6]"')
    table = gio4j.read_csv(written(tmp_path, *lines), ",")
    assert table["_c0"].to_pylist() == ['a "b"', r"a \ b", 'x"y']
    assert table["_c1"].to_pylist() == ["x, y", None, '"z"w']
    assert vectors(table).tolist() == [[1, 2], [3, 4], [5, 6]]


BAD = {
    "no number": "[1, x]",
    "text": "vector",
    "empty": "",
    "empty array": "[]",
    "not closed": "[1, 2",
    "more behind it": "[1, 2] 3",
    "nested": "[[1, 2]]",
    "null": "[1, null]",
    "NaN": "[1, NaN]",
    "infinity": "[1, Infinity]",
    "too large": "[1, 1e39]",
    "short": "[1]",
    "long": "[1, 2, 3]",
}


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named(
    case: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", block_bytes)
    lines = ["a\tb\t[1, 2]", "", "c\td\t[3, 4]", f"e\tf\t{BAD[case]}", "g\th\t[5, 6]", "i\tj\tno"]
    path = written(tmp_path, *lines)
    with refused(InvalidInputError, str(path), "line 4"):
        gio4j.read_csv(path)
    with pytest.warns(GIOWarning, match=r"skipped 2 rows, the first: .*line 4") as told:
        table = gio4j.read_csv(path, on_error="skip")
    assert len(told) == 1
    assert table["_c0"].to_pylist() == ["a", "c", "g"]
    assert vectors(table).tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_a_header_is_a_bad_row(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", block_bytes)
    path = written(tmp_path, "id\ttext\tembedding", "a\tb\t[1, 2]")
    with refused(InvalidInputError, "line 1", "embedding"):
        gio4j.read_csv(path)
    with pytest.warns(GIOWarning, match=r"skipped 1 rows, the first: .*line 1"):
        assert vectors(gio4j.read_csv(path, on_error="skip")).tolist() == [[1, 2]]


def test_a_file_without_any_vector(tmp_path: Path) -> None:
    path = written(tmp_path, "a\tb\tc", "d\te\tf")
    with refused(InvalidInputError, "line 1"):
        gio4j.read_csv(path)
    with refused(InvalidInputError, "holds no vectors", "line 1"):
        gio4j.read_csv(path, on_error="skip")
    with refused(InvalidInputError, "holds no vectors"):
        gio4j.read_csv(written(tmp_path, name="empty.tsv"))


def test_another_delimiter_is_meant(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,[1]")
    with refused(InvalidInputError, "1 columns", r"delim='\t'", "no _c2"):
        gio4j.read_csv(path)
    with refused(InvalidInputError, "delim='--'"):
        gio4j.read_csv(path, "--")
    with refused(InvalidInputError, "on_error='ignore'", "'skip'"):
        gio4j.read_csv(path, on_error="ignore")  # type: ignore[arg-type]


def test_folders_and_compressed_files(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "part-0.csv.gz").write_bytes(gzip.compress(b"a\tb\t[1, 2]\n"))
    written(folder, "c\td\t[3, 4]", name="part-1.csv")
    written(folder, "no rows", name="_SUCCESS")
    assert vectors(gio4j.read_csv(folder)).tolist() == [[1, 2], [3, 4]]
    written(folder, "", "e\tf\t[5]", name="part-2.csv")
    with refused(InvalidInputError, "part-2.csv", "line 2"):
        gio4j.read_csv(folder)


def test_many_blocks_are_one_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sample(500, 5)
    path = written(tmp_path, *(f"{n}\t\t{json.dumps(row)}" for n, row in enumerate(rows.tolist())))
    whole = gio4j.read_csv(path)
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 1000)
    parts = gio4j.read_csv(path)
    assert parts["features"].num_chunks > 20
    assert parts.select(["_c0", "_c2"]).combine_chunks() == whole.select(["_c0", "_c2"])
    assert np.array_equal(vectors(parts), rows)


FILES = {
    "line feeds": b"a,b,[1]\nc,d,[2]\n",
    "no last line end": b"a,b,[1]\nc,d,[2]",
    "Windows": b"a,b,[1]\r\nc,d,[2]\r\n",
    "old Mac": b"a,b,[1]\rc,d,[2]\r",
    "byte order mark": b"\xef\xbb\xbfa,b,[1]\nc,d,[2]\n",
    "blank lines": b"\n \na,b,[1]\n\r\n\t\nc,d,[2]\n\n",
    "quotes": b'"a",b,[1]\nc,"d","[2]"\n',
    "more fields than the first line": b"a,b,[1]\nc,d,[2],e\n",
}


@pytest.mark.parametrize("block_bytes", [1, 3, 1 << 20])
@pytest.mark.parametrize("case", FILES)
def test_lines_whatever_ends_them(
    case: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", block_bytes)
    (tmp_path / "rows.csv").write_bytes(FILES[case])
    table = gio4j.read_csv(tmp_path / "rows.csv", ",")
    assert table.column_names == ["_c0", "_c1", "_c2", "features"]
    assert table.select(["_c0", "_c1"]).to_pylist() == [
        {"_c0": "a", "_c1": "b"},
        {"_c0": "c", "_c1": "d"},
    ]
    assert vectors(table).tolist() == [[1], [2]]


def test_a_short_line_has_nulls(tmp_path: Path) -> None:
    table = gio4j.read_csv(written(tmp_path, "a,b,[1],c,d", ",,[2]", "e,f,[3],g"), ",")
    assert table.drop_columns(["_c2", "features"]).to_pylist() == [
        {"_c0": "a", "_c1": "b", "_c3": "c", "_c4": "d"},
        {"_c0": None, "_c1": None, "_c3": None, "_c4": None},
        {"_c0": "e", "_c1": "f", "_c3": "g", "_c4": None},
    ]


def test_a_quote_ends_with_its_line(tmp_path: Path) -> None:
    table = gio4j.read_csv(written(tmp_path, 'a,b,[1],"c', 'd",e,[2],f'), ",")
    assert table["_c3"].to_pylist() == ["c", "f"]
    assert table["_c0"].to_pylist() == ["a", 'd"']


def test_lines_of_white_delimiters_are_blank(tmp_path: Path) -> None:
    table = gio4j.read_csv(written(tmp_path, "a\tb\t[1]", "\t\t", "c\td\t[2]"))
    assert vectors(table).tolist() == [[1], [2]]


def test_text_of_any_language_and_of_none(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("\u4f60\u597d,\U0001f600,[1]\n".encode() + b"\xe4,a\xc3\xa4\xffb,[2]\n")
    table = gio4j.read_csv(path, ",")
    table.validate(full=True)
    assert table["_c0"].to_pylist() == ["\u4f60\u597d", "\ufffd"]
    assert table["_c1"].to_pylist() == ["\U0001f600", "a\u00e4\ufffdb"]


def test_lines_keep_their_numbers_from_block_to_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 200)
    lines = ["a;b;[1, 2]", "", " "] * 100 + ["a;b;[1, 2, 3]"]
    for end in ("\n", "\r\n", "\r"):
        path = written(tmp_path, *lines, end=end)
        with refused(InvalidInputError, "line 301: has 3 numbers, the rows before it have 2"):
            gio4j.read_csv(path, ";")


def test_more_results_than_may_stay_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past a number of them they are copied out; the texts as well as the vectors."""
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 20)
    monkeypatch.setattr(jobs, "_LIVE_BUFFERS", 10)
    path = written(tmp_path, *(f"text {n}\t\t[{n}, 1]" for n in range(100)))
    before = gio4j.info()["buffers"]
    table = gio4j.read_csv(path)
    assert gio4j.info()["buffers"] - before < 20
    assert table["_c0"].to_pylist() == [f"text {n}" for n in range(100)]
    assert vectors(table)[:, 0].tolist() == list(range(100))


# --- a matrix is wanted, and a text or Parquet file is given --------------------------------------


def test_a_text_file_as_a_matrix(tmp_path: Path) -> None:
    x, y = sample(40, 4), sample(30, 4, seed=1)
    path = written(tmp_path, *(f"text\t{json.dumps(row)}" for row in x.tolist()))
    expected = averaged_divergence(x, y)
    assert averaged_divergence(path, y) == expected
    assert averaged_divergence(str(path), y) == expected
    assert np.array_equal(gio4j.kmeans(path, 3, seed=1).centers, gio4j.kmeans(x, 3, seed=1).centers)


@pytest.mark.parametrize(
    "text",
    [
        '"[1, 2]"\n',
        "a\tb\t[1, 2]\n",
        'a,"[1, 2]"\n',
        '"a ""x""", "[3]", [1\t 2]\t[1, 2]\n',
        "\na, text\t [1, 2]\t[3, 4]\n",
    ],
)
def test_where_a_text_file_holds_its_vectors(text: str, tmp_path: Path) -> None:
    """In the first column that begins with a bracket; cut at tabs if there are any."""
    (tmp_path / "rows.csv").write_text(text)
    assert gio4j.kmeans(tmp_path / "rows.csv", 1, seed=1).centers.tolist() == [[1, 2]]


def test_a_text_file_without_vectors(tmp_path: Path) -> None:
    path = written(tmp_path, "name,text", "a,b", name="rows.csv")
    with refused(InvalidInputError, "x: ", "rows.csv", "no column of vectors and none of numbers"):
        averaged_divergence(path, sample(9, 1))
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.csv"]


def test_a_bad_row_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "BLOCK_BYTES", 16)
    lines = [f"text,[{n}]" for n in range(50)]
    path = written(tmp_path, *lines, "text,[1 2]", name="rows.csv")
    with refused(InvalidInputError, "rows.csv", "line 51"):
        averaged_divergence(path, sample(9, 1))
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.csv"]


def test_a_nan_in_parquet_is_named(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    rows = sample(9, 2).tolist()
    rows[4][1] = math.nan
    pq.write_table(pa.table({"features": rows}), tmp_path / "rows.parquet")
    with refused(InvalidInputError, "pool", "row 4"):
        gio4j.gradient_search(tmp_path / "rows.parquet", sample(9, 2), sample(2, 2))
