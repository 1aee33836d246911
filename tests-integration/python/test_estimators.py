"""The estimators by scikit-learn's own checks, where they apply, and beside its K-means."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from harness import ROOT, run_python, sample
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone, is_clusterer
from sklearn.cluster import KMeans as TheirKMeans
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    estimator_checks_generator,
)

import gio4j
from gio4j.errors import GIOWarning, InvalidInputError

POOL, TARGET = sample(80, 4), sample(30, 4, seed=1) + 1


class ForChecks(gio4j.Selector):
    """The checks pass labels for `y`; a target is rows, and here they are the pool's own."""

    def fit(self, X: Any, y: Any = None) -> Any:
        return super().fit(X)


WORDS = "refused, but in words of our own"
#: Checks that do not apply, and why. Each fails, or the list is out of date.
NOT_OURS = {
    "check_complex_data": "complex numbers are a TypeError here, not a ValueError",
    "check_dtype_object": "an array of objects is refused even where all of them are numbers",
    "check_estimators_empty_data_messages": WORDS,
    "check_estimators_nan_inf": f"{WORDS}: NaN and Infinity, with the row",
    "check_array_api_input": "skipped by scikit-learn unless SCIPY_ARRAY_API is set",
}
OTHER_SEEDING = (
    "the random seeding draws among other rows; scikit-learn's own K-means is excused as well"
)
NOT_KMEANS = {
    "check_all_zero_sample_weights_error": WORDS,
    "check_fit2d_predict1d": WORDS,
    "check_sample_weight_equivalence_on_dense_data": OTHER_SEEDING,
    "check_sample_weight_equivalence_on_sparse_data": OTHER_SEEDING,
}


def checks(estimator: Any, not_ours: dict[str, str]) -> list[Any]:
    found = list(estimator_checks_generator(estimator))
    names = [check.func.__name__ for _, check in found]
    assert set(not_ours) <= set(names), set(not_ours) - set(names)
    return [
        pytest.param(
            made,
            check,
            id=f"{type(estimator).__name__}-{name}-{place}",
            marks=[pytest.mark.xfail(reason=not_ours[name], strict=True)]
            if name in not_ours
            else [],
        )
        for place, (name, (made, check)) in enumerate(zip(names, found, strict=True))
    ]


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        *checks(gio4j.KMeans(random_state=0), NOT_OURS | NOT_KMEANS),
        *checks(ForChecks(budget=0.5), NOT_OURS),
    ],
)
@pytest.mark.filterwarnings("ignore::gio4j.errors.GIOWarning")
def test_check(estimator: Any, check: Callable[[Any], None]) -> None:
    try:
        check(clone(estimator))  # what it leaves fitted goes with it
    except BaseException as problem:
        if type(problem).__name__ == "SkipTest":  # as pytest would take it, and not as a failure
            raise AssertionError(str(problem)) from problem
        raise


def test_kmeans_finds_what_scikit_learn_finds() -> None:
    rows, _ = make_blobs(600, 5, centers=6, cluster_std=0.4, random_state=3)
    rows = rows.astype(np.float32)
    ours = gio4j.KMeans(6, random_state=1).fit(rows)
    theirs = TheirKMeans(6, n_init=10, random_state=1).fit(rows)
    order, theirs_order = (np.lexsort(found.cluster_centers_.T) for found in (ours, theirs))
    np.testing.assert_allclose(
        ours.cluster_centers_[order], theirs.cluster_centers_[theirs_order], rtol=1e-4
    )
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)
    assert ours.n_iter_ >= 1
    assert ours.n_features_in_ == 5
    assert np.array_equal(ours.predict(rows), ours.labels_)
    assert np.array_equal(gio4j.KMeans(6, random_state=1).fit_predict(rows), ours.labels_)
    assert is_clusterer(ours)


