"""The command `gio4j`: as a process of its own, and, where that shows no more, called in here."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from harness import ENDLESS_ROWS, ENDLESS_STEPS, PATIENCE_SECONDS, sample

import gio4j
from gio4j._cli.main import main

GIO4J = (sys.executable, "-m", "gio4j")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with pool.npy, target.npy and pool.parquet, of two columns of vectors."""
    monkeypatch.chdir(tmp_path)
    pool = sample(60, 3)
    np.save("pool.npy", pool)
    np.save("target.npy", sample(20, 3, seed=1))
    columns = {"first": pool[:, ::-1], "second": pool}
    columns = {
        name: pa.array(rows.tolist(), pa.list_(pa.float32())) for name, rows in columns.items()
    }
    weights = pa.array([1, 2] * 30)
    pa.parquet.write_table(pa.table({**columns, "weight": weights}), "pool.parquet")
    return tmp_path


def expected(**options: object) -> gio4j.Selection:
    return gio4j.select(np.load("pool.npy"), np.load("target.npy"), **options)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    """The JSON object that a good command line prints, and nothing else."""
    assert main([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return dict(json.loads(said.out))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GIO4J, *arguments], capture_output=True, text=True, timeout=100)


# --- as a process ---------------------------------------------------------------------------------


def test_select_as_a_process(folder: Path) -> None:
    done = run("select", "pool.npy", "target.npy", "--budget", "5", "--json", "-o", "out.parquet")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["indices"] == expected(budget=5).indices.tolist()
    assert found["gains"][0] is None  # NaN is no JSON
    saved = gio4j.Selection.load("out.parquet")
    assert (saved.indices.tolist(), saved.stop_reason) == (found["indices"], "budget")


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_picked_records(folder: Path, suffix: str) -> None:
    arguments = ["pool.parquet:second", "target.npy", "--budget", "5", "-o", f"out.{suffix}"]
    assert main(["select", *arguments]) == 0
    wanted = expected(budget=5)
    if suffix == "parquet":
        records = pa.parquet.read_table("out.parquet").to_pylist()
        assert list(gio4j.Selection.load("out.parquet")) == list(wanted)
    elif suffix == "csv":
        with open("out.csv", newline="") as file:
            records = list(csv.DictReader(file))
    else:
        records = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert list(records[0]) == ["order", "row", "gain", "objective", "first", "second", "weight"]
    assert [int(record["row"]) for record in records] == list(wanted)
    assert [int(record["weight"]) for record in records] == [row % 2 + 1 for row in wanted]


def test_records_that_cannot_be_are_refused_before_the_work(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pa.parquet.read_table("pool.parquet")
    pa.parquet.write_table(table.append_column("gain", table["weight"]), "clash.parquet")
    # Were it not refused at first, the budget would be.
    arguments = ["clash.parquet:second", "target.npy", "--budget", "61", "-o", "out.csv"]
    assert main(["select", *arguments]) == 1
    assert "pool: has a column 'gain', as the picks have" in capsys.readouterr().err


def test_a_bad_file_is_one_line_and_1(folder: Path) -> None:
    Path("broken.npy").write_bytes(b"\x93NUMPY")
    done = run("select", "broken.npy", "target.npy")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"gio4j: pool: .*broken\.npy.*\n", done.stderr)


