"""Which columns of a table are its rows, what is left out, and what is open."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy_engine import read
from row_kinds import ROWS, TEXTS, json_texts, shards, table, wide

import gio4j
from gio4j._rows.choice import PLAIN
from gio4j._rows.inputs import aligned, source_of
from gio4j._rows.text_table import layout_of
from gio4j.errors import GIOWarning, InvalidInputError

TARGET = ROWS[:4] + np.float32(0.25)


def rows_of(value: Any, **choice: Any) -> np.ndarray:
    source = source_of(value, "pool", **choice)
    return np.asarray(source.take(np.arange(source.count())))


def csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


# --- what is left out -----------------------------------------------------------------------------

WITH_OTHERS: dict[str, Callable[[Path], Any]] = {
    "pandas": lambda _: wide().assign(kind=pd.Categorical(["x", "y"] * 6), is_new=True),
    "polars": lambda _: pl.from_pandas(wide()).with_columns(kind=pl.lit("x"), is_new=True),
    "pyarrow": lambda _: pa.Table.from_pandas(
        wide().assign(kind="x", is_new=True), preserve_index=False
    ),
    "Hugging Face": lambda _: datasets.Dataset.from_pandas(
        wide().assign(kind="x", is_new=True), preserve_index=False
    ),
    "CSV": lambda folder: csv(
        folder, wide(ROWS.astype(float)).assign(kind="x", is_new=True).to_csv(index=False)
    ),
}


@pytest.mark.parametrize("kind", WITH_OTHERS)
def test_columns_without_numbers_are_left_out_with_a_note(kind: str, tmp_path: Path) -> None:
    value = WITH_OTHERS[kind](tmp_path)
    words = r"pool.*: takes the columns of numbers, 'a', 'b', 'c', and leaves out 'kind', 'is_new'"
    for _ in range(2):  # of a file that was converted before as well
        with pytest.warns(GIOWarning, match=words) as warned:
            assert np.array_equal(rows_of(value), ROWS)
        assert len(warned) == 1
    assert np.array_equal(rows_of((value, ["c", "a"])), ROWS[:, [2, 0]])


def test_the_note_stands_at_the_users_line_and_comes_once() -> None:
    frame = wide().assign(text="x")
    with pytest.warns(GIOWarning, match="leaves out 'text'") as warned:
        found = gio4j.select(frame, TARGET, 3)
    assert [each.filename for each in warned] == [__file__]
    assert found.options["columns"] == ["a", "b", "c"]
    found.report(target=TARGET)  # warnings are errors: it knows the columns by now


def test_an_index_that_a_file_holds_as_a_column_is_left_out(tmp_path: Path) -> None:
    frame = wide(ROWS.astype(float))
    path = csv(tmp_path, frame.to_csv())
    again = pd.read_csv(path, float_precision="round_trip")
    for name in ("plain", "named"):
        index = pd.Index([*range(6), *range(8, 14)], name=None if name == "plain" else "age")
        frame.set_axis(index).to_parquet(tmp_path / f"{name}.parquet")
    for value in (path, again, tmp_path / "plain.parquet", tmp_path / "named.parquet"):
        left = r"leaves out '(|Unnamed: 0|__index_level_0__|age)', which is the index"
        with pytest.warns(GIOWarning, match=left):
            assert np.array_equal(rows_of(value), ROWS)


# --- what is open ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id", "ID", "index", "row_id"])
def test_integers_that_may_number_the_rows(name: str, tmp_path: Path) -> None:
    frame = wide(ROWS.astype(float)).assign(**{name: range(12)})
    for value in (frame, pl.from_pandas(frame), csv(tmp_path, frame.to_csv(index=False))):
        with pytest.raises(InvalidInputError) as problem:
            source_of(value, "pool")
        assert f"the integers in '{name}' may number the rows" in str(problem.value)
        assert len(str(problem.value)) < 400
        assert np.array_equal(rows_of((value, ["a", "b", "c"])), ROWS)
        assert rows_of((value, [name, "a"]))[:, 0].tolist() == list(range(12))
    with pytest.raises(InvalidInputError, match="none of numbers but 'id', which may"):
        source_of(pd.DataFrame({"id": [1, 2], "text": ["a", "b"]}), "pool")
    assert rows_of(wide().assign(id=0.5)).shape == (12, 4), "fractions number nothing"
    assert rows_of(pd.DataFrame({"id": [1, 2]})).tolist() == [[1], [2]]


def test_a_file_whose_first_column_counts_the_rows(tmp_path: Path) -> None:
    path = csv(tmp_path, wide(ROWS.astype(float)).reset_index(drop=True).to_csv(header=False))
    with pytest.raises(InvalidInputError, match=r"the first column counts the rows from 0, so"):
        source_of(path, "pool")
    assert np.array_equal(rows_of((path, ["_c1", "_c2", "_c3"])), ROWS)
    assert rows_of((path, ["_c0", "_c1"]))[:, 0].tolist() == list(range(12))


HEADERS: dict[str, tuple[str, list[list[float]] | str]] = {
    "names": ("a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "one column": ("a\n1\n3\n", [[1], [3]]),
    "none": ("1,2\n3,4\n", [[1, 2], [3, 4]]),
    "scientific": ("1e3,-2\n3,4.5\n", [[1e3, -2], [3, 4.5]]),
    "of pandas, with an index": (",0,1\n0,1,2\n1,3,4\n", [[1, 2], [3, 4]]),
    "of pandas over fractions": ("0,1\n1.5,2.0\n3.0,4.0\n", [[1.5, 2], [3, 4]]),
    "of pandas over integers": (
        "0,1\n1,2\n3,4\n",
        "may be the header that pandas writes, or a row",
    ),
    "years": ("a,2019,2020\n1,2,3\n4,5,6\n", "it may be a header or a row"),
    "a mark for missing": ("?,2\n3,4\n", "it may be a header or a row"),
    "comments": ("# made by a program\n# a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "blank lines": ("\n\na,b\n1,2\n\n3,4\n\n", [[1, 2], [3, 4]]),
    "quoted": ('"a","b, or c"\n"1","2"\n3,4\n', [[1, 2], [3, 4]]),
    "Windows, byte order mark": ("\ufeffa,b\r\n1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
    "header alone": ("a,b\n", "has no rows"),
    "nothing": ("", "has no rows"),
    "spaces": ("a, b\n1, 2\n 3 , 4\n", [[1, 2], [3, 4]]),
    "white space": ("a b\n1  2\n\n 3 4 # five\n", [[1, 2], [3, 4]]),
    "infinite": ("a,b\n1,2\ninf,4\n", [[1, 2], [np.inf, 4]]),
    "arrays without quotes": (
        "id,v\n1,[1, 2]\n",
        "has 2 fields, row 0 3: its JSON array has no qu",
    ),
    "arrays of NumPy": ("v\n[1. 2.]\n[3. 4.]\n", r"such as '\[1\. 2\.\]', are no JSON arrays: wri"),
    "twice": ("a,a\n1,2\n", "has 2 columns 'a'"),
    "no numbers": ("a,b\nx,y\n", "none of numbers"),
}


@pytest.mark.parametrize("case", HEADERS)
@pytest.mark.filterwarnings("ignore:.*leaves out:gio4j.errors.GIOWarning")
def test_what_the_first_line_is(case: str, tmp_path: Path) -> None:
    text, expected = HEADERS[case]
    path = csv(tmp_path, text)
    if isinstance(expected, str):
        with pytest.raises(InvalidInputError, match=expected) as problem:
            source_of(path, "pool")
        assert len(str(problem.value)) < 400
    else:
        assert rows_of(path).tolist() == expected


def test_integers_of_many_digits_keep_them(tmp_path: Path) -> None:
    source = source_of(csv(tmp_path, f"a\n{2**60}\n{2**60 + 1}\n"), "pool")
    with ExitStack() as leases:
        aligned_rows, _ = aligned(source)
        rows = read(aligned_rows[0].share(leases).request)
    assert rows[1, 0] - rows[0, 0] == 1


def test_an_open_first_line_is_decided_by_columns(tmp_path: Path) -> None:
    path = csv(tmp_path, "0,1\n1,2\n3,4\n")
    assert rows_of((path, ["0", "1"])).tolist() == [[1, 2], [3, 4]]
    assert rows_of((path, ["_c0", "_c1"])).tolist() == [[0, 1], [1, 2], [3, 4]]
    path = csv(tmp_path, "a,2019\n1,2\n4,5\n")
    assert rows_of((path, ["2019"])).tolist() == [[2], [5]]


def test_a_text_among_numbers_is_named(tmp_path: Path) -> None:
    lines = ["1,2"] * 2000 + ["1,x"]
    with pytest.raises(InvalidInputError, match=r"^pool: .*rows.csv.* cannot be read .*'x'"):
        source_of(csv(tmp_path, "\n".join(lines)), "pool")
    lines = ["1 2"] * 2000 + ["1 x"]
    with pytest.raises(InvalidInputError, match=r"rows.txt.* cannot be read .*'x'"):
        source_of(csv(tmp_path, "\n".join(lines), "rows.txt"), "pool")


def test_two_columns_of_json() -> None:
    frame = pd.DataFrame({"v": json_texts(), "w": json_texts()})
    with pytest.raises(InvalidInputError, match="has 2 columns of vectors, 'v', 'w'"):
        source_of(frame, "pool")
    assert np.array_equal(rows_of((frame, "w")), ROWS)
    assert np.array_equal(rows_of(frame.assign(v="[INST] a prompt")), ROWS)


def test_a_text_that_is_no_vector_is_named() -> None:
    texts = [*json_texts()[:5], "[1, 2", *json_texts()[6:]]
    for value in (pd.Series(texts), pa.array(texts), pd.DataFrame({"v": texts})):
        with pytest.raises(InvalidInputError, match=r"row 5 is '\[1, 2'; needs a JSON array"):
            rows_of(value)


@pytest.mark.parametrize("column", ["model.out", "model.none.vector", "none.vector", "text.vector"])
def test_a_field_that_is_not_there(column: str) -> None:
    from row_kinds import structs

    with pytest.raises((InvalidInputError, TypeError), match=r"without a field|no column|needs li"):
        rows_of((structs(), column))


def test_equal_names_are_refused() -> None:
    lists = table()["vector"]
    for frame in (
        pa.Table.from_arrays([lists, lists], names=["v", "v"]),
        pd.concat([wide(), wide()], axis=1),
    ):
        with pytest.raises(InvalidInputError, match=r"has 2 columns '(v|a)'; rename them"):
            source_of(frame, "pool")


def test_a_thousand_columns_are_taken_or_named_in_short() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 1024)).astype(np.float32)
    assert np.array_equal(rows_of(pd.DataFrame(rows)), rows)
    with pytest.raises(InvalidInputError, match="and 1,019 more") as problem:
        source_of((pd.DataFrame(rows), "x"), "pool")
    assert len(str(problem.value)) < 400


# --- names ----------------------------------------------------------------------------------------


def test_columns_in_another_order_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"pool, target: .* in another order"):
        gio4j.select(wide(), wide()[["c", "b", "a"]], 3)
    with pytest.raises(InvalidInputError, match=r"differ, 'd' only in target; pass columns="):
        gio4j.select(wide(), wide().assign(d=1.0), 3)
    plain = gio4j.select(ROWS, ROWS[:5], 3)
    for target in (wide()[["c", "b", "a"]][:5], wide().assign(d=1.0)[:5]):
        found = gio4j.select(wide(), target, 3, columns=["a", "b", "c"])
        assert found.indices.tolist() == plain.indices.tolist()
        found.report()
    assert (
        gio4j.select(wide(), pd.DataFrame(ROWS[:5]), 3).indices.tolist() == plain.indices.tolist()
    )


def test_a_report_of_a_table_and_vectors() -> None:
    """The target has none of the pool's columns, only vectors."""
    targets = pd.DataFrame({"v": list(TARGET)}), pd.DataFrame(TARGET), TARGET
    reports = [gio4j.select(wide(), target, 3).report() for target in targets]
    assert reports[0] == reports[1] == reports[2]


