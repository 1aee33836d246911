"""What the reference's repository runs: its three checks and both examples of its README.

The scripts here are written after the description of those in experiments/checks and the README of
github.com/daeveraert/gradient-information-optimization. With GRAD_INFO_OPT set to a checkout of it,
its own files run as well, as they stand.
"""

from __future__ import annotations

import os
import re
import runpy
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gio4j._measure.averaged import averaged_divergence

CHECKOUT = os.environ.get("GRAD_INFO_OPT")
pytestmark = [
    #: Spark starts in ten seconds here, and in forty where other work runs beside it.
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CLOUD = """
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from GIO import GIOKL


def cloud(seed, middle):
    np.random.seed(seed)
    first, second = np.random.multivariate_normal(middle, [[0.5, 0], [0, 0.5]], 100).T
    return jnp.array([[first[row], second[row]] for row in range(len(first))])


X = cloud(1, [3, 4])
gio_kl = GIOKL.GIOKL(uniform_low=0, uniform_high=8, uniform_start_size=100, dim=2)
"""
SEARCH = """
W, kl_divs, _ = gio_kl.fit(cloud(5, {middle}), X, normalize=False)
W = W[100:]
plt.plot(kl_divs)
plt.show()
plt.clf()
plt.scatter([row[0] for row in W], [row[1] for row in W], label="Selected Data")
plt.scatter([row[0] for row in X], [row[1] for row in X], label="Target Data")
plt.legend()
plt.show()
"""
QUANTIZATION = """
import pyspark.sql.functions as F
from pyspark.sql.types import *

whole = F.udf(lambda vector: vector, ArrayType(DoubleType(), containsNull=False))
rows = [(number, row.tolist()) for number, row in enumerate(X)]
frame = gio_kl.spark.createDataFrame(data=rows, schema=["id", "features"])
frame = frame.withColumn("features", whole(F.col("features")))
model_train, model_X, transformed_train, transformed_X = gio_kl.quantize(frame, frame)
kl = gio_kl.calculate_statistical_distance(X, jnp.array(model_X.clusterCenters()))
print("KL Divergence: " + str(kl))
"""
LARGE = """
import jax.numpy as jnp
import matplotlib.pyplot as plt
import pyspark.sql.functions as F
from GIO import GIOKL

gio_kl = GIOKL.GIOKL(uniform_low=-1, uniform_high=1, uniform_start_size=20, dim=768)
train_df, target_df = gio_kl.read_data_from_csv(PATH_TO_TRAIN, PATH_TO_TARGET)
model_train, model_X, transformed_train, transformed_X = gio_kl.quantize(train_df, target_df)
X = jnp.array(model_X.clusterCenters())
train = jnp.array(model_train.clusterCenters())
centers = model_train.clusterCenters()
centroids = [(number, center.tolist()) for number, center in enumerate(centers)]
centroids_df = gio_kl.spark.createDataFrame(data=centroids, schema=["id", "centroid"])
W, kl_divs, _ = gio_kl.fit(
    train, X, max_iter=300, stopping_criterion="sequential_increase_tolerance", v_init="jump"
)
selected = gio_kl.explode(W[20:], transformed_train, centroids_df)
texts = selected.select(F.col("_c0"), F.col("_c1"))
texts.write.option("delimiter", "\\t").csv(OUTPUT_PATH)
plt.plot(kl_divs)
plt.show()
"""


def check_of(name: str) -> str:
    return (Path(CHECKOUT or "") / "experiments/checks" / f"{name}_consistency.py").read_text()


def example(number: int) -> str:
    text = (Path(CHECKOUT or "") / "README.md").read_text()
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)[number]


SCRIPTS: dict[str, dict[str, Callable[[], str]]] = {
    "described": {
        "self": lambda: CLOUD + SEARCH.format(middle="[3, 4]"),
        "negative": lambda: CLOUD + SEARCH.format(middle="[300, 400]"),
        "quantization": lambda: CLOUD + QUANTIZATION,
        "large": lambda: LARGE,
    },
    "original": {
        "self": lambda: check_of("self"),
        "negative": lambda: check_of("negative"),
        "quantization": lambda: check_of("quantization"),
        "large": lambda: example(1),
        "small": lambda: example(0),
    },
}
WHOSE = ["described", *(["original"] if CHECKOUT else [])]


