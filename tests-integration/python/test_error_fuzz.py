"""Whatever an argument is given, the answer or one line that names the argument and its value.

Each public function and command is tried with each of its arguments replaced by values of every
kind; then each cure that a message names is carried out.
"""

from __future__ import annotations

import datetime
import inspect
import os
import random
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import scipy.sparse
from harness import run_python, sample

import gio4j
from gio4j._cli.main import main
from gio4j.errors import GioError

POOL = sample(50, 8)
TARGET = sample(12, 8, seed=1)
MOST_CHARACTERS = 400
#: How many values each argument is given, drawn by a seed: FUZZ_EACH=99 for all, in a minute.
EACH = int(os.environ.get("FUZZ_EACH", "10"))
SEED = os.environ.get("FUZZ_SEED", "0")


class Odd:
    """What can be neither shown nor compared."""

    __hash__ = None

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")


VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    **{
        repr(value)[:20]: lambda value=value: value
        for value in (
            *("nonsense", "", "a\0b", "two\nlines", "y" * 300 + ".npy", b"ab"),
            *(float("nan"), float("inf"), -float("inf"), -3, 0, 1.5, 1e300, 10**30, 2**62, 3j),
            *([1, 2], [], ["a", "b"], {"a": 1}, {}, {1, 2}, frozenset([1]), range(3), (1, 2, 3)),
            *([[1, 2], [3]], [None, 1.0], int, len, os),
            *("nowhere.npy", "folder", "loop.npy", "empty.npy", "text.csv", "no.parquet"),
            *("rows.unknown", ("nowhere.npy", "c"), ["nowhere.npy"], Path("nowhere.csv")),
            *(datetime.datetime(2020, 1, 1), np.datetime64("2020-01-01"), np.timedelta64(5, "s")),
            *(pd.NA, pd.NaT, np.str_("a")),
        )
    },
    "an integer too long to write": lambda: 10**5000,
    "True": lambda: True,
    "object": object,
    "odd": Odd,
    "generator": lambda: (each for each in range(3)),
    "complex rows": lambda: POOL.astype(complex),
    "a vector": lambda: POOL[0],
    "a cube": lambda: POOL[None],
    "no rows": lambda: POOL[:0],
    "no columns": lambda: POOL[:, :0],
    "other columns": lambda: POOL[:, :3],
    "texts": lambda: np.full((4, 2), "a"),
    "NaN rows": lambda: np.full((50, 8), np.nan, np.float32),
    "infinite numbers": lambda: np.full(50, np.inf),
    "huge numbers": lambda: np.full(50, 1e300),
    "truth values": lambda: POOL > 0,
    "a scalar array": lambda: np.array(3.0),
    "a scalar text": lambda: np.array("a"),
    "one number": lambda: np.array([1.5]),
    "objects": lambda: np.array([None, 1, "a"], dtype=object),
    "records": lambda: np.zeros(3, dtype=[("a", "f4")]),
    "masked": lambda: np.ma.masked_array(POOL, POOL > 0),
    "a frame with texts": lambda: pd.DataFrame({"a": [1.0, 2], "b": ["x", "y"]}),
    "a series": lambda: pd.Series([1, 2, 3]),
    "a sparse matrix": lambda: scipy.sparse.csr_array(POOL),
    "a table": lambda: pa.table({"a": ["x"]}),
}


@dataclass(frozen=True)
class Call:
    """A call that works, and the arguments to replace one at a time, with so many values each."""

    function: Callable[..., Any]
    arguments: dict[str, Any]
    values: int = EACH