def test_no_column_of_an_array_in_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(InvalidInputError, match=r"'\.npy', whose columns have no names"):
        gio4j.select((tmp_path / "rows.npy", "x"), TARGET, 3)
    plain = gio4j.select(wide(), TARGET, 3).indices.tolist()
    np.save(tmp_path / "target.npy", TARGET)
    found = gio4j.select(wide(), tmp_path / "target.npy", 3, columns=["a", "b", "c"])
    assert found.indices.tolist() == plain
    found.report()


def test_columns_need_names_somewhere() -> None:
    with pytest.raises(InvalidInputError, match=r"pool and target have no columns by name"):
        gio4j.select(ROWS, TARGET, 3, columns=["a"])
    with pytest.raises(InvalidInputError, match="names 'a' twice"):
        gio4j.select(wide(), TARGET, 3, columns=["a", "a"])
    with pytest.raises(InvalidInputError, match=r"columns=\[\]: needs at least one name"):
        gio4j.select(wide(), TARGET, 3, columns=[])
    with pytest.raises(TypeError, match="columns=5: needs a name"):
        gio4j.select(wide(), TARGET, 3, columns=5)  # type: ignore[arg-type]


def test_a_model_takes_its_columns_of_every_frame(tmp_path: Path) -> None:
    model = gio4j.kmeans(wide(), 3, columns=["a", "c"], seed=0)
    assert model.columns == ("a", "c")
    other = wide().assign(text="x")[["text", "c", "b", "a"]]
    expected = gio4j.kmeans(ROWS[:, [0, 2]], 3, seed=0).predict(ROWS[:, [0, 2]])
    assert np.array_equal(model.predict(other), expected)
    assert model.transform(other)["prediction"].tolist() == expected.tolist()
    model.save(tmp_path / "model.arrow")
    loaded = gio4j.KMeansModel.load(tmp_path / "model.arrow")
    assert loaded.columns == ("a", "c")
    assert np.array_equal(loaded.predict(other), expected)
    with pytest.raises(InvalidInputError, match="rows: has no column 'c'"):
        model.predict(other[["a", "b"]])


