"""Names on the wire and names in Python: the one place where they differ.

Requests are made, and answers read, with Python's names; they are translated where they become
JSON, and where JSON becomes dicts.
"""

from __future__ import annotations

import functools
import re
from typing import Any

# Words that the engine has for others of Python.
_KEYS = {"k": "neighbors", "eps": "epsilon", "exclude_self": "leaveSelfOut"}
_METHODS = {"nearest": "jump"}
_PYTHON = {wire: name for name, wire in _KEYS.items()}


def to_wire(request: dict[str, Any]) -> dict[str, Any]:
    """A request with the engine's names."""
    sent: dict[str, Any] = _renamed(request)
    method = sent.get("method")
    if isinstance(method, dict):
        method["name"] = _METHODS.get(method["name"], method["name"])
    return sent


def from_wire(answer: dict[str, Any]) -> dict[str, Any]:
    """One dict of an answer with Python's names; the `object_hook` of a parser of JSON."""
    return {_snake(name): value for name, value in answer.items()}


def of_message(message: str) -> str:
    """An error text of the engine, which begins with the name of an option."""
    name, colon, rest = message.partition(":")
    return f"{_PYTHON[name]}:{rest}" if colon and name in _PYTHON else message


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel(name): _renamed(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_renamed(inner) for inner in value]
    return value


@functools.cache
def _camel(name: str) -> str:
    if name in _KEYS:
        return _KEYS[name]
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@functools.cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()
