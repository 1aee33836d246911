"""Two distributions own the import name GIO: this says which one Python finds."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

from gio4j.errors import GIOWarning

_CURE = "Keep one: pip uninstall grad-info-opt, then pip install --force-reinstall --no-deps gio4j"


def warn_of_another_gio() -> None:
    """Warn when `import GIO` would find a package that is not this one's drop-in."""
    spec = importlib.util.find_spec("GIO")
    if spec is None or spec.origin is None:
        return
    module = Path(spec.origin).with_name("GIOKL.py")
    try:
        ours = "gio4j" in module.read_text(encoding="utf-8", errors="replace")
    except OSError:
        ours = False
    if not ours:
        warnings.warn(
            f"`import GIO` finds {module.parent}, which is not gio4j's drop-in. {_CURE}",
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