# --- missing numbers ------------------------------------------------------------------------------

GAPS = [2, 7]
KEPT = [row for row in range(12) if row not in GAPS]


def gappy() -> np.ndarray:
    rows = ROWS.astype(np.float64)
    rows[GAPS[0], 1] = np.nan
    rows[GAPS[1]] = np.nan
    return rows


def null_lists(rows: np.ndarray) -> list[Any]:
    """A row that is null, another that holds one."""
    lists: list[Any] = rows.tolist()
    lists[GAPS[0]][1] = None
    lists[GAPS[1]] = None
    return lists


def gap_npy(folder: Path, name: str = "rows.npy", order: Any = "C") -> Path:
    np.save(folder / name, np.asarray(gappy(), order=order))
    return folder / name


def gap_parquet(folder: Path, frame: pa.Table) -> Path:
    pq.write_table(frame, folder / "rows.parquet", row_group_size=3)
    return folder / "rows.parquet"


def gap_arrow(folder: Path) -> Path:
    rows = pa.table({"v": pa.array(null_lists(ROWS), pa.list_(pa.float32()))})
    with pa.ipc.new_file(folder / "rows.arrow", rows.schema) as out:
        out.write_table(rows, max_chunksize=5)
    return folder / "rows.arrow"


def gap_shards(folder: Path) -> list[Path]:
    for place, part in enumerate(np.array_split(gappy(), 3)):
        np.save(folder / f"{place}.npy", part)
    return sorted(folder.glob("?.npy"))


