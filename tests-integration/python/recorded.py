"""The recorded answers of grad-info-opt 0.1.2; their README tells how they were made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from harness import ROOT

FOLDER = ROOT / "src/test/resources/reference"


@dataclass(frozen=True)
class Case:
    """One recorded call; matrices by the field that names them, all else in `facts`."""

    facts: dict[str, Any]

    def __getitem__(self, field: str) -> Any:
        return self.facts[field]

    def __contains__(self, field: str) -> bool:
        return field in self.facts

    def matrix(self, field: str) -> np.ndarray:
        """The float32 array that a field names; arrays of results have names of their own."""
        return _arrays()[self.facts[field]]


def cases(kind: str) -> pytest.MarkDecorator:
    """Parametrizes a test over every case of a kind."""
    found = [Case(facts) for facts in _answers()["cases"] if facts["kind"] == kind]
    assert found, f"no case of kind {kind}"
    return pytest.mark.parametrize("case", found, ids=[case["name"] for case in found])


@cache
def _answers() -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text())
    return answers


@cache
def _arrays() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "reference.npz") as arrays:
        return dict(arrays)


def relative(found: Any, expected: Any) -> float:
    """How far off, as a share of the expected length: of a number, or of a vector as a whole."""
    expected = np.asarray(expected, np.float64)
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
