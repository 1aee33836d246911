"""Who owns the import name GIO."""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import warnings
from pathlib import Path
from typing import Any

import pytest

from gio4j import _import_name
from gio4j.errors import GIOWarning


def test_ours_is_quiet() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        _import_name.warn_of_another_gio()
        _import_name.warn_of_grad_info_opt("GIO/__init__.py")
    assert seen == []


def test_another_gio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "GIOKL.py").write_text("import jax\n")
    spec = importlib.machinery.ModuleSpec("GIO", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(_import_name.importlib.util, "find_spec", lambda name: spec)
    with pytest.warns(GIOWarning, match=f"finds {tmp_path}, .*pip uninstall grad-info-opt"):
        _import_name.warn_of_another_gio()


def test_grad_info_opt_beside_us(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> Any:
        assert name == "grad-info-opt"
        return "0.1.2"

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.warns(GIOWarning, match=r"0\.1\.2 .*gio4j's, here/GIO.*pip uninstall"):
        _import_name.warn_of_grad_info_opt("here/GIO")