def gap_lines(folder: Path) -> Path:
    rows = [{"v": row} if row is not None else {"w": 1} for row in null_lists(ROWS)]
    return csv(folder, "".join(json.dumps(row) + "\n" for row in rows), "rows.jsonl")


WITH_GAPS: dict[str, Callable[[Path], Any]] = {
    "array": lambda _: gappy(),
    "float32": lambda _: gappy().astype(np.float32),
    "pandas": lambda _: wide(gappy()),
    "pandas, nullable": lambda _: wide(gappy()).convert_dtypes(),
    "pandas of Arrow": lambda _: wide(gappy()).astype("double[pyarrow]"),
    "pandas of lists": lambda _: pd.DataFrame({"v": null_lists(ROWS)}),
    "polars": lambda _: pl.DataFrame(gappy(), schema=list("abc"), nan_to_null=True),
    "Table": lambda _: pa.Table.from_pandas(wide(gappy()), preserve_index=False),
    "Table of lists": lambda _: pa.table({"v": null_lists(ROWS)}),
    "chunks": lambda _: pa.chunked_array(
        [pa.array(null_lists(ROWS)[:3]), pa.array(null_lists(ROWS)[3:])]
    ),
    "JSON texts": lambda _: pa.array(
        [None if row is None else json.dumps(row) for row in null_lists(ROWS)]
    ),
    "dataset": lambda _: pa.dataset.dataset(pa.table({"v": null_lists(ROWS)})),
    "Hugging Face": lambda _: datasets.Dataset.from_dict({"v": null_lists(ROWS)}),
    "path of .npy": gap_npy,
    "path of .npy in Fortran order": lambda folder: gap_npy(folder, order="F"),
    "mapped .npy": lambda folder: np.load(gap_npy(folder), mmap_mode="r"),
    "path of Arrow": gap_arrow,
    "path of Parquet": lambda folder: gap_parquet(folder, pa.table({"v": null_lists(ROWS)})),
    "path of wide Parquet": lambda folder: gap_parquet(
        folder, pa.Table.from_pandas(wide(gappy()), preserve_index=False)
    ),
    "path of CSV": lambda folder: csv(folder, wide(gappy()).to_csv(index=False)),
    "path of CSV, marked": lambda folder: csv(
        folder, wide(gappy()).to_csv(index=False, na_rep="NA")
    ),
    "path of CSV of JSON": lambda folder: csv(
        folder,
        pd.DataFrame(
            {"v": [None if row is None else json.dumps(row) for row in null_lists(ROWS)]}
        ).to_csv(index=False),
    ),
    "path of JSON lines": gap_lines,
    "shards": gap_shards,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", WITH_GAPS)
def test_rows_that_lack_a_number_are_left_out(kind: str, tmp_path: Path) -> None:
    value = WITH_GAPS[kind](tmp_path)
    expected = gio4j.select(ROWS[KEPT], TARGET, 4)
    found = gio4j.select(value, TARGET, 4, missing="skip")
    assert found.indices.tolist() == [KEPT[row] for row in expected.indices]
    assert (found.pool_rows, found.facts["skipped_rows"]) == (12, 2)
    assert len(found.take(list(range(12)))) == 4
    assert found.report().picked == expected.report().picked
    model = gio4j.kmeans(value, 3, missing="skip", weights=np.arange(12) + 1.0)
    assert model.assignments is not None
    assert model.assignments[GAPS].tolist() == [-1, -1]
    plain = gio4j.kmeans(ROWS[KEPT], 3, weights=np.array(KEPT) + 1.0)
    assert np.array_equal(model.assignments[KEPT], plain.assignments)
    assert np.array_equal(model.predict(value, missing="skip") == -1, model.assignments == -1)


@pytest.mark.parametrize("kind", [kind for kind in WITH_GAPS if "null" in kind or "lists" in kind])
def test_rows_that_lack_a_number_are_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"row [27] .*null.*missing='skip'"):
        gio4j.select(WITH_GAPS[kind](tmp_path), TARGET, 4)


