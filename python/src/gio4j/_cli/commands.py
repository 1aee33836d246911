"""What each command of `gio4j` does: thin over the functions of the same names."""

from __future__ import annotations

import math
import platform
import re
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import gio4j
from gio4j._checks import brief, cause, check_int
from gio4j._engine.gateway import gateway
from gio4j._engine.start_archive import archives, clear_archives
from gio4j._rows.arrow_file import vector_array
from gio4j._rows.convert import cache_limit_bytes, clear_copies, copies, copies_folder
from gio4j._rows.kinds.holder import Frame
from gio4j._rows.kinds.holders import holder_of
from gio4j._rows.records import frame_of
from gio4j._select.files import RECORD_SUFFIXES, require_no_clash
from gio4j._shared.open_file import path_of, refusals, require_regular, shown
from gio4j._shared.whole_file import whole_file
from gio4j.errors import InvalidInputError, MissingPackageError

#: 90 MB, made for sentences, quick without a GPU.
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_FORMATS = {".parquet": "parquet", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc"}
# What JSON has of a selection; Parquet holds the same.
_OF_A_SELECTION = (
    *("indices", "gains", "trace", "weights", "stop_reason", "starting_objective"),
    *("method", "options", "facts", "timings", "pool_rows"),
)
# And of duplicates.
_OF_DUPLICATES = (
    *("kept", "counts", "dropped", "near", "distances", "threshold", "metric", "keep", "chains"),
    "pool_rows",
)


@dataclass(frozen=True)
class Outcome:
    """What a command answers.

    lines : for a person
    document : makes the same, and all of it, for JSON
    save : writes a file that is not JSON
    is_partial : whether Ctrl-C cut it short
    """

    lines: list[str]
    document: Callable[[], dict[str, Any]]
    save: Callable[[Path], object] | None = None
    is_partial: bool = False

    def write(self, path: Path) -> None:
        """Write the file, in the format that its name says."""
        if path.suffix == ".json":
            import json

            with whole_file(path) as descriptor:
                text = json.dumps(self.document(), allow_nan=False) + "\n"
                with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
                    file.write(text)
        else:
            assert self.save is not None, "commands without have no --output"
            self.save(path)


def select(asked: Namespace) -> Outcome:
    """`gio4j.select`."""
    if asked.output is not None and asked.output.suffix in RECORD_SUFFIXES:
        frame = frame_of(asked.pool, "pool")
        if frame is not None:  # before the work, not after it
            require_no_clash(frame, "pool")
    groups = None if asked.groups is None else _numbers(asked.groups, "groups")
    source = None if asked.source is None else _numbers(asked.source, "source")
    found = gio4j.select(
        asked.pool,
        asked.target,
        asked.budget,
        asked.method,
        existing=asked.existing,
        weights=None if asked.weights is None else _numbers(asked.weights, "weights"),
        scores=None if asked.scores is None else _numbers(asked.scores, "scores"),
        groups=groups,
        target_shares=_by_label(asked.target_share, groups),
        dedup=asked.dedup,
        exclude=None if asked.exclude is None else _numbers(asked.exclude, "exclude"),
        source=source,
        caps=_by_label(asked.cap, source),
        floors=_by_label(asked.floor, source),
        costs=None if asked.costs is None else _numbers(asked.costs, "costs"),
        min_distance=asked.min_distance,
        avoid=asked.avoid,
        avoid_distance=asked.avoid_distance,
        quantize=asked.quantize,
        seed=asked.seed,
        missing=asked.missing,
        metric=asked.metric,
        progress=asked.progress,
        on_interrupt="return" if asked.partial else "raise",
        **asked.options,
    )
    lines = [repr(found), f"first rows: {', '.join(map(str, found.indices[:10])) or 'none'}"]
    document = {name: getattr(found, name) for name in _OF_A_SELECTION}
    if asked.report and len(found):
        report = found.report()
        lines += ["", str(report)]
        document["report"] = report.to_dict()
    return Outcome(
        lines, lambda: _plain(document), found.save_records, found.stop_reason == "interrupted"
    )


def score(asked: Namespace) -> Outcome:
    """`gio4j.score`."""
    factors = asked.out_to_loss
    scores = gio4j.score(
        asked.pool,
        asked.target,
        asked.how,
        k=asked.k,
        min_tokens=asked.min_tokens,
        out_to_loss=None if factors is None else _numbers(factors, "out_to_loss"),
        ridge=asked.ridge,
        groups=None if asked.groups is None else _numbers(asked.groups, "groups").tolist(),
        missing=asked.missing,
        metric=asked.metric,
        seed=asked.seed,
        progress=asked.progress,
    )
    best = np.argsort(-scores, kind="stable")[:10]
    lines = [
        f"{len(scores)} scores, {np.nanmin(scores):g} to {np.nanmax(scores):g}",
        f"best rows: {', '.join(map(str, best))}",
    ]

    def save(path: Path) -> None:
        if path.suffix == ".npy":
            _save_array(path, scores)
        else:
            _save(path, pa.table({"score": scores}))

    return Outcome(lines, lambda: _plain({"how": asked.how, "scores": scores}), save)


def plan(asked: Namespace) -> Outcome:
    """`gio4j.plan`."""
    found = gio4j.plan(
        asked.pool,
        asked.target,
        asked.budget,
        asked.method,
        scores=None if asked.scores is None else _numbers(asked.scores, "scores"),
        missing=asked.missing,
        metric=asked.metric,
        seed=asked.seed,
        **asked.options,
    )
    document = {**asdict(found), "random_would_do": found.random_would_do}
    return Outcome(str(found).splitlines(), lambda: _plain(document))


def deduplicate(asked: Namespace) -> Outcome:
    """`gio4j.deduplicate`."""
    frame = None if asked.output is None else frame_of(asked.pool, "pool")
    if frame is not None:  # before the work, not after it
        require_no_clash(frame, "pool", ("row", "count"))
    found = gio4j.deduplicate(
        asked.pool,
        asked.threshold,
        asked.budget,
        keep=asked.keep,
        against=asked.against,
        chains=asked.chains,
        scores=None if asked.scores is None else _numbers(asked.scores, "scores"),
        seed=asked.seed,
        missing=asked.missing,
        metric=asked.metric,
        progress=asked.progress,
    )
    if asked.dropped is not None:
        found.save(asked.dropped)

    def save(path: Path) -> None:
        table = pa.table({"row": found.kept, "count": found.counts})
        if frame is not None:
            taken = holder_of(found.take(frame.value))
            assert isinstance(taken, Frame), "rows of a frame are a frame"
            for name in taken.columns():
                table = table.append_column(name, taken.column(name))
        _save(path, table)

    facts = {name: getattr(found, name) for name in _OF_DUPLICATES}
    return Outcome([repr(found)], lambda: _plain(facts), save)


def divergence(asked: Namespace) -> Outcome:
    """`gio4j.divergence`."""
    found = gio4j.divergence(
        asked.x,
        asked.y,
        asked.k,
        estimator=asked.estimator,
        interval=asked.interval,
        resamples=asked.resamples,
        seed=asked.seed,
        missing=asked.missing,
        metric=asked.metric,
    )
    facts = {
        "value": float(found),
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "estimator": found.estimator,
    }
    return Outcome([repr(found)], lambda: _plain(facts), lambda path: _save(path, _one_row(facts)))


def quantize(asked: Namespace) -> Outcome:
    """`gio4j.kmeans`."""
    model = gio4j.kmeans(
        asked.data,
        asked.clusters,
        max_iterations=asked.max_iterations,
        seed=asked.seed,
        missing=asked.missing,
        metric=asked.metric,
        progress=asked.progress,
    )
    summary, assignments = model.summary, model.assignments
    assert assignments is not None, "only a loaded model has none"
    if asked.assignments is not None:
        if asked.assignments.suffix == ".npy":
            _save_array(asked.assignments, assignments)
        else:
            _save(asked.assignments, pa.table({"prediction": np.array(assignments)}))
    sizes = np.array(summary.sizes, np.int32)
    return Outcome(
        [
            f"{len(sizes):,} centres of {len(assignments):,} rows, inertia {summary.inertia:.6g}",
            f"{summary.iterations} iterations, stopped by {summary.stop_reason}; "
            f"clusters of {sizes.min():,} to {sizes.max():,} rows",
        ],
        lambda: _plain(
            {**asdict(summary), "centers": model.centers, "assignments": model.assignments}
        ),
        lambda path: _save(
            path, pa.table({"features": vector_array(model.centers), "size": sizes})
        ),
    )


def embed(asked: Namespace) -> Outcome:
    """Texts through a model of sentence-transformers."""
    texts = _texts(asked.texts)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as problem:
        raise MissingPackageError(
            "embed: needs sentence-transformers: pip install 'gio4j[embed]'"
        ) from problem
    model = SentenceTransformer(asked.model, device=asked.device)
    vectors = np.asarray(
        model.encode(
            texts,
            batch_size=asked.batch_size,
            show_progress_bar=None if asked.progress == "auto" else asked.progress,
            convert_to_numpy=True,
        ),
        np.float32,
    )

    def save(path: Path) -> None:
        if path.suffix == ".npy":
            _save_array(path, vectors)
        else:
            _save(path, pa.table({"features": vector_array(vectors)}))

    rows, columns = vectors.shape
    return Outcome(
        [f"{rows:,} texts as vectors of {columns} numbers, by {asked.model}: {asked.output}"],
        lambda: {"model": asked.model, "vectors": _plain(vectors)},
        save,
    )


def cache(asked: Namespace) -> Outcome:
    """The converted files that are kept, or are deleted now."""
    folder, is_clear = copies_folder().path, asked.action == "clear"
    found = clear_copies() if is_clear else copies()
    total, limit = sum(copy.size for copy in found), cache_limit_bytes()
    lines = [
        f"{copy.size / 2**20:10,.1f} MiB  {_day(copy.used_seconds)}  {shown(copy.source)}"
        + (f":{copy.column}" if copy.column else "")
        for copy in found
    ]
    what = "deleted" if is_clear else f"of at most {limit / 2**20:,.0f} MiB (GIO4J_CACHE_SIZE)"
    files = "1 converted file" if len(found) == 1 else f"{len(found)} converted files"
    lines.append(f"{files}, {total / 2**20:,.1f} MiB {what}, in {folder}")
    kept = archives()
    archived = sum(path.stat().st_size for path in kept)
    if kept:
        lines.append(
            f"start archive of the engine, {archived / 2**20:,.1f} MiB"
            + (" deleted" if is_clear else f", in {kept[0].parent}")
        )
    if is_clear:
        clear_archives()
    document = {
        "folder": str(folder),
        "cleared": is_clear,
        "bytes": total,
        "limit_bytes": limit,
        "start_archive_bytes": archived,
        "files": [{**asdict(copy), "path": str(copy.path)} for copy in found],
    }
    return Outcome(lines, lambda: document)


def info(_: Namespace) -> Outcome:
    """`gio4j.info` of an engine started for it."""
    gateway()
    facts = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
    }
    facts |= gio4j.info()
    width = max(map(len, facts))
    return Outcome(
        [f"{name:{width}}  {value}" for name, value in facts.items()], lambda: _plain(facts)
    )