OPTIONS: dict[str, dict[str, Any]] = {
    "n_clusters": {"n_clusters": 4},
    "init": {"init": "random"},
    "max_iter": {"max_iter": 1},
    "tol": {"tol": 1e3},
    "random_state": {"random_state": 5},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_of_kmeans_matters(name: str) -> None:
    rows = sample(500, 3)
    plain = {"n_clusters": 9, "random_state": 2}
    first, other = (
        gio4j.KMeans(**options).fit(rows).cluster_centers_
        for options in (plain, {**plain, **OPTIONS[name]})
    )
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_weights_of_kmeans_matter() -> None:
    rows = np.float32([[0], [1], [10], [11]])
    found = gio4j.KMeans(2, random_state=0).fit(rows, sample_weight=[1, 3, 1, 1])
    assert sorted(found.cluster_centers_.ravel().tolist()) == [0.75, 10.5]


SELECTORS: dict[str, dict[str, Any]] = {
    "method": {"method": "round_robin"},
    "budget": {"budget": 9},
    "share": {"budget": 0.5},
    "kernel": {"kernel": "log"},
    "scale": {"scale": 0.01},
    "quantize": {"quantize": 7},
    "seed": {"method": "round_robin", "seed": 3},
    "k": {"method": "coverage", "k": 3},
    "eps": {"method": "exact", "eps": 5.0},
    "steps": {"method": "gradient", "steps": 1, "start_vector": "jump"},
    "learning_rate": {"method": "gradient", "learning_rate": 3.0},
    "scale_factor": {"method": "gradient", "scale_factor": 99.0},
    "start_vector": {"method": "gradient", "start_vector": "prev_opt"},
}


@pytest.mark.parametrize("name", SELECTORS)
def test_a_selector_answers_what_select_answers(name: str) -> None:
    options = {"budget": 6, **SELECTORS[name]}
    found = gio4j.Selector(**options).fit(POOL, TARGET)
    expected = gio4j.select(POOL, TARGET, **options)
    assert found.indices_.tolist() == expected.indices.tolist()
    assert np.array_equal(found.gains_, expected.gains, equal_nan=True)
    assert found.trace_.tolist() == expected.trace.tolist()
    assert found.stop_reason_ == expected.stop_reason
    assert found.selection_.options == expected.options
    assert found.n_features_in_ == 4


def test_data_of_a_selector_go_to_fit() -> None:
    weights = np.arange(80) % 3 + 1
    found = gio4j.Selector(budget=9).fit(POOL, TARGET, existing=POOL[:5], weights=weights)
    expected = gio4j.select(POOL, TARGET, 9, existing=POOL[:5], weights=weights)
    assert found.indices_.tolist() == expected.indices.tolist()
    plain = gio4j.Selector(budget=9).fit(POOL, TARGET)
    assert plain.indices_.tolist() != found.indices_.tolist()


def test_existing_rows_of_a_selector_by_number() -> None:
    pool, target = (pd.DataFrame(rows, columns=list("abcd")) for rows in (POOL, TARGET))
    first = gio4j.Selector(budget="10%").fit(pool, target)
    second = gio4j.Selector(budget="10%").fit(pool, target, existing=first.selection_)
    assert len(set(first.indices_) | set(second.indices_)) == 16
    expected = gio4j.select(POOL, TARGET, 8, existing=first.indices_)
    assert second.indices_.tolist() == expected.indices.tolist()
    with pytest.raises(TypeError, match=r"budget=\[3, 9\]: needs one budget; select takes sev"):
        gio4j.Selector(budget=[3, 9]).fit(pool, target)  # type: ignore[arg-type]


def test_a_generator_seeds_the_estimators() -> None:
    for make in (
        lambda seed: gio4j.Selector(9, "round_robin", seed=seed).fit(POOL, TARGET).indices_,
        lambda seed: gio4j.KMeans(3, random_state=seed).fit(POOL).cluster_centers_,
        lambda seed: (
            gio4j.gradient_search(
                POOL, TARGET, POOL[:3], max_picks=3, start_vector="jump", seed=seed
            ).indices
        ),
    ):
        first, again = (make(np.random.default_rng(4)) for _ in range(2))
        assert np.array_equal(first, again)


def test_cloned_pickled_and_shown() -> None:
    selector = gio4j.Selector(9, "exact", k=3, progress=False)
    assert repr(selector) == "Selector(budget=9, method='exact', progress=False, k=3)"
    copied = clone(selector)
    assert copied is not selector
    assert copied.get_params() == selector.get_params()
    assert not hasattr(copied, "indices_")
    fitted = selector.fit(POOL, TARGET)
    again = pickle.loads(pickle.dumps(fitted))
    assert again.indices_.tolist() == fitted.indices_.tolist()
    assert again.selection_.pool is None
    assert (
        again.set_params(budget=3).fit(POOL, TARGET).indices_.tolist()
        == fitted.indices_.tolist()[:3]
    )
    with pytest.raises(
        ValueError,
        match=r"budgte=: Selector has no such parameter; the nearest is 'budget'; ",
    ):
        selector.set_params(budgte=3)


def test_errors_are_those_of_the_functions() -> None:
    with pytest.raises(TypeError, match="kernel=: is no option of method 'exact'"):
        gio4j.Selector(method="exact", kernel="log").fit(POOL, TARGET)
    with pytest.raises(InvalidInputError, match="n_clusters=0: needs at least 1"):
        gio4j.KMeans(0).fit(POOL)
    with pytest.raises(NotFittedError, match="not fitted yet; call fit first"):
        gio4j.KMeans().predict(POOL)


def test_sparse_rows_are_made_dense() -> None:
    expected = gio4j.KMeans(3, random_state=0).fit(POOL)
    found = gio4j.KMeans(3, random_state=0).fit(csr_array(POOL))
    assert found.labels_.tolist() == expected.labels_.tolist()
    assert found.predict(csr_array(POOL)).tolist() == expected.labels_.tolist()


def test_frames_of_numbers_are_matrices() -> None:
    expected = gio4j.KMeans(3, random_state=0).fit(POOL).labels_.tolist()
    frame = pd.DataFrame(POOL)
    assert gio4j.KMeans(3, random_state=0).fit(frame).labels_.tolist() == expected
    vectors = pd.DataFrame({"id": range(80), "vector": list(POOL)})
    assert gio4j.KMeans(3, random_state=0).fit(vectors).predict(vectors).tolist() == expected


FRAMES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "pyarrow": pa.Table.from_pandas,
    "batch": pa.RecordBatch.from_pandas,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_names_of_columns(kind: str) -> None:
    """Case 23: columns in another order had other labels, and nothing was said."""
    made = FRAMES[kind]
    frame = pd.DataFrame(POOL, columns=list("abcd"))
    model = gio4j.KMeans(3, random_state=0).fit(made(frame))
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.predict(made(frame)).tolist() == model.labels_.tolist()
    for columns, said in (
        (frame[list("dcba")], "Feature names must be in the same order as they were in fit"),
        (frame[list("abc")], "Feature names seen at fit time, yet now missing:\n- d\n"),
        (frame.assign(e=1.0), "Feature names unseen at fit time:\n- e\n"),
        (frame.rename(columns={"b": "x"}), "unseen at fit time:\n- x\nFeature names seen"),
    ):
        with pytest.raises(ValueError, match="should match those that were passed during") as error:
            model.predict(made(columns))
        assert said in str(error.value)
        with pytest.raises(ValueError, match="should match those"):
            gio4j.Selector(budget=3).fit(made(frame), made(columns))
        with pytest.raises(ValueError, match="should match those"):
            gio4j.Selector(budget=3).fit(made(frame), made(frame), existing=made(columns))
    selector = gio4j.Selector(budget=9).fit(
        made(frame), made(pd.DataFrame(TARGET, columns=[*"abcd"]))
    )
    assert selector.feature_names_in_.tolist() == list("abcd")
    assert selector.indices_.tolist() == gio4j.select(POOL, TARGET, 9).indices.tolist()


def test_names_on_one_side_only() -> None:
    frame = pd.DataFrame(POOL, columns=list("abcd"))
    named = gio4j.KMeans(3, random_state=0).fit(frame)
    with pytest.warns(GIOWarning, match="X does not have valid feature names, but KMeans was fit"):
        assert named.predict(POOL).tolist() == named.labels_.tolist()
    unnamed = named.fit(POOL)
    assert not hasattr(unnamed, "feature_names_in_")
    with pytest.warns(GIOWarning, match="X has feature names, but KMeans was fitted without"):
        unnamed.predict(frame)
    with pytest.raises(TypeError, match="only supported if all input features have string names"):
        unnamed.fit(frame.rename(columns={"a": 0}))


@pytest.mark.filterwarnings("error::UserWarning")
def test_names_by_scikit_learn_s_own_check() -> None:
    check_dataframe_column_names_consistency("KMeans", gio4j.KMeans(3, random_state=0))


def test_distances_and_score_are_scikit_learn_s() -> None:
    found = gio4j.KMeans(6, random_state=1).fit(POOL)
    theirs = TheirKMeans(6, init=found.cluster_centers_, n_init=1, max_iter=1).fit(POOL)
    theirs.cluster_centers_ = found.cluster_centers_
    distances = found.transform(POOL)
    assert distances.dtype == np.float32
    np.testing.assert_allclose(distances, theirs.transform(POOL), rtol=1e-5)
    assert np.array_equal(gio4j.KMeans(6, random_state=1).fit_transform(POOL), distances)
    weights = np.arange(80) % 4
    for given in ({}, {"sample_weight": weights}):
        assert found.score(POOL, **given) == pytest.approx(theirs.score(POOL, **given), rel=1e-5)
    assert found.score(POOL) == pytest.approx(-found.inertia_)
    with pytest.raises(InvalidInputError, match="sample_weight: are 1 for 80 rows"):
        found.score(POOL, sample_weight=[1])


def test_distances_of_rows_far_from_the_origin() -> None:
    """In float32 alone all of these rows are equal."""
    far = POOL.astype(np.float64) + 1e9
    found = gio4j.KMeans(4, random_state=0).fit(far)
    differences = far[:, None] - found.cluster_centers_
    np.testing.assert_allclose(found.transform(far), np.linalg.norm(differences, axis=2), rtol=1e-4)
    assert found.score(far) == pytest.approx(-found.inertia_, rel=1e-4)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_distances_as_a_frame(library: str) -> None:
    frame = pd.DataFrame(POOL, columns=list("abcd"), index=range(100, 180))
    found = gio4j.KMeans(3, random_state=0).set_output(transform=library).fit(frame)
    distances = found.transform(frame)
    assert type(distances).__module__.startswith(library)
    assert list(distances.columns) == ["kmeans0", "kmeans1", "kmeans2"]
    assert list(distances.columns) == found.get_feature_names_out().tolist()
    if library == "pandas":
        assert distances.index.tolist() == frame.index.tolist()


def test_kmeans_in_a_pipeline_and_a_search() -> None:
    labels = (POOL[:, 0] > 0).astype(int)
    steps = make_pipeline(gio4j.KMeans(5, random_state=0), LogisticRegression())
    assert steps.fit(POOL, labels).score(POOL, labels) > 0.6
    searched = GridSearchCV(gio4j.KMeans(random_state=0), {"n_clusters": [2, 9]}, cv=2).fit(POOL)
    assert searched.best_params_ == {"n_clusters": 9}


def test_a_view_for_notebooks() -> None:
    for estimator in (gio4j.KMeans(7), gio4j.Selector(7, "coverage", k=2)):
        assert isinstance(estimator, BaseEstimator)
        shown = estimator._repr_html_()
        assert "sk-" in shown
        assert type(estimator).__name__ in shown
        assert ">7<" in shown


def test_rows_that_stand_for_all() -> None:
    found = gio4j.Selector(9).fit(POOL)
    assert found.indices_.tolist() == gio4j.select(POOL, POOL, 9).indices.tolist()
    assert found.selection_.report().picked.rows == 9


def test_a_resampler_gives_rows_and_labels() -> None:
    frame = pd.DataFrame(POOL, columns=list("abcd"), index=range(100, 180))
    labels = pd.Series(np.arange(80) % 3, index=frame.index, name="label")
    selector = gio4j.Selector(9)
    rows, kept = selector.fit_resample(frame, labels)
    assert rows.equals(frame.iloc[selector.indices_])
    assert kept.equals(labels.iloc[selector.indices_])
    assert selector.indices_.tolist() == gio4j.select(POOL, POOL, 9).indices.tolist()
    arrays = selector.fit_resample(POOL, labels.to_numpy(), target=TARGET)
    assert np.array_equal(arrays[0], POOL[selector.indices_])
    assert np.array_equal(arrays[1], labels.to_numpy()[selector.indices_])
    assert selector.indices_.tolist() == gio4j.select(POOL, TARGET, 9).indices.tolist()
    with pytest.raises(InvalidInputError, match="y: has 2 rows, the pool had 80"):
        selector.fit_resample(POOL, [0, 1])
    with pytest.raises(InvalidInputError, match=r"^X: needs 2 dimensions"):
        selector.fit_resample(POOL[0], [0])


def test_scikit_learn_is_imported_for_an_estimator_alone(tmp_path: Any) -> None:
    script = """
import sys
import gio4j
print("sklearn" in sys.modules, {"KMeans", "Selector"} <= set(dir(gio4j)))
from gio4j import Selector
print("sklearn" in sys.modules, Selector is gio4j.Selector, hasattr(gio4j, "Selektor"))
"""
    said = run_python(script, tmp_path).stdout.splitlines()
    assert said == ["False True", "True True False"]


def test_the_checks_that_do_not_apply_are_documented() -> None:
    page = (ROOT / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(check_\w+)` \| (.*) \|$", page, flags=re.M))
    assert listed == NOT_OURS | NOT_KMEANS


def test_without_scikit_learn(tmp_path: Any) -> None:
    script = """
import sys
sys.modules["sklearn"] = None
import gio4j
import numpy as np
rows = np.random.default_rng(0).normal(size=(20, 2))
print(gio4j.KMeans(2).fit(rows).labels_.shape)
try:
    gio4j.KMeans(2).predict(rows)
except gio4j.errors.NotFittedError as problem:
    print(problem)
print(gio4j.KMeans(2).fit_transform(rows).shape, gio4j.Selector(3).set_params(budget=5))
print(len(gio4j.Selector(5).fit_resample(rows, range(20))[1]))
"""
    said = run_python(script, tmp_path).stdout.splitlines()
    assert said == [
        "(20,)",
        "This KMeans is not fitted yet; call fit first",
        "(20, 2) Selector(budget=5)",
        "5",
    ]
