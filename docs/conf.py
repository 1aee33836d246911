"""The site: `make docs` builds it into target/docs.

Pages are read from the whole repository, not from this folder alone, so that a link from one to
another is the same here and in the site, and nothing has to be copied first.
"""

from __future__ import annotations

import os
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import gio4j
from gio4j._cli import main
from gio4j._methods.documentation import page
from gio4j._methods.registry import Method

project = "gio4j"
author = "the gio4j authors"
project_copyright = "the gio4j authors, Apache-2.0"
version = release = gio4j.__version__

root_doc = "docs/index"
include_patterns = [
    *("docs/*.md", "docs/methods/*.md", "docs/api/*.rst", "examples/*.ipynb"),
    *("benchmarks/README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
]
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
]
templates_path = [str(Path(__file__).with_name("_templates"))]  # else sought in the repository
# Two names that differ in case alone are one file on some systems.
autosummary_filename_map = {
    f"gio4j.{name}": f"gio4j.{name}-class"
    for name in gio4j.__all__
    if not name.islower() and name.lower() in gio4j.__all__
}

# Headings of three levels can be linked to.
myst_heading_anchors = 3
# Notebooks are shown with the outputs they are committed with; test_notebooks.py holds these.
nb_execution_mode = "off"

# `name` in a docstring is a link if there is something of that name, else literal text.
default_role = "py:obj"
# Types stand in the docstrings; in a signature they hide the names.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# The templates list methods, and docstrings attributes.
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    *("GL03", "GL06", "GL07", "GL08", "GL09", "SS02", "SS03", "SS04"),
    *("PR01", "PR02", "PR03", "PR04", "PR06", "PR07", "PR08", "PR09", "PR10"),
    *("RT01", "RT03", "RT04", "RT05", "YD01"),
}
# Results and errors are made by gio4j alone, so their arguments are not described.
numpydoc_validation_exclude = {
    r"\.__init__$",
    r"gio4j\.(Divergence\..*|Divergence|Duplicates|Explanation|GradientSearch|KMeansModel|KMeansSummary|Likeness|Plan|Report|Selection)$",
    r"gio4j\.errors\.",
}

# "balanced" is a value that is copied.
smartquotes = False

html_theme = "pydata_sphinx_theme"
html_title = f"gio4j {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_extra"]
html_copy_source = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "gio4j"},
    "header_links_before_dropdown": 5,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def write_help(app: Sphinx) -> None:
    """What `gio4j --help` and each command's print, for docs/command-line.md to include."""
    os.environ["COLUMNS"] = "96"
    parser = main._parser()
    (commands,) = (each for each in parser._actions if each.dest == "==SUPPRESS==" and each.choices)
    folder = Path(app.outdir).parent / "docs-help"
    folder.mkdir(parents=True, exist_ok=True)
    for name, command in {"gio4j": parser, **commands.choices}.items():
        folder.joinpath(f"{name}.txt").write_text(command.format_help(), encoding="utf-8")


def write_methods(app: Sphinx, _: Any) -> None:
    """The page of the methods, from their declarations; before Sphinx looks for pages."""
    folder = Path(app.srcdir) / "docs" / "api"
    folder.mkdir(exist_ok=True)
    folder.joinpath("methods.rst").write_text(page(), encoding="utf-8")


def without_constructor(_: Sphinx, what: str, name: str, thing: Any, *rest: Any) -> Any:
    """No arguments for results, which gio4j alone makes."""
    is_result = what == "class" and (
        (is_dataclass(thing) and not issubclass(thing, Method)) or name == "gio4j.Divergence"
    )
    return ("", None) if is_result else None


def without_facts_of_methods(
    _: Sphinx, what: str, name: str, thing: Any, skip: bool, *rest: Any
) -> bool | None:
    """What the package alone reads of a method is left out."""
    return True if what == "class" and name in Method.__annotations__ else None


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("autodoc-process-signature", without_constructor)
    app.connect("autodoc-skip-member", without_facts_of_methods)
    app.connect("config-inited", write_methods)
    app.connect("builder-inited", write_help)