def test_nothing_is_skipped_where_nothing_is_missing() -> None:
    found = gio4j.select(wide(), TARGET, 4, missing="skip")
    assert "skipped_rows" not in found.facts
    assert found.indices.tolist() == gio4j.select(ROWS, TARGET, 4).indices.tolist()


def test_no_row_is_left() -> None:
    with pytest.raises(InvalidInputError, match="pool: each of its 12 rows lacks a number"):
        gio4j.select(np.full((12, 3), np.nan), TARGET, 4, missing="skip")
    with pytest.raises(InvalidInputError, match="missing='drop': needs one of 'raise', 'skip'"):
        gio4j.select(ROWS, TARGET, 4, missing="drop")  # type: ignore[arg-type]


def test_neighbours_of_rows_that_are_left_out() -> None:
    distances, indices = gio4j.nearest(gappy(), gappy(), 1, missing="skip")
    assert np.isnan(distances[GAPS]).all()
    assert indices.ravel().tolist() == [-1 if row in GAPS else row for row in range(12)]
    _, others = gio4j.nearest(gappy(), gappy(), 1, exclude_self=True, missing="skip")
    plain = gio4j.nearest(ROWS[KEPT], ROWS[KEPT], 1, exclude_self=True)[1]
    assert others[KEPT].ravel().tolist() == [KEPT[row] for row in plain.ravel()]
    with pytest.raises(InvalidInputError, match="x and y lack numbers in different rows"):
        gio4j.nearest(gappy(), ROWS, 1, exclude_self=True, missing="skip")
    assert gio4j.divergence(gappy(), TARGET, 2, missing="skip") == gio4j.divergence(
        ROWS[KEPT], TARGET, 2
    )


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".npy", ".parquet", ".csv"])
def test_picks_by_file_and_row(suffix: str, tmp_path: Path) -> None:
    folder = shards(tmp_path, suffix)
    found = gio4j.select(folder, TARGET, 6)
    assert found.pool_files == tuple((str(folder / f"part-{n}{suffix}"), 4) for n in range(3))
    expected = [(str(folder / f"part-{row // 4}{suffix}"), row % 4) for row in found.indices]
    assert [tuple(each) for each in found.files] == expected
    assert found.report().picked.rows == 6
    found.save(tmp_path / "picked.parquet")
    assert gio4j.Selection.load(tmp_path / "picked.parquet").files == found.files