class Calls:
    """The calls by name; the first word is that of what is public."""

    def __init__(self) -> None:
        self.table: dict[str, Call] = {}
        found, model = gio4j.select(POOL, TARGET, 5), gio4j.kmeans(POOL, 3)
        found.save("selection.parquet")
        model.save("model.arrow")
        Path("rows.tsv").write_text("a\tb\t[1, 2]\n")
        pa.parquet.write_table(pa.table({"features": [[1.0, 2.0]]}), "rows.parquet")
        rows = {"pool": POOL, "target": TARGET}
        frame = {"columns": None, "missing": "raise", "metric": "euclidean"}
        drawn = {"seed": 0, "progress": False}
        how = {"quantize": None, "on_interrupt": "raise", "method": "balanced", "budget": 5}
        weighed = {"existing": None, "weights": None, "scores": None, "dedup": None}
        grouped = {"groups": ["a", "b"] * 6, "target_shares": {"a": 1, "b": 2}}
        planned = {"budget": 5, "method": "balanced", "scores": None, "seed": 0}
        self.add("plan", gio4j.plan, **rows, **frame, **planned)
        self.add("select groups", lambda **o: gio4j.select(POOL, TARGET, 5, **o), **grouped)
        source = np.arange(len(POOL)) % 3
        limits = {
            **{"exclude": [1], "source": source, "caps": {0: 3}, "floors": {1: 2}, "costs": None},
            **{"min_distance": 0.01, "avoid": TARGET, "avoid_distance": 0.01},
        }
        self.add("select", gio4j.select, **rows, **frame, **drawn, **how, **weighed)
        self.add("select limits", gio4j.select, **rows, **{**how, "method": "random"}, **limits)
        counted = {"costs": np.arange(1, len(POOL) + 1), "budget": 40}
        self.add("select costs", gio4j.select, **rows, **counted, caps={0: 3}, source=source)
        options = {
            "Balanced": {"kernel": "rational", "scale": 1.0, "alpha": 1.0},
            "Coverage": {"k": 1, "eps": 1e-8},
            "Dsdm": {"temperature": 1.0},
            "Exact": {"k": 3, "eps": 1e-8},
            "Gradient": {
                **{"k": 3, "eps": 1e-8, "steps": 2, "learning_rate": 0.01},
                **{"scale_factor": 1.0, "start_vector": "mean"},
            },
            "Tsds": {
                **{"alpha": 0.5, "c": 1.0, "sigma": 1.0, "max_neighbors": 5},
                **{"density_neighbors": 5, "order": "sample", "neighbor_caps": "pool"},
            },
            "RoundRobin": {"order": "given", "lose_turn": True},
            "Kcenter": {"start": "pool", "margin_weight": 1.0},
            "Less": {"temperature": 1.0},
            "Omp": {"ridge": 0.0},
            "Facility": {"similarity": "euclidean"},
            "Flqmi": {"similarity": "euclidean", "eta": 0.5},
            "Flmi": {"similarity": "euclidean", "eta": 0.5, "representatives": 9},
            "Graphcut": {"similarity": "euclidean", "redundancy": 0.5},
            "Bilevel": {
                **{"model": "ridge", "ridge": 1.0, "masks": 3, "outer_iterations": 2},
                "learning_rate": 0.1,
            },
            "Uot": {"reg": 0.1, "reg_marginal": 0.01, "max_iterations": 5, "tolerance": 1e-3},
            "Tagcos": {"clusters": 3, "ridge": 0.0},
            "RandomStratified": {"shares": "size"},
            "Gtp": {"ridge": 0.0, "max_rounds": 5, "refill": "exclude_near", "near": 0.9},
        }
        scored = {"scores": np.linspace(0, 1, len(POOL))}
        for name, asked in options.items():
            method = getattr(gio4j, name)
            plain = {**rows, "budget": 2, "method": method.name}
            plain |= scored if name in ("Bilevel", "Dsdm", "Kcenter") else {}
            plain |= {"source": source} if method.needs_source else {}
            self.add(name, method, **asked)
            self.add(f"select {name}", lambda plain=plain, **o: gio4j.select(**plain, **o), **asked)
        self.add(
            "kmeans",
            gio4j.kmeans,
            **{"data": POOL, "clusters": 3, "weights": None, **frame, **drawn},
            **{"max_iterations": 3, "stop": "inertia", "tolerance": 1e-4, "seeding": "random"},
            rows_per_cluster=None,
        )
        self.add(
            "project",
            gio4j.project,
            **{"gradients": POOL, "columns": 1, "kind": "sparse", "target": None, "seed": 0},
        )
        pair = {"x": POOL, "y": TARGET, "k": 1, **frame, "progress": False}
        self.add(
            "deduplicate",
            gio4j.deduplicate,
            **{"pool": POOL, "threshold": 0.9, "budget": None, "against": None, **frame, **drawn},
            **{"keep": "score", "chains": False},
            scores=np.linspace(0, 1, len(POOL)),
        )
        self.add("nearest", gio4j.nearest, **pair, exclude_self=False)
        grouped = {**rows, **frame, **drawn, "groups": list(range(len(TARGET))), "per_group": True}
        self.add("score", gio4j.score, **grouped, how="max")
        self.add("score density", gio4j.score, **rows, how="density_ratio", k=2)
        self.add("datamodel", gio4j.datamodel, masks=[[0, 1]], outcomes=[1.0], ridge=1.0)
        ones = [1.0] * len(POOL)
        self.add("score trak", gio4j.score, **rows, how="trak", out_to_loss=ones, ridge=1.0)
        texts = {"pool": ["a b", "b"], "target": ["a"]}
        self.add("score dsir", gio4j.score, **texts, how="dsir", min_tokens=1)
        for estimator in ("wang", "averaged", "energy"):
            measured = {"eps": 1e-8, "seed": 0, "interval": None, "resamples": 100}
            plain = {**pair, **measured, "estimator": estimator}
            self.add(f"divergence {estimator}", gio4j.divergence, **plain)
        self.add(
            "gradient_search",
            gio4j.gradient_search,
            **{**rows, **drawn, "start": POOL[:3], "k": 3, "max_picks": 2, "stop": "increase"},
            **{"min_difference": 0.0, "min_divergence": 0.0, "start_vector": "mean", "steps": 2},
            **{"learning_rate": 0.01, "scale_factor": None, "restart_probability": 0.0},
            **{"discard_nearest": False, "eps": 1e-8, "metric": "euclidean"},
        )
        self.add("empty", gio4j.empty, shape=(2, 2), dtype="f4")
        self.add(
            "explode",
            gio4j.explode,
            **{"chosen": [1], "transformed": model.transform(pa.table({"features": list(POOL)}))},
            **{"centroids": model, "columns": None},
        )
        self.add("read_csv", gio4j.read_csv, path="rows.tsv", delim="\t", on_error="raise")
        self.add("read_parquet", gio4j.read_parquet, path="rows.parquet")
        unlike = gio4j.deduplicate(POOL, 0.9)
        self.add("Duplicates.rethreshold", unlike.rethreshold, threshold=0.95)
        self.add("Duplicates.take", unlike.take, pool_like=POOL)
        self.add("Duplicates.to_frame", unlike.to_frame, library="pandas")
        self.add("Selection.take", found.take, pool_like=POOL)
        self.add("Selection.to_frame", found.to_frame, library="pandas")
        measured = {"pool": None, "target": None, "sample": 100, "seed": 0}
        drawn = {**measured, "color_by": None, "coordinates": None}
        listed = {"pool": None, "target": None, "seed": 0, "neighbors": 1, "library": "pyarrow"}
        self.add("Selection.report", found.report, 6, **measured)
        self.add("Selection.explain", found.explain, 6, **listed)
        self.add("Selection.plot", found.plot, 6, **drawn, panel="map", ax=None)
        self.add("Selection.save_html", found.save_html, 4, path="a.html", text=None, color_by=None)
        self.add("Selection.load", gio4j.Selection.load, path="selection.parquet")
        self.add("KMeansModel.predict", model.predict, rows=POOL, missing="raise")
        self.add("KMeansModel.transform", model.transform, frame=POOL, missing="raise")
        self.add("KMeansModel.load", gio4j.KMeansModel.load, path="model.arrow")
        self.estimators()
        # Last: they may write over what others cannot read.
        self.add("Duplicates.save", unlike.save, path="b.parquet")
        self.add("Selection.save", found.save, path="a.parquet")
        self.add("Selection.save_records", found.save_records, path="a.csv", pool_like=None)
        self.add("KMeansModel.save", model.save, path="saved.arrow")

    def add(
        self, name: str, function: Callable[..., Any], values: int = EACH, **arguments: Any
    ) -> None:
        self.table[name] = Call(function, arguments, values)

    def estimators(self) -> None:
        def fitted(estimator: Any, fit: tuple[str, ...], **given: Any) -> Any:
            data = {name: given.pop(name) for name in fit}
            return estimator(**given).fit(**data)

        self.add(
            "KMeans.fit",
            lambda **given: fitted(gio4j.KMeans, ("X", "sample_weight"), **given),
            **{"X": POOL, "sample_weight": None, "n_clusters": 3, "init": "k-means++"},
            **{"max_iter": 3, "tol": 1e-4, "random_state": 0, "metric": "euclidean"},
        )
        model = gio4j.KMeans(3, random_state=0).fit(POOL)
        self.add("KMeans.predict", model.predict, X=POOL)
        self.add("KMeans.transform", model.transform, X=POOL)
        self.add("KMeans.score", model.score, X=POOL, sample_weight=None)
        of_rows = {"exclude": None, "source": None, "costs": None, "avoid": None}
        self.add(
            "Selector.fit",
            lambda **given: fitted(
                gio4j.Selector,
                ("pool", "target", "existing", "weights", "scores", *of_rows),
                **given,
            ),
            **{
                "pool": POOL,
                "target": TARGET,
                "existing": None,
                "weights": None,
                "scores": None,
                "budget": 5,
            },
            **of_rows,
            **{"caps": None, "floors": None, "min_distance": None, "avoid_distance": 0.0},
            **{"method": "balanced", "columns": None, "missing": "raise", "quantize": None},
            **{"seed": 0, "progress": False, "on_interrupt": "raise", "metric": "cosine"},
        )
        grouped = {"groups": ["a", "b"] * 6, "target_shares": {"a": 1, "b": 2}}
        self.add(
            "Selector.fit groups",
            lambda **given: fitted(
                gio4j.Selector, ("pool", "target", "groups"), pool=POOL, target=TARGET, **given
            ),
            **grouped,
        )
        given = {"target": TARGET, "existing": None, "weights": None, "scores": None}
        self.add(
            "Selector.fit_resample",
            gio4j.Selector("10%", progress=False).fit_resample,
            **{"X": POOL, "y": range(50), **given, **of_rows},
        )


