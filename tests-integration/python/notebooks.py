"""The notebooks in examples/: run as a user runs them, and kept with what they answered.

`python tests-integration/python/notebooks.py [NAME ...]` runs them (all without names) and writes
what they answer into them; the tests compare it with what a run answers today.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 100
#: Settings of the plots: small pictures, in files that a diff can bear.
MATPLOTLIBRC = "figure.dpi: 64\n"
#: What tqdm says when something imports it in a kernel that lacks ipywidgets.
WITHOUT_WIDGETS = "ignore:IProgress not found"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def environment(folder: Path) -> dict[str, str]:
    """Variables for `run`; the file they name is written to the folder."""
    settings = folder / "matplotlibrc"
    settings.write_text(MATPLOTLIBRC)
    return {"MATPLOTLIBRC": str(settings), "PYTHONWARNINGS": WITHOUT_WIDGETS}


def run(path: Path, folder: Path) -> Any:
    """The notebook after a run in that folder, in a kernel of its own; raises if a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    ).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(parts: list[Any]) -> list[Any]:
    """Outputs with the pieces of a stream, which come as the kernel flushes them, put together."""
    whole: list[Any] = []
    streams: dict[str, Any] = {}
    for part in parts:
        if part.output_type != "stream":
            whole.append(part)
        elif part.name in streams:
            streams[part.name].text += part.text
        else:
            streams[part.name] = part
            whole.append(part)
    return whole


def outputs(notebook: Any) -> Iterator[Any]:
    """What the cells wrote, answered or showed."""
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def said(notebook: Any) -> list[str]:
    """Printed and answered text, output by output; of figures not their size."""
    return [
        re.sub(r"<Figure size .*>", "<Figure>", text)
        for output in outputs(notebook)
        if not is_error_stream(output)
        for text in (output.get("text"), output.get("data", {}).get("text/plain"))
        if text is not None
    ]


def complaints(notebook: Any) -> str:
    """What was written on standard error, but for progress bars: a busy machine has some."""
    written = "".join(output.text for output in outputs(notebook) if is_error_stream(output))
    return re.sub(r"\r[^\r\n]*", "", written).strip()


def is_error_stream(output: Any) -> bool:
    return bool(output.get("name") == "stderr")


def pictures(notebook: Any) -> list[str]:
    """PNG files, in base 64."""
    return [
        output.data["image/png"]
        for output in outputs(notebook)
        if "image/png" in output.get("data", {})
    ]


def write(notebook: Any, path: Path) -> None:
    """Keep cells and outputs, nothing about the machine they ran on."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    count = 0
    for place, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = {}, f"cell-{place}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [output for output in cell.outputs if not is_error_stream(output)]
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
                    output.metadata = {}
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(environment(Path(folder)))
        for path in [EXAMPLES / name for name in names] or sorted(EXAMPLES.glob("*.ipynb")):
            work = Path(folder, path.stem)
            work.mkdir()
            notebook = run(path, work)
            if complaints(notebook):
                sys.exit(f"{path.name} complains:\n{complaints(notebook)}")
            write(notebook, path)
            print(f"{path.name}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
