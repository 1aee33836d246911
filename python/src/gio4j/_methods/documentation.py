"""What the documentation says of methods, from their declarations."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import TypeVar

from gio4j._methods.options import Option
from gio4j._methods.registry import (
    DEFAULT,
    FOLLOWERS,
    METHODS,
    Method,
    all_options,
    grouped_methods,
    options_of,
    scored_methods,
)

_WIDTH = 96
_T = TypeVar("_T")


def documented(thing: _T) -> _T:
    """A function or class whose docstring has the methods where it says so; kept up to date.

    A line ``<methods>`` becomes the list of methods, ``<options>`` that of their options by method,
    ``<parameters>`` the options as parameters that may be None; ``<names>`` within a line becomes
    the names, ``<scored>`` those of the methods that use scores, ``<grouped>`` of those that use
    groups of the target.
    """
    template = inspect.cleandoc(thing.__doc__ or "")

    def follow() -> None:
        thing.__doc__ = filled(template)

    FOLLOWERS.append(follow)
    follow()
    return thing


def filled(template: str) -> str:
    """A template with all methods."""
    blocks: dict[str, Callable[[], Iterator[str]]] = {
        "methods": _summaries,
        "options": _options_by_method,
        "parameters": _options_as_parameters,
    }

    def block(found: re.Match[str]) -> str:
        return textwrap.indent("\n".join(blocks[found[2]]()), found[1])

    template = re.sub(rf"^( *)<({'|'.join(blocks)})>$", block, template, flags=re.M)
    for word, names in (("<scored>", scored_methods()), ("<grouped>", grouped_methods())):
        template = template.replace(word, _listed([f'"{name}"' for name in names]))
    return template.replace("<names>", _names())


def parameters(method: type[Method]) -> str:
    """The docstring of a method, with its options as parameters before the examples."""
    described = inspect.cleandoc(method.__doc__ or "")
    lines = [line for each in options_of(method) for line in _parameter(each)]
    if not lines:
        return described
    section = "\n".join(["Parameters", "----------", *lines])
    before, heading, after = described.partition("Examples\n--------\n")
    return f"{before.rstrip()}\n\n{section}\n\n{heading}{after}".rstrip() + "\n"


def table() -> str:
    """The methods as a table of Markdown."""
    lines = ["| `method=` | picks | take it for | options |", "|---|---|---|---|"]
    for method in METHODS.values():
        options = ", ".join(f"`{each.name}={each.shown_default}`" for each in options_of(method))
        default = " (default)" if method.name == DEFAULT else ""
        lines.append(
            f'| `"{method.name}"`{default} | {_plain(_summary(method))} | {method.purpose} '
            f"| {options or 'none'} |"
        )
    return "\n".join(lines)


def page() -> str:
    """The methods as a page of the reference, for Sphinx."""
    names = "\n".join(f"   {method.__name__}" for method in METHODS.values())
    return (
        "Methods\n=======\n\nWhat ``method=`` of :func:`gio4j.select` takes: a name, or one of "
        "these objects.\n\n.. currentmodule:: gio4j\n\n.. autosummary::\n   :toctree: .\n"
        f"   :nosignatures:\n\n{names}\n"
    )


def help_of(owners: dict[str, Option]) -> str:
    """One line for the command line on an option of one method or several."""
    said: dict[str, list[str]] = {}
    for method, each in owners.items():
        default = "" if each.is_optional else f" Default: {each.default}."
        said.setdefault(f"{_plain(each.text)}{default}", []).append(method)
    return " ".join(f"Of {_listed(names)}: {text}" for text, names in said.items())


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _names() -> str:
    return ", ".join(f'"{name}"' for name in METHODS)


def _summary(method: type[Method]) -> str:
    return inspect.cleandoc(method.__doc__ or "").partition("\n")[0]


def _plain(text: str) -> str:
    return text.replace("`", "")


def _summaries() -> Iterator[str]:
    for method in METHODS.values():
        text = f'"{method.name}": {_summary(method)}'
        yield from textwrap.wrap(text, _WIDTH - 8, initial_indent="- ", subsequent_indent="  ")


def _options_by_method() -> Iterator[str]:
    for place, method in enumerate(METHODS.values()):
        lines = [line for each in options_of(method) for line in _parameter(each)]
        if place:
            yield ""
        yield f'"{method.name}"' + ("" if lines else " has none.")
        if lines:
            yield ""
            yield from (f"    {line}".rstrip() for line in lines)


def _options_as_parameters() -> Iterator[str]:
    for name, owners in all_options().items():
        kinds = dict.fromkeys(each.kind.type for each in owners.values())
        yield f"{name} : {' or '.join(kinds)} or None, default=None"
        of = _listed([f'"{method}"' for method in owners])
        yield f"    Option of {of}; None leaves it at the method's default."


def _parameter(each: Option) -> Iterator[str]:
    yield f"{each.name} : {each.type}, default={each.shown_default}"
    yield from textwrap.wrap(
        each.text,
        _WIDTH - 4,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _describe_methods() -> None:
    for method in METHODS.values():
        if "Parameters\n---" not in (method.__doc__ or ""):
            method.__doc__ = parameters(method)


FOLLOWERS.append(_describe_methods)
_describe_methods()
