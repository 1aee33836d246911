"""One switch that all scripts share: `--smoke` runs everything on toy sizes.

The figures of such a run mean nothing; that it ends shows that the script still works. Peers that
are not installed are left out of it, and a line on standard error names them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any, TypeVar

T = TypeVar("T")

SMOKE = "--smoke" in sys.argv[1:]


def sized(full: T, toy: T) -> T:
    """The size that is measured, or the one of a smoke run."""
    return toy if SMOKE else full


def parser(description: str | None, **options: Any) -> argparse.ArgumentParser:
    """A parser that knows `--smoke`."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, **options
    )
    made.add_argument("--smoke", action="store_true", help="toy sizes, to see that it runs")
    return made


def peer(module: str) -> Any:
    """A peer's module; None in a smoke run without it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if not SMOKE or missing.name != module.split(".")[0]:
            raise
        print(f"{module} is not installed: left out", file=sys.stderr)
        return None