@pytest.fixture
def jax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package, or NumPy in its place."""
    if find_spec("jax") is not None:
        yield
        return
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax/__init__.py").touch()
    (tmp_path / "jax/numpy.py").write_text("from numpy import *\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("jax", "jax.numpy"):
        sys.modules.pop(name, None)


Run = Callable[[str], list[str]]


@pytest.fixture
def run(
    jax: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Runs a script as the program that Python was started with, and answers what it prints."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)

    def run(script: str) -> list[str]:
        (tmp_path / "script.py").write_text(script)
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            runpy.run_path("script.py", run_name="__main__")
        return capsys.readouterr().out.splitlines()

    yield run
    plt.close("all")


@pytest.fixture
def session(spark: Any) -> None:
    """One for all scripts; functions that they make themselves run in this Python as well."""
    spark.sparkContext.pythonExec = sys.executable


def cloud(seed: int) -> np.ndarray:
    np.random.seed(seed)
    return np.random.multivariate_normal([3, 4], [[0.5, 0], [0, 0.5]], 100)


def divergences(lines: list[str]) -> list[float]:
    return [float(line.rpartition(": ")[2]) for line in lines]


@pytest.mark.parametrize("name", ["self", "small"])
@pytest.mark.parametrize("whose", WHOSE)
def test_a_pool_like_the_target_is_taken(whose: str, name: str, run: Run) -> None:
    if name not in SCRIPTS[whose]:
        pytest.skip("the README's own example is in test_readme_example.py")
    lines = run(SCRIPTS[whose][name]())
    assert lines[0].startswith("Starting KL: ")
    found = divergences(lines)
    assert len(found) > 90
    assert found[-2] < found[0] / 1.5


@pytest.mark.parametrize("whose", WHOSE)
def test_a_pool_far_from_the_target_is_left(whose: str, run: Run) -> None:
    lines = run(SCRIPTS[whose]["negative"]())
    start, first = divergences(lines)
    assert first > start


@pytest.mark.parametrize("whose", WHOSE)
def test_quantising_fewer_rows_than_clusters(whose: str, run: Run, session: None) -> None:
    """100 rows are 100 clusters of the 1,500 asked for, each a row, as in Spark."""
    lines = run(SCRIPTS[whose]["quantization"]())
    X = cloud(1)
    assert divergences(lines[-1:])[0] == pytest.approx(averaged_divergence(X, X), rel=1e-5)


@pytest.mark.parametrize("whose", WHOSE)
def test_the_large_example(whose: str, run: Run, session: None, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name, rows in (("train", 1600), ("target", 1550)):
        vectors = random.normal(size=(rows, 768)).round(2)
        with open(tmp_path / f"{name}.tsv", "w") as file:
            for number, vector in enumerate(vectors.tolist()):
                file.write(f"{name} {number}\tanswer {number}\t{vector}\n")
    paths = ", ".join(
        repr(str(tmp_path / name)) for name in ("train.tsv", "target.tsv", "selected")
    )
    lines = run(
        f"PATH_TO_TRAIN, PATH_TO_TARGET, OUTPUT_PATH = {paths}\n" + SCRIPTS[whose]["large"]()
    )
    picks = re.fullmatch(r"Found (\d+) centroids out of (\d+) selected centroids", lines[-1])
    assert picks is not None
    assert int(picks[1]) == int(picks[2]) == 301
    written = "".join(part.read_text() for part in sorted((tmp_path / "selected").glob("*.csv")))
    selected = re.findall(r"^train (\d+)\tanswer \1$", written, re.MULTILINE)
    assert 301 <= len(set(selected)) == len(selected) == len(written.splitlines())
