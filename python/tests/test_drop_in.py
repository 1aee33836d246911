"""The drop-in `GIO` around a stub of the engine: draws, prints, warnings, messages."""

from __future__ import annotations

import importlib
import inspect
import random
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GIO.generate_text_embeddings import GenerateEmbeddings
from GIO.GIO_super import GIO_super
from GIO.GIOKL import GIOKL
from gio4j._methods.built_in import Gradient
from gio4j._select.search import GradientSearch, SearchOptions, StopOptions
from gio4j.errors import GIOWarning

module = importlib.import_module("GIO.GIOKL")
TRAIN = np.random.default_rng(1).standard_normal((10, 2)).astype(np.float32)
X = np.random.default_rng(2).standard_normal((8, 2)).astype(np.float32)
START = np.zeros((2, 2), np.float32)
AFTER = tuple(random.Random(99).getstate()[1])


class Stub:
    """Answers as the engine would after picking rows 3 and 1; remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.stop_reason = "increase"
        self.problem: BaseException | None = None

    def __call__(
        self,
        pool: Any,
        target: Any,
        start: Any,
        options: SearchOptions,
        random_state: tuple[int, ...],
        names: dict[str, str],
        on_status: Callable[[dict[str, Any]], None] | None,
    ) -> GradientSearch:
        self.calls.append({"start": start, "options": options, "state": random_state})
        if on_status is not None:
            status = {"total": 3, "done": 2, "objective": 2.25}
            on_status({**status, "events": [["start", -1, 2.4869942]]})
            on_status({**status, "events": [["iteration", 0, 1.1], ["reset", 0, None]]})
            on_status({**status, "events": [["iteration", 1, "Infinity"], ["iteration", 2, 2]]})
        if self.problem is not None:
            raise self.problem
        return GradientSearch(
            indices=np.array([3, 1], np.int32),
            divergences=np.array([2.5, 2.25]),
            selected=np.vstack((np.asarray(start, np.float32), TRAIN[[3, 1]])),
            starting_divergence=3.0,
            stop_reason=self.stop_reason,
            scale_factor=5.5,
            point=np.array([0.1, 0.2]),
            removed=np.array([3, 1, 4], np.int32),
            just_reset=True,
            resets=0,
            increases=0,
            random_state=AFTER,
        )


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    stub = Stub()
    monkeypatch.setattr(module, "search", stub)
    return stub


@pytest.fixture
def gio() -> GIOKL:
    return GIOKL(dim=2, uniform_start_size=4)


def quiet(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GIOWarning)
        return call(*arguments, **keywords)


def test_signatures_of_the_reference() -> None:
    fit = list(inspect.signature(GIOKL.fit).parameters.values())
    assert " ".join(parameter.name for parameter in fit) == (
        "self train X D k max_iter stop_criterion min_difference resets_allowed max_resets "
        "max_data_size min_kl max_sequential_increases random_init_pct random_restart_prob "
        "scale_factor v_init grad_desc_iter discard_nearest_for_xy normalize lr"
    )
    assert [parameter.default for parameter in fit[3:]] == [
        *(None, 5, 100, "increase", 0, False, 2, 1, 0, 3, 0, 0, "auto", "mean", 50),
        *(False, True, 0.01),
    ]
    made = GIOKL()
    facts = (made.uniform_low, made.uniform_high, made.uniform_start_size, made.dim)
    assert facts == (-1, 1, 20, 768)
    assert made.random_init is False
    assert isinstance(made, GIO_super)


def test_result(stub: Stub, gio: GIOKL) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        W, kl_divs, state = gio.fit(TRAIN, X, D=START)
    np.testing.assert_array_equal(W, np.vstack((START, TRAIN[[3, 1]])))
    assert W.dtype == np.float32
    assert kl_divs == [2.5, 2.25]
    assert all(type(value) is np.float64 for value in kl_divs)
    v, scale_factor, just_reset, num_resets, increases, adder, same = state
    assert v.dtype == np.float32
    assert v.shape == (2,)
    assert (scale_factor, just_reset, num_resets, increases) == (5.5, True, 0, 0)
    np.testing.assert_array_equal(adder, np.delete(TRAIN, [3, 1, 4], axis=0))
    assert same is kl_divs
    assert gio.selection_.indices.tolist() == [3, 1]
    assert gio.random_init is False


def test_options_go_through(stub: Stub, gio: GIOKL) -> None:
    gio.fit(
        TRAIN,
        X,
        START,
        k=3,
        max_iter=7,
        stop_criterion="min_kl",
        min_kl=-2,
        scale_factor=20,
        v_init="jump",
        grad_desc_iter=9,
        lr=0.5,
    )
    assert stub.calls[0]["options"] == SearchOptions(
        gradient=Gradient(k=3, steps=9, learning_rate=0.5, scale_factor=20.0, start_vector="jump"),
        stop=StopOptions(criterion="min_kl", min_kl=-2.0),
        max_iterations=7,
    )
    _, _, state = gio.fit(TRAIN, X, START, scale_factor=20)
    assert state[1] == 20


def test_prints_as_the_reference(
    stub: Stub, gio: GIOKL, capsys: pytest.CaptureFixture[str]
) -> None:
    gio.fit(TRAIN, X, D=START)
    assert capsys.readouterr().out.splitlines() == [
        "Starting KL: 2.4869943",
        "KL Divergence at iteration 0: 1.1",
        "KL Div Increase, Resetting G",
        "KL Divergence at iteration 1: inf",
        "KL Divergence at iteration 2: 2.0",
    ]


def test_a_bar_when_not_verbose(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    GIOKL(verbose=False).fit(TRAIN, X, D=START)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "divergence=2.2500" in captured.err


def test_verbose_is_keyword_only() -> None:
    with pytest.raises(TypeError):
        GIOKL(-1, 1, 20, 768, False)  # type: ignore[misc]


# --- randomness ----------------------------------------------------------------------------------


def test_uniform_start_draws_as_the_reference(stub: Stub, gio: GIOKL) -> None:
    np.random.seed(5)
    random.seed(6)
    expected = np.random.uniform(low=-1, high=1, size=(4, 2))
    following = np.random.uniform()
    np.random.seed(5)
    W, _, _ = quiet(gio.fit, TRAIN, X, normalize=False)
    np.testing.assert_array_equal(W[:4], expected.astype(np.float32))
    assert np.random.uniform() == following
    assert stub.calls[0]["state"] == random.Random(6).getstate()[1]
    assert random.getstate()[1] == AFTER
    assert gio.random_init


def test_normalized_start(stub: Stub, gio: GIOKL) -> None:
    W, _, _ = quiet(gio.fit, TRAIN, X)
    np.testing.assert_allclose(np.linalg.norm(W[:4], axis=1), 1, rtol=1e-6)


def test_sampled_start_draws_as_the_reference(stub: Stub, gio: GIOKL) -> None:
    random.seed(3)
    expected = np.array(random.sample(TRAIN.tolist(), 4), np.float32)
    state = random.getstate()[1]
    random.seed(3)
    W, _, _ = quiet(gio.fit, TRAIN, X, random_init_pct=0.45)
    np.testing.assert_array_equal(W[:4], expected)
    assert stub.calls[0]["state"] == state


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), ValueError("x: row 3 is not finite")])
def test_states_are_untouched_by_a_failure(stub: Stub, gio: GIOKL, problem: BaseException) -> None:
    stub.problem = problem
    random.seed(1)
    np.random.seed(1)
    for keywords in ({}, {"random_init_pct": 0.5}):
        with pytest.raises(type(problem)):
            gio.fit(TRAIN, X, **keywords)
    assert random.getstate() == random.Random(1).getstate()
    assert np.random.uniform() == np.random.RandomState(1).uniform()


# --- keywords and values -------------------------------------------------------------------------


def test_alias(stub: Stub, gio: GIOKL) -> None:
    with pytest.warns(DeprecationWarning, match="write stop_criterion="):
        gio.fit(TRAIN, X, D=START, stopping_criterion="min_kl")
    assert stub.calls[0]["options"].stop.criterion == "min_kl"
    with pytest.raises(TypeError, match="both 'stopping_criterion' and 'stop_criterion'"):
        gio.fit(TRAIN, X, stopping_criterion="min_kl", stop_criterion="min_kl")


def test_unknown_keyword(stub: Stub, gio: GIOKL) -> None:
    with pytest.raises(TypeError, match=r"'max_iters'; the nearest is 'max_iter'; all are train"):
        gio.fit(TRAIN, X, max_iters=3)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"stop_criterion": "never"}, "stop_criterion='never': needs one of 'increase', 'max_res"),
        ({"v_init": "median"}, "v_init='median': needs one of 'mean', 'prev_opt', 'jump'"),
        ({"scale_factor": "big"}, "scale_factor='big': needs one of 'auto'"),
        ({"scale_factor": float("nan")}, "scale_factor=nan: needs a finite number"),
        ({"k": 8}, "k=8: needs 1 to 7; X has 8 rows"),
        ({"k": 0}, "k=0: needs 1 to 7"),
        ({"max_iter": -1}, "max_iter=-1: needs at least 0"),
        ({"grad_desc_iter": -5}, "grad_desc_iter=-5: needs at least 0"),
        ({"max_resets": -1}, "max_resets=-1"),
        ({"max_sequential_increases": -1}, "max_sequential_increases=-1"),
        ({"random_init_pct": 1.5}, r"random_init_pct=1\.5: needs 0 to 1"),
        ({"random_init_pct": 0.01}, r"random_init_pct=0\.01: .*needs at least 0\.1"),
        ({"random_restart_prob": -0.1}, r"random_restart_prob=-0\.1: needs 0 to 1"),
        ({"max_data_size": -1}, "max_data_size=-1: needs at least 0"),
        ({"lr": float("inf")}, "lr=inf: needs a finite number"),
        ({"D": np.zeros(2)}, "D: needs 2 dimensions"),
        ({"X": X[:1]}, "X: has 1 row; needs at least 2"),
        ({"X": X[:, :1]}, "train has 2 columns, X 1"),
        ({"train": TRAIN[:0]}, "train: is empty"),
    ],
)
def test_bad_values(stub: Stub, gio: GIOKL, keywords: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gio.fit(**{"train": TRAIN, "X": X, **keywords})
    assert stub.calls == []


@pytest.mark.parametrize("keywords", [{"max_iter": "ten"}, {"lr": None}, {"k": 2.5}])
def test_bad_types(stub: Stub, gio: GIOKL, keywords: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(keywords))):
        gio.fit(TRAIN, X, **keywords)


def test_dim_that_does_not_fit(stub: Stub) -> None:
    with pytest.raises(ValueError, match=r"dim=768: train has 2 columns.*GIOKL\(dim=2\)"):
        GIOKL().fit(TRAIN, X)
    with pytest.raises(ValueError, match="uniform_start_size=0: needs at least 1"):
        GIOKL(dim=2, uniform_start_size=0).fit(TRAIN, X)


# --- quirks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "reason", "words"),
    [
        ({"stop_criterion": "sequential_increase_tolerance"}, "increase", "never stops"),
        ({"stop_criterion": "max_resets", "resets_allowed": True}, "increase", "never stops"),
        ({"stop_criterion": "data_size"}, "increase", "one more than max_data_size=1"),
        ({"discard_nearest_for_xy": True}, "increase", "gradient is zero"),
        ({"max_iter": 1}, "max_iterations", "max_iter=1 accepts one pick more: 2 were picked"),
        ({}, "exhausted", "used up after 2 picks"),
        ({"D": None}, "increase", r"The 4 start rows stand in front of W: the picks are W\[4:\]"),
    ],
)
def test_each_quirk_warns_once(
    stub: Stub, gio: GIOKL, keywords: dict[str, Any], reason: str, words: str
) -> None:
    stub.stop_reason = reason
    with pytest.warns(GIOWarning, match=words) as caught:
        gio.fit(TRAIN, X, **{"D": START, **keywords})
    (only,) = caught
    assert only.filename == __file__
    assert "gio4j.gradient_search" in str(only.message)


# --- the rest ------------------------------------------------------------------------------------


def test_get_nearest(gio: GIOKL) -> None:
    assert gio._get_nearest(TRAIN, TRAIN[4]) == 4
    assert gio._get_nearest(np.zeros((3, 2)), np.ones(2)) == 0
    assert gio._get_nearest(TRAIN, np.full(2, np.nan)) == 0


def test_knn_shapes(gio: GIOKL, monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.array([[3.0, 1.0, 2.0], [5.0, 6.0, 4.0]])
    monkeypatch.setattr(module, "distances", lambda x, y: table)
    near: Any = lambda **keywords: gio._knn(X, X, 1, **keywords).tolist()  # noqa: E731
    assert near(last_only=False, discard_nearest=False, avg=False) == table.tolist()
    assert near(last_only=True, discard_nearest=False, avg=False) == [[2.0], [4.0]]
    assert near(last_only=False, discard_nearest=True, avg=False) == [[2.0], [5.0]]
    assert near(last_only=False, discard_nearest=True, avg=True) == [[2.0, 3.0], [5.0, 6.0]]
    with pytest.raises(ValueError, match="k=3: needs 1 to 2; y has 3 rows"):
        gio._knn(X, X, 3, False, True, False)


def test_spark_is_lazy(gio: GIOKL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ImportError, match=r"pip install 'gio4j\[spark\]'"):
        _ = gio.spark
    gio.spark = "session"
    assert gio.spark == "session"


def test_embeddings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Library:
        class SentenceTransformer:
            def __init__(self, name: str) -> None:
                assert name == "model"

            def encode(self, sentences: list[str], device: str) -> np.ndarray[Any, Any]:
                return np.array([[len(sentence), 0.5] for sentence in sentences], np.float32)

    monkeypatch.setitem(sys.modules, "sentence_transformers", Library)
    (tmp_path / "in").write_text("eins\nzwei drei\n", encoding="utf-8")
    GenerateEmbeddings("model", device="cpu").generate_embeddings(tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "[4.0, 0.5]\n[9.0, 0.5]\n"
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match="pip install sentence-transformers"):
        GenerateEmbeddings("model")