def test_picks_by_file_and_row_where_rows_are_left_out(tmp_path: Path) -> None:
    found = gio4j.select(gap_shards(tmp_path), TARGET, 10, missing="skip")
    expected = [(str(tmp_path / f"{row // 4}.npy"), row % 4) for row in found.indices]
    assert [tuple(each) for each in found.files] == expected


def test_an_array_is_in_no_file() -> None:
    assert gio4j.select(ROWS, TARGET, 3).files == []


def test_a_list_keeps_its_order_and_a_folder_is_sorted(tmp_path: Path) -> None:
    folder = shards(tmp_path, ".npy")
    paths = sorted(folder.glob("*.npy"))
    assert np.array_equal(rows_of(paths[::-1]), np.concatenate([ROWS[8:], ROWS[4:8], ROWS[:4]]))
    assert np.array_equal(rows_of([folder, paths[0]]), np.concatenate([ROWS, ROWS[:4]]))
    assert np.array_equal(rows_of(f"{folder}/part-[02].npy"), np.concatenate([ROWS[:4], ROWS[8:]]))


def test_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "rows.npy", ROWS)
    assert np.array_equal(rows_of("~/rows.npy"), ROWS)


def test_a_name_with_a_bracket_is_a_name(tmp_path: Path) -> None:
    np.save(tmp_path / "rows[1].npy", ROWS)
    assert np.array_equal(rows_of(tmp_path / "rows[1].npy"), ROWS)


