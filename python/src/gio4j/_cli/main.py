"""The command `gio4j`: its options, its exit codes, and what it does with an answer."""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from gio4j._cli import commands
from gio4j._cli.commands import Outcome
from gio4j._cli.wording import as_written
from gio4j._duplicates.deduplicate import KEEPS
from gio4j._measure.divergence import ESTIMATORS
from gio4j._methods.documentation import help_of
from gio4j._methods.registry import DEFAULT, METHODS, all_options, method_of
from gio4j._rows.choice import METRICS
from gio4j._score.score import HOWS
from gio4j._select.files import RECORD_SUFFIXES
from gio4j._version import __version__
from gio4j.errors import GioError

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

_ROWS = (
    "path of a .npy, .npz, .safetensors, .pt, Arrow, Parquet, CSV or JSON lines file, a folder or "
    "a pattern of such; FILE:COLUMN for one of several columns, FILE:A,B,C for columns of numbers"
)
_EPILOG = """\
exit codes:
  0    done
  1    it failed: a file that cannot be read, values that do not fit, no Java; the reason is on
       standard error
  2    the command line is wrong
  130  interrupted by Ctrl-C

Answers go to standard output, in words or with --json as one JSON object, and with --output to a
file; progress and warnings to standard error. GIO4J_HEAP, GIO4J_THREADS and GIO4J_JAVA_HOME say how
the engine runs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    _check(asked)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = functools.partial(_show_warning, asked.written)
            outcome = asked.run(asked)
        if getattr(asked, "output", None):
            outcome.write(asked.output)
        _print(outcome, asked.json)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read has gone, `| head` for one: nothing is left to say, nor to flush at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (GioError, ImportError, MemoryError, OSError, TypeError, ValueError) as problem:
        said = as_written(str(problem), asked.written)
        return _say(said or type(problem).__name__, FAILED)
    return INTERRUPTED if outcome.is_partial else OK


def entry() -> NoReturn:
    """What the installed script calls."""
    # A shell that starts it in the background makes it ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())


# --- options --------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gio4j",
        description="Choose the rows of a pool to train on by a sample of what is wanted.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"gio4j {__version__}")
    parsers = parser.add_subparsers(metavar="COMMAND", required=True)

    add = _command(parsers, "select", commands.select, "rows of a pool that look like a target")
    add("pool", metavar="POOL", help=f"rows to choose from: {_ROWS}")
    wanted = "rows likewise, a sample of what is wanted; without it the picks represent the pool"
    add("target", metavar="TARGET", nargs="?", help=wanted)
    _add_budget_and_method(add)
    add("--existing", metavar="FILE", help="rows that are selected already")
    add("--weights", metavar="FILE", help="as how many rows each counts: .npy, or FILE:COLUMN")
    add("--scores", metavar="FILE", help="a number of each row, for methods that use one: likewise")
    add("--groups", metavar="FILE", help="the group of each row of the target: likewise")
    add(
        "--target-share",
        called="target_shares",
        action="append",
        type=_labelled,
        metavar="LABEL=SHARE",
        help="the share of a group; again for each; default: all the same",
    )
    add("--dedup", type=float, metavar="THRESHOLD", help="leave near duplicates out, by --metric")
    add("--exclude", metavar="FILE", help="numbers of rows that are never picked: likewise")
    add("--source", metavar="FILE", help="the label of each row's source: likewise")
    add(
        "--cap",
        called="caps",
        action="append",
        type=_labelled,
        metavar="LABEL=ROWS",
        help="the most to pick of a source, or a share of the budget; again for others",
    )
    add(
        "--floor",
        called="floors",
        action="append",
        type=_labelled,
        metavar="LABEL=ROWS",
        help="the fewest rows to pick of a source, likewise",
    )
    add("--costs", metavar="FILE", help="what each row costs; the budget is then in costs")
    add("--min-distance", type=float, help="the smallest distance between two picks")
    add("--avoid", metavar="FILE", help="rows which no pick may resemble")
    add(
        "--avoid-distance",
        type=float,
        default=0.0,
        help="the distance up to which a row resembles one to avoid; default: 0, copies",
    )
    add("--quantize", type=_quantize, default="auto", help="auto, none, or a number of clusters")
    add("--seed", type=int, default=0, help="default: %(default)s")
    _add_missing_and_metric(add)
    add("--report", action="store_true", help="measure how much the picks look like the target")
    add("--partial", action="store_true", help="on Ctrl-C answer the picks made so far")
    _add_output(
        add,
        "the picked records of a Parquet or Arrow file, after order, row, gain and objective",
        *RECORD_SUFFIXES,
        ".json",
    )
    _add_method_options(add)

    add = _command(parsers, "score", commands.score, "a number for each row of a pool")
    add("pool", metavar="POOL", help=f"{_ROWS}; for dsir texts, FILE:COLUMN")
    add("target", metavar="TARGET", help="likewise, a sample of what is wanted")
    add("--how", choices=HOWS, default="mean", help="default: %(default)s")
    add("--k", "-k", type=int, help="the neighbour that tells a density, of density_ratio")
    add("--min-tokens", type=int, metavar="WORDS", help="of texts that have a score, of dsir")
    add("--out-to-loss", metavar="FILE", help="of trak, one a row: .npy, or FILE:COLUMN")
    add("--ridge", type=float, help="added to the diagonal, of trak")
    add("--groups", metavar="FILE", help="the group of each target row; the best group counts")
    add("--seed", type=int, default=0, help="default: %(default)s")
    _add_missing_and_metric(add)
    _add_output(add, "the scores", ".npy", ".parquet", ".json")

    add = _command(parsers, "plan", commands.plan, "what a selection will take, by a trial")
    add("pool", metavar="POOL", help="rows to choose from: as of select")
    add("target", metavar="TARGET", nargs="?", help=wanted)
    _add_budget_and_method(add, required=True)
    add("--scores", metavar="FILE", help="as of select")
    add("--seed", type=int, default=0, help="of the trial; default: %(default)s")
    _add_missing_and_metric(add)
    _add_method_options(add)

    add = _command(
        parsers, "deduplicate", commands.deduplicate, "rows of a pool without near duplicates"
    )
    add("pool", metavar="POOL", help=f"rows to de-duplicate: {_ROWS}")
    near = "cosine from which rows are near, or largest distance; default: 0.9 for cosine"
    add("--threshold", type=float, help=near)
    add("--budget", type=int, help="keep at most so many rows, by a stricter threshold")
    add("--keep", choices=KEEPS, default="first", help="which come first; default: %(default)s")
    add("--against", metavar="FILE", help="drop rows near a row of this, and no others")
    add("--chains", action="store_true", help="also drop rows near dropped ones, as SemDeDup does")
    add("--scores", metavar="FILE", help="of --keep score: .npy, or FILE:COLUMN")
    add("--seed", type=int, default=0, help="default: %(default)s")
    _add_missing_and_metric(add, "cosine")
    add(
        "--dropped",
        type=_path(".parquet"),
        metavar="FILE",
        help="id, max_id and cosine_sim_score of each dropped row: .parquet",
    )
    kept = "the kept records of a Parquet or Arrow file, after row and count"
    _add_output(add, kept, ".parquet", ".json")

    add = _command(parsers, "divergence", commands.divergence, "how far sample X is from sample Y")
    add("x", metavar="X", help=_ROWS)
    add("y", metavar="Y", help="likewise")
    add("--estimator", choices=ESTIMATORS, default="wang", help="default: %(default)s")
    add(
        "--k",
        "-k",
        type=int,
        default=5,
        help="the neighbour that is compared; default: %(default)s",
    )
    add("--interval", type=float, metavar="SHARE", help="with a bootstrap interval, such as 0.95")
    add("--resamples", type=int, default=1000, help="of the bootstrap; default: %(default)s")
    add("--seed", type=int, default=0, help="of the bootstrap; default: %(default)s")
    _add_missing_and_metric(add)
    _add_output(add, "value, low, high", ".parquet", ".json")

    add = _command(parsers, "quantize", commands.quantize, "centres near which the rows lie")
    add("data", metavar="DATA", help=_ROWS)
    add("clusters", metavar="CLUSTERS", type=int, help="how many centres")
    add("--max-iterations", type=int, default=20, help="default: %(default)s")
    add("--seed", type=int, default=0, help="default: %(default)s")
    _add_missing_and_metric(add)
    add(
        *("--assignments", "-a"),
        type=_path(".parquet", ".npy"),
        metavar="FILE",
        help="the cluster of each row: .parquet or .npy",
    )
    _add_output(add, "features, size of each centre", ".parquet", ".json")

    add = _command(parsers, "embed", commands.embed, "texts as vectors, by sentence-transformers")
    add("texts", metavar="TEXTS", help="a .txt file, a text a line; or FILE:COLUMN, Arrow, Parquet")
    add("--model", default=commands.MODEL, help="name or folder; default: %(default)s")
    add("--device", help="such as cpu or cuda; default: the model's choice")
    add("--batch-size", type=int, default=32, help="default: %(default)s")
    _add_output(add, "the vectors", ".npy", ".parquet", ".json", required=True)

    add = _command(parsers, "cache", commands.cache, "converted copies of CSV and Parquet files")
    add(
        "action",
        nargs="?",
        choices=("list", "clear"),
        default="list",
        help="list them, or delete them all; default: %(default)s",
    )
    _command(parsers, "info", commands.info, "the Java, SIMD width, threads and memory in use")
    add = _command(parsers, "demo", commands.demo, "a selection from made-up rows, explained")
    add("--seed", type=int, default=0, help="default: %(default)s")
    return parser


def _command(parsers: Any, name: str, run: Any, help_text: str) -> Any:
    command = parsers.add_parser(
        name,
        help=help_text,
        description=f"{help_text[0].upper()}{help_text[1:]}.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    written: dict[str, str] = {}
    command.set_defaults(run=run, refuse=command.error, written=written)
    command.add_argument("--json", action="store_true", help="answer with one JSON object")
    command.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default="auto",
        help="a bar on standard error; default: in a terminal, after a second",
    )

    def add(*names: str, called: str | None = None, **how: Any) -> None:
        command.add_argument(*names, **how)
        flag = next((name for name in names if name.startswith("--")), None)
        shown = how.get("metavar", names[0]) if flag is None else flag
        written[called or (flag or names[0]).lstrip("-").replace("-", "_")] = shown

    return add


def _add_budget_and_method(add: Any, required: bool = False) -> None:
    help_text = "how many rows, or a share such as 0.1 or 10%%"
    add("--budget", type=_budget, required=required, help=help_text)
    add("--method", choices=METHODS, default=DEFAULT, help="default: %(default)s")


def _add_missing_and_metric(add: Any, metric: str = "euclidean") -> None:
    add(
        "--missing",
        choices=("raise", "skip"),
        default="raise",
        help="what becomes of rows that lack a number; default: %(default)s",
    )
    add(
        "--metric",
        choices=METRICS,
        default=metric,
        help="cosine divides each row by its length; default: %(default)s",
    )


def _add_output(add: Any, what: str, *suffixes: str, required: bool = False) -> None:
    add(
        *("--output", "-o"),
        type=_path(*suffixes),
        metavar="FILE",
        required=required,
        help=f"{what}: {_either(suffixes)}",
    )


def _add_method_options(add: Any) -> None:
    """Every option of every method, by the names that `gio4j.select` has."""
    for name, owners in all_options().items():
        kinds = [each.kind for each in owners.values()]
        choices = [choice for kind in kinds for choice in kind.choices or ()]
        if all(kind.type == "bool" for kind in kinds):
            choices = ["true", "false"]
        add(
            f"--{name.replace('_', '-')}",
            *([f"-{name}"] if len(name) == 1 else []),
            dest=f"option_{name}",
            # Checked by the method, which alone knows its bounds.
            type=_number_or_text,
            metavar="{" + ",".join(dict.fromkeys(choices)) + "}"
            if choices
            else kinds[0].type.upper(),
            help=help_of(owners).replace("%", "%%"),
        )


def _check(asked: argparse.Namespace) -> None:
    """What options may be only together: refused before anything is read."""
    prefix = "option_"
    options = {
        name.removeprefix(prefix): value
        for name, value in vars(asked).items()
        if name.startswith(prefix) and value is not None
    }
    if asked.run in (commands.select, commands.plan):
        try:
            method_of(asked.method, options, [])
        except (TypeError, ValueError) as problem:
            asked.refuse(as_written(str(problem), asked.written))
        asked.options = options


# --- values ---------------------------------------------------------------------------------------


def _budget(text: str) -> float:
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else _number(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: needs rows, such as 300, or a share, such as 0.1 or 10%"
        ) from None


def _labelled(text: str) -> tuple[str, float]:
    label, _, number = text.rpartition("=")
    try:
        if not label:
            raise ValueError
        return label, float(number[:-1]) / 100 if number.endswith("%") else _number(number)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "needs a label, = and a number, or a share such as 10%"
        ) from None


def _quantize(text: str) -> str | int | None:
    if text in ("auto", "none"):
        return None if text == "none" else text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: needs auto, none or a number of clusters"
        ) from None


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _number_or_text(text: str) -> float | str | bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return _number(text)
    except ValueError:
        return text


def _path(*suffixes: str) -> Any:
    def path(text: str) -> Path:
        file = Path(text)
        if file.suffix not in suffixes:
            raise argparse.ArgumentTypeError(f"{text!r}: needs a name in {_either(suffixes)}")
        if not file.parent.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r}: there is no folder {file.parent}")
        return file

    return path


def _either(suffixes: Sequence[str]) -> str:
    *first, last = suffixes
    return f"{', '.join(first)} or {last}"


# --- answers --------------------------------------------------------------------------------------


def _print(outcome: Outcome, as_json: bool) -> None:
    print(json.dumps(outcome.document(), allow_nan=False) if as_json else "\n".join(outcome.lines))
    sys.stdout.flush()


def _say(message: str, code: int) -> int:
    print(f"gio4j: {message}", file=sys.stderr)
    return code


def _show_warning(written: Mapping[str, str], message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"warning: {as_written(str(message), written)}", OK)