#: What is public and has nothing to be refused, or is tried by another name.
WITHOUT = {
    *(
        "Divergence",
        "Duplicates",
        "Explanation",
        "GradientSearch",
        "KMeansModel",
        "KMeansSummary",
        "Likeness",
        "Plan",
    ),
    *(
        "Random",
        "Report",
        "Selection",
        "__version__",
        "debug_log",
        "errors",
        "info",
        "shutdown",
        "Nearest",
    ),
    *("KMeans", "Selector"),
    "configure",  # below, as it needs an engine that does not run
    *("Selection.without_data", "KMeansModel.clusterCenters", "KMeans.get_feature_names_out"),
    *("KMeans.fit_predict", "KMeans.fit_transform"),  # `fit`
}


def make_files() -> None:
    """Those that cannot be read."""
    Path("folder").mkdir()
    os.symlink("loop.npy", "loop.npy")
    Path("empty.npy").touch()
    Path("text.csv").write_text("hello world\n")
    Path("no.parquet").write_text("no")


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Call]]:
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("fuzz"))
    make_files()
    yield Calls().table
    os.chdir(before)


def wrong_with(problem: BaseException, argument: str) -> list[str]:
    """What is wrong with an error about an argument."""
    said = str(problem)
    found = {
        f"is a {type(problem).__name__}, none of ours": not isinstance(problem, GioError),
        "has several lines": not said.isprintable(),
        f"has {len(said)} characters": len(said) >= MOST_CHARACTERS,
        "does not name the argument": re.search(rf"\b{argument}\b", said) is None,
        "has an address": " at 0x" in said,
    }
    return [fault for fault, is_so in found.items() if is_so]