def refused_folders(folder: Path, case: str) -> Any:
    inside = shards(folder)
    if case == "kinds":
        np.save(inside / "rows.npy", ROWS)
    elif case == "splits":
        datasets.DatasetDict(
            train=datasets.Dataset(table()), test=datasets.Dataset(table())
        ).save_to_disk(folder / "splits")
        return folder / "splits"
    elif case == "widths":
        pq.write_table(pa.table({"vector": [[1.0]]}), inside / "part-9.parquet")
    elif case == "columns":
        pq.write_table(pa.table({"a": [1.0]}), inside / "part-9.parquet")
    elif case == "bad shard":
        (inside / "part-1.parquet").write_bytes(b"PAR1")
    elif case == "no files":
        (folder / "empty").mkdir()
        return folder / "empty"
    elif case == "pattern":
        return str(inside / "*.npz")
    return inside


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("kinds", r"holds files of the kinds \.npy, \.parquet; pass those of one kind"),
        ("splits", r"is a DatasetDict; pass the folder of one split, of test, train"),
        ("widths", r"part-9\.parquet has 1 columns, .*part-0\.parquet 3"),
        ("columns", r"part-9\.parquet has other columns of numbers than .*part-0"),
        ("bad shard", r"part-1\.parquet.* cannot be read"),
        ("no files", r"empty holds no file whose name ends in \.npy"),
        ("pattern", r"no file matches .*\*\.npz"),
    ],
)
def test_refused_folders(case: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        gio4j.select(refused_folders(tmp_path, case), TARGET, 3)


def test_a_shard_that_changed_is_converted_alone(tmp_path: Path) -> None:
    from gio4j._rows.convert import copies

    folder = shards(tmp_path)
    rows_of(folder)
    before = {copy.source: copy.path.stat().st_ino for copy in copies()}
    pq.write_table(table().slice(0, 2), folder / "part-1.parquet")
    assert len(rows_of(folder)) == 10
    after = {copy.source: copy.path.stat().st_ino for copy in copies()}
    assert {Path(source).name for source in after if after[source] != before[source]} == {
        "part-1.parquet"
    }


ARCHIVES = {
    "two": ({"a": ROWS, "b": ROWS}, r"has 2 arrays of two dimensions, of the arrays 'a', 'b'"),
    "none": ({"a": np.arange(3)}, r"has 0 arrays of two dimensions, of the arrays 'a'"),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_archives_that_are_open(case: str, tmp_path: Path) -> None:
    arrays, words = ARCHIVES[case]
    np.savez(tmp_path / "rows.npz", **arrays)
    with pytest.raises(InvalidInputError, match=words):
        source_of(tmp_path / "rows.npz", "pool")
    with pytest.raises(InvalidInputError, match="has no array 'x', only 'a'"):
        source_of((tmp_path / "rows.npz", "x"), "pool")


def test_damaged_archives(tmp_path: Path) -> None:
    for name, content in (
        ("a.npz", b"PK no zip"),
        ("a.safetensors", b"\xff" * 40),
        ("b.safetensors", b"\x02" + b"\0" * 7 + b"{]"),
        ("c.safetensors", b""),
        (
            "d.safetensors",
            (header := b'{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}')
            and len(header).to_bytes(8, "little") + header + b"\0" * 15,
        ),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInputError, match=rf"pool: .*{name}"):
            source_of(tmp_path / name, "pool")


def test_bfloat16_of_safetensors(tmp_path: Path) -> None:
    values = np.array([[1.0, -2.5], [0.15625, 3.0]], np.float32)
    header = b'{"x":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}'
    body = (values.view("<u4") >> 16).astype("<u2").tobytes()
    path = tmp_path / "rows.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + body)
    assert rows_of(path).tolist() == values.tolist()


def test_a_sparse_matrix_that_is_too_large_says_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.sparse

    matrix = scipy.sparse.csr_matrix((10**7, 10**6), dtype=np.float32)
    with pytest.raises(MemoryError, match=r"pool: is sparse, and .* takes 37,252\.9 GiB"):
        source_of(matrix, "pool").materialised()


def test_texts_that_mix_types_of_json_lines(tmp_path: Path) -> None:
    lines = [{"v": [1, 2], "text": "a"}, {"text": "b", "v": [0.5, 3]}, {"v": [4, 5], "more": None}]
    path = csv(tmp_path, "\n".join(map(json.dumps, lines)), "rows.jsonl")
    assert rows_of(path).tolist() == [[1, 2], [0.5, 3], [4, 5]]
    assert TEXTS[0] == "a"


# --- addresses ------------------------------------------------------------------------------------


def test_files_at_an_address(tmp_path: Path) -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    for path in sorted(shards(tmp_path, ".npy").glob("*.npy")):
        system.pipe(f"/bucket/rows/{path.name}", path.read_bytes())
    system.pipe("/bucket/rows/.hidden.npy", b"")
    system.pipe(
        "/bucket/rows.csv.gz", gzip.compress(wide(ROWS.astype(float)).to_csv(index=False).encode())
    )
    for address in (
        "memory://bucket/rows",
        "memory://bucket/rows/*.npy",
        "memory://bucket/rows.csv.gz",
    ):
        assert np.array_equal(rows_of(address), ROWS)
    found = gio4j.select("memory://bucket/rows", TARGET, 3)
    assert {file for file, _ in found.files} <= {
        f"memory:///bucket/rows/part-{n}.npy" for n in range(3)
    }
    assert found.report().picked.rows == 3
    before = [path for path in Path(tempfile.gettempdir()).glob("gio4j-*/new-*.npy")]
    rows_of("memory://bucket/rows")
    assert [path for path in Path(tempfile.gettempdir()).glob("gio4j-*/new-*.npy")] == before


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("memory://none/rows.npy", "pool: there is no file memory://none/rows.npy"),
        ("memory://none/*.npy", r"pool: no file matches memory://none/\*\.npy"),
        (
            "nosuch://none/rows.npy",
            r"nosuch://none/rows.npy cannot be read \(Protocol not",
        ),
        ("memory://bad/rows.npy", r"pool: memory:///bad/rows.npy, 4 bytes, is no whole \.npy"),
    ],
)
def test_addresses_that_cannot_be_read(address: str, words: str) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/bad/rows.npy", b"text")
    with pytest.raises(InvalidInputError, match=words):
        source_of(address, "pool")


def test_an_address_needs_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"pool: s3://b/rows\.npy needs fsspec: pip install"):
        source_of("s3://b/rows.npy", "pool")


def test_lines_may_end_in_a_carriage_return(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\r1,2\r3,4\r")
    assert rows_of(path).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("text", [b'a,b\n1\r,2\n"3\r",4\n', b"1\t2\r\r\n\r3\t[4\r,5]\n"])
def test_stray_carriage_returns_are_an_error_of_ours(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text)
    with pytest.raises(InvalidInputError, match="pool: "):
        rows_of(path)


def test_a_vector_may_be_longer_than_a_field_of_pythons_csv(tmp_path: Path) -> None:
    vector = [0.123456789] * 20_000
    layout = layout_of(csv(tmp_path, f"a\t{json.dumps(vector)}\n" * 2), "pool", PLAIN)
    assert layout is not None
    assert (layout.is_vectors, len(layout.rows)) == (True, 2)