def demo(asked: Namespace) -> Outcome:
    """Ten groups in the pool, three of them in the target: what is picked, beside chance."""
    wanted, picks = {1: 0.6, 4: 0.3, 7: 0.1}, 200
    random = np.random.default_rng(check_int(asked.seed, "seed"))
    centers = random.normal(scale=1.5, size=(10, 32))
    groups = random.integers(10, size=5_000)
    aims = random.choice(list(wanted), p=list(wanted.values()), size=300)
    pool, target = (centers[each] + random.normal(size=(len(each), 32)) for each in (groups, aims))
    began = time.perf_counter()
    found = gio4j.select(
        pool.astype(np.float32), target.astype(np.float32), picks, progress=asked.progress
    )
    seconds = time.perf_counter() - began
    chance = random.choice(len(pool), picks, replace=False)
    shares = {
        name: [float(np.mean(members == group)) for group in wanted]
        for name, members in (
            ("target", aims),
            ("picked", groups[found.indices]),
            ("at random", groups[chance]),
        )
    }
    distances = {
        name: float(gio4j.divergence(target, rows, estimator="energy"))
        for name, rows in (("picked", found.take(pool)), ("at random", pool[chance]))
    }
    lines = [
        "A pool of 5,000 rows in ten groups; a target of 300 rows from three of them.",
        f"gio4j.select(pool, target, {picks}) took {seconds:.2f} s. Share of each group wanted:",
        "",
        f"{'':10}"
        + "".join(f"{f'group {group}':>10}" for group in wanted)
        + "  energy distance (Euclidean)",
    ]
    for name, row in shares.items():
        distance = f"{distances[name]:29.3f}" if name in distances else ""
        lines.append(f"{name:10}" + "".join(f"{share:10.0%}" for share in row) + distance)
    document = {"groups": list(wanted), "shares": shares, "energy_distances": distances}
    return Outcome(lines, lambda: {**document, "timings": _plain(found.timings)})