def tried(name: str, call: Call) -> list[str]:
    """Every fault of a call; a call that answers has none."""
    faults = []
    draw = random.Random(f"{name} {SEED}")
    for argument in call.arguments:
        for label in draw.sample([*VALUES], min(call.values, len(VALUES))):
            try:
                call.function(**{**call.arguments, argument: VALUES[label]()})
            except Exception as problem:
                faults += [
                    f"{name}({argument}={label}) {fault}: {problem!r:.200}"
                    for fault in wrong_with(problem, argument)
                ]
    return faults


@pytest.mark.filterwarnings("ignore")
def test_each_argument_of_each_function(calls: dict[str, Call]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        faults = [fault for name, call in calls.items() for fault in tried(name, call)]
    assert not faults, "\n".join(faults)


def test_no_function_is_left_out(calls: dict[str, Call]) -> None:
    public = set(gio4j.__all__)
    for kind in (
        gio4j.Selection,
        gio4j.Duplicates,
        gio4j.KMeansModel,
        gio4j.KMeans,
        gio4j.Selector,
    ):
        public |= {
            f"{kind.__name__}.{name}"
            for name, member in vars(kind).items()
            if not name.startswith("_") and (callable(member) or isinstance(member, staticmethod))
        }
    tested = {name.partition(" ")[0] for name in calls}
    assert public - tested - WITHOUT == set()
    for name in (
        "select",
        "kmeans",
        "nearest",
        "deduplicate",
        "divergence",
        "gradient_search",
        "explode",
    ):
        taken = inspect.signature(getattr(gio4j, name)).parameters
        known = {
            argument
            for called, call in calls.items()
            if called.partition(" ")[0] == name
            for argument in call.arguments
        }
        assert set(taken) - known - {"options"} == set()


@pytest.mark.usefixtures("own_engine")
def test_each_argument_of_configure() -> None:
    names = ("java_home", "heap", "threads", "jvm_flags", "simd")
    call = Call(gio4j.configure, dict.fromkeys(names))
    assert tried("configure", call) == []


# --- the command ----------------------------------------------------------------------------------

FILES = [
    *("", "nowhere.npy", "folder", "loop.npy", "empty.npy", "text.csv", "no.parquet"),
    *("rows.unknown", "y" * 300 + ".npy", "nowhere.csv:a", "wide.parquet", "wide.parquet:none"),
    *("words.parquet:a", "ids.csv"),
]
SOME = FILES[::3]
NUMBERS = ["", "x", "nan", "inf", "-3", "0", "1.5", "1e300", "9" * 30]
COMMANDS: dict[tuple[str, ...], dict[str, list[str]]] = {
    ("select", "{POOL}", "{TARGET}"): {
        **{
            "POOL": FILES,
            "TARGET": SOME,
            "--existing": SOME,
            "--weights": FILES,
            "--scores": FILES,
            "--groups": FILES,
            "--target-share": ["", "x", "a=", "=1", "a=nan", "a=0", "a=1"],
        },
        **{"--exclude": FILES, "--source": FILES, "--costs": FILES, "--avoid": SOME},
        **{"--cap": ["", "a=", "a=x", "a=1"], "--floor": ["", "=1", "a=1"]},
        **{"--min-distance": NUMBERS, "--avoid-distance": NUMBERS},
        **{"--budget": NUMBERS, "--quantize": NUMBERS, "--seed": NUMBERS, "--scale": NUMBERS},
        **{"--kernel": ["x"], "--k": NUMBERS, "--output": ["x.txt", "none/x.csv", "folder.csv"]},
    },
    ("divergence", "{X}", "{Y}"): {
        **{"X": SOME, "Y": SOME, "--k": NUMBERS, "--interval": NUMBERS},
        "--resamples": NUMBERS,
        "--output": ["none/x.json", "folder.json"],
    },
    ("quantize", "{DATA}", "{CLUSTERS}"): {
        **{"DATA": SOME, "CLUSTERS": NUMBERS, "--max-iterations": NUMBERS, "--seed": NUMBERS},
        "--assignments": ["x.txt", "folder.npy", "folder.parquet"],
    },
    ("embed", "{TEXTS}", "--output", "e.npy"): {"TEXTS": [*FILES, "nowhere.txt", "latin.txt"]},
    ("demo",): {"--seed": NUMBERS},
}
WRITTEN = ("--output", "--assignments")
GOOD = {"POOL": "p.npy", "TARGET": "t.npy", "X": "p.npy", "Y": "t.npy", "DATA": "p.npy"}
GOOD |= {"CLUSTERS": "3", "TEXTS": "words.parquet:a"}


def said_by(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command that fails says at the end; nothing of one that does not."""
    try:
        code = main([*words, "--no-progress"])
    except SystemExit as end:
        code = int(str(end.code))
    said = [line for line in capsys.readouterr().err.splitlines() if "warning: " not in line]
    if code == 0:
        return ""
    assert len(said) == 1 or code == 2, said
    return said[-1]


@pytest.mark.filterwarnings("ignore")
def test_each_word_of_each_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_files()
    np.save("p.npy", POOL)
    np.save("t.npy", TARGET)
    pa.parquet.write_table(pa.table({"a": [[1.0]], "b": [[2.0]]}), "wide.parquet")
    pa.parquet.write_table(pa.table({"a": [None, "x"]}), "words.parquet")
    Path("ids.csv").write_text("id,a\n1,2.5\n2,3.5\n")
    Path("latin.txt").write_bytes(b"caf\xe9\n")
    for name in ("folder.csv", "folder.json", "folder.npy", "folder.parquet"):
        Path(name).mkdir()
    faults = []
    for command, arguments in COMMANDS.items():
        for argument, values in arguments.items():
            for value in values:
                filled = {**GOOD, argument: value}
                words = [word.format(**filled) for word in command]
                if argument.startswith("--"):
                    words.append(f"{argument}={value}")
                if argument == "--k":
                    words += ["--method", "exact"] if command[0] == "select" else []
                said = said_by(words, capsys)
                named = f"{argument}|FILE" if argument in WRITTEN else argument
                is_named = re.search(rf"({named})(?!\w)", said, re.IGNORECASE)
                is_python = re.search(r"\w=['\[\w]|\('", said)
                if said and (len(said) >= MOST_CHARACTERS or not is_named or is_python):
                    faults.append(f"{' '.join(words)[:100]} -> {said}")
    assert not faults, "\n".join(faults)


def test_the_cure_of_a_command_works(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    vectors = {name: list(POOL + shift) for shift, name in enumerate("vw")}
    pa.parquet.write_table(pa.table(vectors), "wide.parquet")
    Path("ids.csv").write_text("".join(f"{row}\n" for row in ("id,a,b", "1,2.5,1", "2,3.5,0")))
    for file, rows in (("wide.parquet", "5"), ("ids.csv", "1")):
        said = said_by(["select", file, file, "--budget", rows], capsys)
        cure = re.search(r"FILE(:\w+(?:,\w+)*)", said)
        assert cure is not None, said
        named = file + cure[1]
        assert said_by(["select", named, named, "--budget", rows], capsys) == ""


# --- cures ----------------------------------------------------------------------------------------

WIDE = pd.DataFrame({"v": list(POOL), "w": list(POOL + 1)})
IDS = pd.DataFrame({"id": range(50), "a": POOL[:, 0], "b": POOL[:, 1]})


def select(pool: Any = POOL, budget: Any = 5, **options: Any) -> gio4j.Selection:
    target = options.pop("target", TARGET)
    return gio4j.select(pool, target, budget, **options)


#: A call, what its message says to do, and that done.
CURES: dict[str, tuple[Callable[[], Any], str, Callable[[str], Any]]] = {
    "truth values": (
        lambda: select(pool := POOL > 0, target=pool),
        r"pass (numpy\.asarray\(pool, dtype=numpy\.float64\))",
        lambda cure: select(run(cure, pool=POOL > 0), target=(POOL > 0).astype(float)),
    ),
    "complex": (
        lambda: select(POOL + 1j),
        r"pass both parts: (numpy\.hstack.*\))",
        lambda cure: select(both := run(cure, pool=POOL + 1j), target=both),
    ),
    "dates": (
        lambda: select(POOL.astype("M8[s]")),
        r": (numpy\.asarray.*)$",
        lambda cure: select(run(cure, pool=POOL.astype("M8[s]"))),
    ),
    "records": (
        lambda: select(np.zeros(50, [("a", "f4"), ("b", "f4")])),
        r"pass a matrix: (.*)$",
        lambda cure: select(
            run(cure, pool=np.zeros(50, [("a", "f4"), ("b", "f4")])), target=TARGET[:, :2]
        ),
    ),
    "a single row": (
        lambda: select(POOL[0].tolist()),
        r"a single row is (numpy\.reshape\(.*\))$",
        lambda cure: select(run(cure, pool=POOL[0].tolist()), 1),
    ),
    "a cube": (
        lambda: select(POOL.reshape(50, 2, 4)),
        r"flatten each row: (.*)$",
        lambda cure: select(run(cure, pool=POOL.reshape(50, 2, 4))),
    ),
    "masked": (
        lambda: select(np.ma.masked_array(POOL, POOL > 9)),
        r"such as (pool\.filled\(0\))",
        lambda cure: select(run(cure, pool=np.ma.masked_array(POOL, POOL > 9))),
    ),
    "two columns of vectors": (
        lambda: select(WIDE),
        r"pass one: columns=('\w+')",
        lambda cure: select(WIDE, columns=run(cure)),
    ),
    "integers that may number the rows": (
        lambda: select(IDS, target=TARGET[:, :2]),
        r"as columns=(\[.*?\])",
        lambda cure: select(IDS, target=TARGET[:, :2], columns=run(cure)),
    ),
    "a float for rows": (
        lambda: select(budget=7.0),
        r"for rows write budget=(\d+)",
        lambda cure: select(budget=run(cure)),
    ),
    "a share": (
        lambda: select(budget="a tenth"),
        r"a share such as 0\.1 or ('10%')",
        lambda cure: select(budget=run(cure)),
    ),
    "a method": (
        lambda: select(method="coverige"),
        r"the nearest is ('\w+')",
        lambda cure: select(method=run(cure)),
    ),
    "a class": (
        lambda: select(method=gio4j.Coverage),
        r"write (Coverage\(\))",
        lambda cure: select(method=run(cure, Coverage=gio4j.Coverage)),
    ),
    "another library's word": (
        lambda: select(random_state=1),
        r"the nearest is '(\w+)'",
        lambda cure: select(**{cure: 1}),
    ),
    "a slip": (
        lambda: select(kernal="log"),
        r"the nearest is '(\w+)'",
        lambda cure: select(**{cure: "log"}),
    ),
    "options of an object": (
        lambda: select(method=gio4j.Coverage(), k=2),
        r"write (Coverage\(k)=\.\.\.\)",
        lambda cure: select(method=run(f"{cure}=2)", Coverage=gio4j.Coverage)),
    ),
    "a flag as a text": (
        lambda: gio4j.configure(jvm_flags="-Xss1m -Xlog:disable"),
        r"such as (\[.*\])",
        lambda cure: gio4j._engine.options.Options(jvm_flags=tuple(run(cure))),
    ),
    "a heap": (
        lambda: gio4j.configure(heap="plenty"),
        r"such as ('\w+')",
        lambda cure: gio4j._engine.options.Options(heap=run(cure)),
    ),
    "an interval": (
        lambda: gio4j.divergence(POOL, TARGET, interval="wide"),
        r"a share such as ([\d.]+)",
        lambda cure: gio4j.divergence(POOL, TARGET, interval=run(cure)),
    ),
    "rows of a generator": (
        lambda: select(row for row in POOL),
        r"of a generator (list\()",
        lambda cure: select(run(f"{cure}pool)", pool=(row for row in POOL))),
    ),
}


def run(cure: str, **names: Any) -> Any:
    import numpy.lib.recfunctions  # noqa: F401 - what a cure names

    return eval(cure, {"numpy": np, "list": list, "len": len, "__builtins__": {}}, names)


@pytest.mark.filterwarnings("ignore::gio4j.errors.GIOWarning")
@pytest.mark.parametrize("name", CURES)
def test_the_cure_works(name: str) -> None:
    wrong, pattern, right = CURES[name]
    with pytest.raises((GioError, TypeError, ValueError)) as caught:
        wrong()
    found = re.search(pattern, str(caught.value))
    assert found is not None, str(caught.value)
    right(found[1])


FAR = ["random_stat_of_mine", "foo", "n", "verbos_level", "bandwith_of_kernel"]


@pytest.mark.parametrize("word", FAR)
def test_no_suggestion_is_far_fetched(word: str) -> None:
    with pytest.raises(TypeError, match=f"{word}=: there is no such option") as caught:
        select(**{word: 1})
    assert "nearest" not in str(caught.value)


# --- tracebacks -----------------------------------------------------------------------------------

SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in ("import gio4j, numpy", "rows = numpy.ones((9, 2))", "def mine(call):\\n    call()"):
    shell.run_cell(cell)
{patch}
shell.run_cell({cell!r})
"""
DEEP = {
    "a function": "gio4j.select('nowhere.npy', rows, 5)",
    "one that another error caused": "gio4j.select([[1], [2, 3]], rows, 5)",
    "a method": "gio4j.KMeans(0).fit(rows)",
    "an object": "gio4j.Balanced(kernel='x')",
    "the engine": "gio4j.kmeans(rows * numpy.nan, 2)",
    "a function of the caller's": "mine(lambda: gio4j.nearest(rows, rows, 0))",
}


def shown(cell: str, folder: Path, patch: str = "", **environment: str) -> str:
    """What a notebook shows of a cell."""
    said = run_python(SHELL.format(cell=cell, patch=patch), folder, **environment).stdout
    return re.sub(r"\x1b\[[\d;]*m", "", said)


@pytest.mark.parametrize("name", DEEP)
def test_a_notebook_s_traceback_ends_at_the_caller(name: str, tmp_path: Path) -> None:
    said = shown(DEEP[name], tmp_path)
    assert DEEP[name] in said
    assert "InvalidInputError: " in said.splitlines()[-1]
    assert "gio4j/_" not in said
    assert ("def mine" in said) == ("mine" in DEEP[name])


def test_all_frames_on_request(tmp_path: Path) -> None:
    said = shown(DEEP["a function"], tmp_path, GIO4J_TRACEBACK="full")
    assert said.count("gio4j/_") > 3


def test_a_bug_shows_all_frames(tmp_path: Path) -> None:
    patch = "import gio4j._select.rows as module; module.kept = lambda *_: {}['a bug']"
    said = shown(DEEP["a function"], tmp_path, patch)
    assert "KeyError: 'a bug'" in said
    assert "gio4j/_select/rows.py" in said