def test_a_wrong_command_line_is_2(folder: Path) -> None:
    done = run("select", "pool.npy", "target.npy", "--steps", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--steps: is no option of method 'balanced' but of 'gradient'" in done.stderr


def endless(*arguments: str) -> subprocess.Popen[str]:
    """A search that ends when it is stopped, once its bar has told of the first steps."""
    rows = (sample(*ENDLESS_ROWS, seed=seed) for seed in range(2))
    for name, values in zip(("pool.npy", "target.npy"), rows, strict=True):
        np.save(name, values)
    options = ("--method", "gradient", "--steps", str(ENDLESS_STEPS), "--progress")
    process = subprocess.Popen(
        [*GIO4J, "select", "pool.npy", "target.npy", *options, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    seen = ""
    while "gradient: " not in seen:
        seen += (read := process.stderr.read(1))
        assert read, seen
    return process


def test_ctrl_c_is_130(folder: Path) -> None:
    process = endless()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("gio4j: interrupted\n")
    assert "Traceback" not in err


def test_ctrl_c_with_partial_answers_what_there_is(folder: Path) -> None:
    process = endless("--partial", "--json", "--output", "out.json")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert json.loads(out)["stop_reason"] == "interrupted"
    assert json.loads(Path("out.json").read_text()) == json.loads(out)


def test_a_reader_that_goes_is_no_traceback(folder: Path) -> None:
    process = subprocess.Popen(
        [*GIO4J, "info"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(PATIENCE_SECONDS) == 1


# --- select ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--budget", "0.1"], {"budget": 0.1}),
        (["--budget", "10%"], {"budget": 6}),
        (["--budget", "7", "--kernel", "log"], {"budget": 7, "kernel": "log"}),
        (["--budget", "7", "--scale", "0.01"], {"budget": 7, "scale": 0.01}),
        (
            ["--budget", "5", "--method", "gradient", "--start-vector", "jump", "--seed", "4"],
            {"budget": 5, "method": "gradient", "start_vector": "jump", "seed": 4},
        ),
        (["--budget", "9", "--quantize", "12"], {"budget": 9, "quantize": 12}),
        (
            ["--budget", "5", "--existing", "target.npy", "--method", "exact", "-k", "3"],
            {"budget": 5, "existing": sample(20, 3, seed=1), "method": "exact", "k": 3},
        ),
    ],
)
def test_options_arrive(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    options: dict[str, object],
) -> None:
    found = answer(capsys, "select", "pool.npy", "target.npy", *arguments)
    wanted = expected(**options)
    assert found["indices"] == wanted.indices.tolist()
    assert found["options"] == dict(wanted.options)


def test_columns_and_weights(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys,
        *("select", "pool.parquet:second", "target.npy", "--budget", "7"),
        *("--weights", "pool.parquet:weight"),
    )
    assert found["indices"] == expected(budget=7, weights=[1, 2] * 30).indices.tolist()


def test_tables_folders_and_patterns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, wanted = np.load("pool.npy"), np.load("target.npy")
    names = [f"c{place}" for place in range(rows.shape[1])]
    lines = [",".join(["id", *names])]
    lines += [f"{n}," + ",".join(map(repr, row)) for n, row in enumerate(rows.tolist())]
    Path("pool.csv").write_text("\n".join(lines))
    Path("parts").mkdir()
    for place, part in enumerate(np.array_split(rows, 3)):
        np.save(f"parts/part-{place}.npy", part)
    plain = gio4j.select(rows, wanted, 7).indices.tolist()
    for pool in (f"pool.csv:{','.join(names)}", "parts", "parts/*.npy"):
        assert answer(capsys, "select", pool, "target.npy", "--budget", "7")["indices"] == plain
    assert main(["select", "pool.csv", "target.npy"]) == 1
    assert "the integers in 'id' may number the rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("select", "gaps.npy", "target.npy", "--budget", "5"),
        ("divergence", "gaps.npy", "target.npy"),
        ("quantize", "gaps.npy", "3"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_missing(
    arguments: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gaps = np.load("pool.npy")
    gaps[3, 1] = np.nan
    np.save("gaps.npy", gaps)
    assert main([*arguments]) == 1
    assert "NaN" in capsys.readouterr().err
    found = answer(capsys, *arguments, "--missing", "skip")
    if arguments[0] == "select":
        plain = gio4j.select(np.delete(gaps, 3, axis=0), np.load("target.npy"), 5).indices
        assert found["indices"] == (plain + (plain >= 3)).tolist()
    elif arguments[0] == "quantize":
        assert [row for row, cluster in enumerate(found["assignments"]) if cluster == -1] == [3]
    else:
        kept = np.delete(gaps, 3, axis=0)
        assert found["value"] == float(gio4j.divergence(kept, np.load("target.npy")))


def test_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["select", "pool.npy", "target.npy", "--budget", "3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Selection(3 of 60 rows, method='balanced', stop_reason='budget'")
    assert f"first rows: {', '.join(map(str, expected(budget=3)))}\n" in said


def test_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = expected(budget=9).report()
    found = answer(capsys, "select", "pool.npy", "target.npy", "--budget", "9", "--report")
    assert found["report"] == report.to_dict()
    assert main(["select", "pool.npy", "target.npy", "--budget", "9", "--report"]) == 0
    assert str(report) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["select"], "required: POOL"),
        (
            ["select", "pool.npy", "target.npy", "-o", "out.xlsx"],
            "needs a name in .parquet, .csv, .jsonl or .json",
        ),
        (["select", "pool.npy", "target.npy", "-o", "no/out.json"], "there is no folder no"),
        (["select", "pool.npy", "target.npy", "--budget", "many"], "needs rows, such as 300"),
        (["select", "pool.npy", "target.npy", "--quantize", "some"], "needs auto, none or a"),
        (["select", "pool.npy", "target.npy", "--kernel", "cosine"], "needs one of 'rational'"),
        (["embed", "texts.txt"], "required: --output"),
        (["choose"], "invalid choice: 'choose'"),
    ],
)
def test_misuse(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["select", "pool.parquet", "target.npy"], "pool: "),
        (["select", "pool.npy", "target.npy", "--budget", "61"], "--budget 61"),
        (["select", "pool.npy", "target.npy", "--weights", "none.npy"], "weights: none.npy cannot"),
        (["select", "pool.npy", "target.npy", "--weights", "w.csv"], "needs FILE:COLUMN"),
        (["select", "pool.npy", "target.npy", "--weights", "pool.parquet:w"], "cannot be read"),
        (["divergence", "pool.npy", "nowhere.npy"], "y: there is no file"),
        (["quantize", "pool.npy", "0"], "CLUSTERS 0"),
        (["embed", "none.txt", "-o", "vectors.npy"], "none.txt"),
        (["embed", "pool.parquet:weight", "-o", "vectors.npy"], "column of int64; needs strings"),
    ],
)
def test_failures(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("gio4j: ")
    assert reason in said.err


# --- the others -----------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ["wang", "averaged", "energy"])
def test_divergence(folder: Path, capsys: pytest.CaptureFixture[str], estimator: str) -> None:
    found = answer(
        capsys,
        *("divergence", "pool.npy", "target.npy", "--estimator", estimator, "--k", "3"),
        *("--interval", "0.9", "--resamples", "200", "--seed", "2", "-o", "out.parquet"),
    )
    wanted = gio4j.divergence(
        np.load("pool.npy"),
        np.load("target.npy"),
        3,
        estimator=estimator,
        interval=0.9,
        resamples=200,
        seed=2,
    )
    assert found == {
        "value": float(wanted),
        "low": wanted.low,
        "high": wanted.high,
        "level": 0.9,
        "estimator": estimator,
    }
    assert pa.parquet.read_table("out.parquet").to_pylist() == [found]


def test_quantize(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys,
        *("quantize", "pool.npy", "6", "--seed", "3", "--max-iterations", "2"),
        *("-o", "centers.parquet", "-a", "rows.parquet"),
    )
    model = gio4j.kmeans(np.load("pool.npy"), 6, seed=3, max_iterations=2)
    assert found["centers"] == model.centers.tolist()
    assert found["assignments"] == model.assignments.tolist()
    assert found["iterations"] == model.summary.iterations
    rows = pa.parquet.read_table("rows.parquet")
    assert rows["prediction"].to_pylist() == model.assignments.tolist()
    assert main(["quantize", "pool.npy", "6", "--seed", "3", "-a", "rows.npy"]) == 0
    assert "6 centres of 60 rows" in capsys.readouterr().out
    assert len(np.load("rows.npy")) == 60
    # The centres, weighed, are a pool of the next command.
    select = ("select", "centers.parquet", "target.npy", "--weights", "centers.parquet:size")
    chosen = answer(capsys, *select, "--budget", "20")
    sizes = np.array(model.summary.sizes)
    picked = gio4j.select(model.centers, np.load("target.npy"), 20, weights=sizes)
    assert chosen["indices"] == picked.indices.tolist()


STAND_IN = """
import numpy as np
class SentenceTransformer:
    def __init__(self, name, device=None):
        assert (name, device) == ("small", "cpu")
    def encode(self, texts, batch_size, show_progress_bar, convert_to_numpy):
        assert batch_size == 2
        return np.array([[len(text), text.count("a")] for text in texts])
"""


@pytest.mark.parametrize("suffix", [".npy", ".parquet", ".json"])
def test_embed(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
) -> None:
    monkeypatch.delitem(sys.modules, "sentence_transformers", raising=False)
    monkeypatch.syspath_prepend(folder)
    (folder / "sentence_transformers.py").write_text(STAND_IN)
    texts = ["a", "banana", "", "ça\u2028va"]
    Path("texts.txt").write_text("\n".join(texts), encoding="utf-8")
    pa.parquet.write_table(pa.table({"text": texts}), "texts.parquet")
    wanted = [[1, 1], [6, 3], [0, 0], [5, 2]]
    for source in ("texts.txt", "texts.parquet:text"):
        out = f"vectors{suffix}"
        options = ("--model", "small", "--device", "cpu", "--batch-size", "2")
        found = answer(capsys, "embed", source, "-o", out, *options)
        assert found == {"model": "small", "vectors": wanted}
        if suffix == ".npy":
            assert np.load(out).tolist() == wanted
            assert np.load(out).dtype == np.float32
        elif suffix == ".parquet":
            assert pa.parquet.read_table(out)["features"].to_pylist() == wanted
        else:
            assert json.loads(Path(out).read_text()) == found


def test_embed_without_its_library(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # an import of it fails
    Path("texts.txt").write_text("one\n")
    assert main(["embed", "texts.txt", "-o", "vectors.npy"]) == 1
    assert capsys.readouterr().err.endswith("pip install 'gio4j[embed]'\n")


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "info")
    assert found["running"] is True
    assert {"java_executable", "simd", "threads", "heap", "numpy", "pyarrow"} <= set(found)
    assert main(["info"]) == 0
    assert re.search(rf"^simd +{found['simd']}$", capsys.readouterr().out, re.MULTILINE)


def test_demo(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "demo")
    assert found["shares"]["picked"] == pytest.approx(found["shares"]["target"], abs=0.05)
    assert sum(found["shares"]["at random"]) < 0.5
    assert found["energy_distances"]["picked"] < found["energy_distances"]["at random"] / 10
    assert main(["demo"]) == 0
    assert "group 1" in capsys.readouterr().out


@pytest.mark.filterwarnings("default")
def test_warnings_are_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("twice.npy", np.ones((9, 2), np.float32))
    assert main(["quantize", "twice.npy", "3"]) == 0
    assert re.fullmatch(r"gio4j: warning: CLUSTERS 3: .*\n", capsys.readouterr().err)


@pytest.mark.parametrize("command", [[], ["select"], ["embed"]])
def test_help_tells_the_exit_codes(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert re.search(r"^  130 +interrupted by Ctrl-C$", said, re.MULTILINE)


# --- converted copies -----------------------------------------------------------------------------


def test_the_cache_is_listed_and_cleared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default in the user's place for caches, and nothing beside the file."""
    monkeypatch.delenv("GIO4J_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "caches"))
    monkeypatch.setenv("GIO4J_CACHE_SIZE", "1m")
    (folder / "pool.parquet").chmod(0o600)
    (folder / "pool.parquet.gio4j.arrow").write_text("my own notes")
    before = sorted(path.name for path in folder.iterdir())
    gio4j.select(("pool.parquet", "second"), "target.npy", 5)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["caches", *before])
    assert (folder / "pool.parquet.gio4j.arrow").read_text() == "my own notes"
    listed = answer(capsys, "cache")
    (copy,) = listed["files"]
    assert copy["source"] == str(folder / "pool.parquet")
    assert copy["column"] == "second"
    assert Path(copy["path"]).is_relative_to(folder / "caches" / "gio4j")
    assert Path(copy["path"]).stat().st_mode & 0o777 == 0o600
    assert Path(copy["path"]).parent.stat().st_mode & 0o777 == 0o700
    assert listed["bytes"] == copy["size"] == Path(copy["path"]).stat().st_size
    assert listed["limit_bytes"] == 1 << 20
    said = run("cache", "list").stdout
    assert f"{folder}/pool.parquet:second" in said
    assert "1 converted file, " in said
    assert answer(capsys, "cache", "clear")["cleared"] is True
    assert not Path(copy["path"]).exists()
    assert answer(capsys, "cache")["files"] == []