# --- files ----------------------------------------------------------------------------------------


def _by_label(
    pairs: list[tuple[str, float]] | None, labels: npt.NDArray[Any] | None
) -> dict[str | int, float] | None:
    """Numbers by labels; one is an integer where the labels of rows are."""
    if pairs is None:
        return None
    are_integers = labels is not None and labels.dtype.kind in "iu"

    def label(text: str) -> str | int:
        return int(text) if are_integers and re.fullmatch(r"-?\d+", text) else text

    return {label(text): number for text, number in pairs}


def _numbers(text: str, name: str) -> npt.NDArray[Any]:
    if text.endswith(".npy"):
        require_regular(path_of(text, name), name)
        try:
            numbers: npt.NDArray[Any] = np.load(text, allow_pickle=False)
        except OSError as problem:
            raise InvalidInputError(
                f"{name}: {shown(text)} cannot be read ({cause(problem)})"
            ) from problem
        except (ValueError, EOFError) as problem:
            raise InvalidInputError(
                f"{name}: {shown(text)} is no .npy file of numbers; write it with numpy.save"
            ) from problem
        return numbers
    column: npt.NDArray[Any] = _column(text, name).to_numpy()
    return column


def _texts(text: str) -> list[str]:
    if text.endswith(".txt"):
        path = path_of(text, "texts")
        require_regular(path, "texts")
        # splitlines() would also split within lines
        with refusals(path, "texts"), open(path, encoding="utf-8") as file:
            try:
                return [line.removesuffix("\n") for line in file]
            except UnicodeDecodeError as problem:
                raise InvalidInputError(
                    f"texts: {shown(path)} is no text in UTF-8; save it in that encoding"
                ) from problem
    column = _column(text, "texts")
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise InvalidInputError(f"texts: {text} is a column of {column.type}; needs strings")
    if column.null_count:
        raise InvalidInputError(f"texts: {text} holds nulls; drop them or fill them")
    return list(column.to_pylist())


