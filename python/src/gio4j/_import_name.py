"""Two distributions own the import name GIO: this says which one Python finds."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

from gio4j.errors import GIOWarning

# What it leaves of GIO works: the drop-in's modules are folders where grad-info-opt has files, so
# pip deletes none of them, and without an __init__.py they are a namespace package.
_CURE = "Keep one: pip uninstall grad-info-opt"


def warn_of_another_gio() -> None:
    """Warn when `import GIO` would find a package that is not this one's drop-in."""
    spec = importlib.util.find_spec("GIO")
    if spec is None or spec.origin is None:
        return
    module = Path(spec.origin).with_name("GIOKL") / "__init__.py"
    try:
        ours = "gio4j" in module.read_text(encoding="utf-8", errors="replace")
    except OSError:
        ours = False
    if not ours:
        warnings.warn(
            f"`import GIO` finds {module.parents[1]}, which is not gio4j's drop-in. {_CURE}",
            GIOWarning,
            stacklevel=3,
        )


def warn_of_grad_info_opt(imported: str) -> None:
    """Warn when grad-info-opt is installed as well; `imported` is the file Python took."""
    import importlib.metadata  # 10 ms, for users of the drop-in alone

    try:
        version = importlib.metadata.version("grad-info-opt")
    except importlib.metadata.PackageNotFoundError:
        return
    warnings.warn(
        f"grad-info-opt {version} is installed too, and both own the import name GIO; imported is "
        f"gio4j's, {imported}. {_CURE}",
        GIOWarning,
        stacklevel=3,
    )