def _column(text: str, name: str) -> pa.ChunkedArray:
    """A column that is no vectors, of a Parquet or Arrow file."""
    import pyarrow.dataset

    path, _, column = text.rpartition(":")
    suffix = Path(path).suffix
    if suffix not in _FORMATS:
        raise InvalidInputError(
            f"{name}: {brief(text)} needs FILE:COLUMN, the file's name in {', '.join(_FORMATS)}"
        )
    require_regular(path_of(path, name), name)
    try:
        file = pyarrow.dataset.dataset(path, format=_FORMATS[suffix])
        return file.to_table(columns=[column]).column(0)
    except (OSError, pa.ArrowInvalid) as problem:
        raise InvalidInputError(
            f"{name}: {brief(text)} cannot be read ({cause(problem)})"
        ) from problem


def _save(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet

    with whole_file(path) as descriptor, open(descriptor, "wb", closefd=False) as file:
        pyarrow.parquet.write_table(table, file)


def _save_array(path: Path, array: npt.NDArray[Any]) -> None:
    with whole_file(path) as descriptor, open(descriptor, "wb", closefd=False) as file:
        np.save(file, array)


def _one_row(facts: Mapping[str, Any]) -> pa.Table:
    return pa.table({name: [value] for name, value in facts.items()})


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _plain(value: Any) -> Any:
    """The same for JSON: arrays as lists, numbers that are not finite as null."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
