"""Every notebook in examples/ runs to its end in a clean folder, and still answers what is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib.font_manager  # builds the cache of fonts once, which a kernel would announce
import nbformat
import pytest
from notebooks import EXAMPLES, complaints, environment, outputs, pictures, run, said

# zmq and its kernel talk about themselves; what gio4j says is in the outputs.
pytestmark = pytest.mark.filterwarnings("default")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))
#: How many figures each shows.
FIGURES = {
    "from_grad_info_opt": 1,
    "huggingface_dataset": 1,
    "quickstart": 1,
    "which_method": 2,
}
MOST_BYTES = 300_000


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile, history, connection file or cached dataset of the user's."""
    assert matplotlib.font_manager.fontManager.ttflist
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "HF_HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)


def kept(name: str) -> Any:
    return nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_answers_what_is_kept(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = run(EXAMPLES / f"{name}.ipynb", folder)  # raises at the first cell with an error
    assert complaints(notebook) == ""
    assert len(pictures(notebook)) == FIGURES[name]
    assert said(notebook) == said(kept(name)), (
        "if the new answers are right, keep them: "
        f"python tests-integration/python/notebooks.py {name}.ipynb"
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_small_and_tells_nothing_of_its_machine(name: str) -> None:
    path, notebook = EXAMPLES / f"{name}.ipynb", kept(name)
    nbformat.validate(notebook)
    assert path.stat().st_size < MOST_BYTES
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert len(pictures(notebook)) == FIGURES[name]
    assert not [output for output in outputs(notebook) if output.get("name") == "stderr"]
    html = [output.get("data", {}).get("text/html", "") for output in outputs(notebook)]
    assert not re.search(r"/(home|root|tmp|usr|opt|work|Users)/", "".join([*said(notebook), *html]))


def texts(name: str) -> str:
    return "".join(said(kept(name)))


def numbers(text: str) -> dict[str, int]:
    """`{'cooking': 196, 'music': 2}` as it is printed."""
    return {name: int(count) for name, count in re.findall(r"'(\w+)': (\d+)", text)}


# What a run answers is what is kept, so claims are checked on the latter.


def test_the_quick_start_brings_out_the_wanted_digits() -> None:
    text = texts("quickstart")
    shares = re.search(r"(\d+)% of the picks, (\d+)% of the pool", text)
    assert shares is not None
    assert int(shares[1]) > 80
    assert int(shares[2]) < 25
    energies = re.search(r"energy distance \(rational\), lower is better +([\d.]+) +([\d.]+)", text)
    assert energies is not None
    assert float(energies[1]) < float(energies[2]) / 4, "picked against random"


def test_the_dataset_is_read_in_place_and_its_topics_are_in_proportion() -> None:
    text = texts("huggingface_dataset")
    sizes = re.search(r"embeddings ([\d.]+) MiB, shared buffers ([\d.]+) MiB", text)
    assert sizes is not None
    assert float(sizes[2]) < float(sizes[1]) / 20
    first, rest = map(numbers, re.findall(r"\{'cooking.*\}", text))
    assert first["cooking"] / sum(first.values()) == pytest.approx(2 / 3, abs=0.05)
    assert first["weather"] / sum(first.values()) == pytest.approx(1 / 3, abs=0.05)
    assert rest["weather"] > 3 * rest["cooking"], "there is much cooking already"


def test_the_methods_differ_as_the_text_says() -> None:
    table = {
        method: [float(value) for value in values]
        for method, *values in re.findall(
            r"^(\w+) +(-?\d+)% +(-?\d+)% +(-?\d+)% +([\d.]+)$", texts("which_method"), re.M
        )
    }
    energies = {method: row[3] for method, row in table.items()}
    assert min(energies, key=energies.__getitem__) == "balanced"
    assert energies["exact"] > 3 * energies["balanced"]
    assert table["exact"][1] == 0, "gathers at the larger mode"
    for method in ("coverage", "round_robin"):
        three, eight, other, _ = table[method]
        assert other < 5
        assert three / (three + eight) == pytest.approx(0.7, abs=0.1)
    three, eight, other, _ = table["balanced"]
    assert three / (three + eight) == pytest.approx(0.7, abs=0.1)
    assert other < 25


def test_select_answers_as_well_as_the_drop_in() -> None:
    text = texts("from_grad_info_opt")
    assert "Starting KL: 2.4869943" in text
    here, there = re.findall(r"after as many picks: ([\d.]+), by GIO ([\d.]+)", text)[0]
    assert abs(float(here) - float(there)) < 0.1
    energies = [float(value) for value in re.findall(r"energy distance ([\d.]+)", text)]
    whole, gathered, balanced = energies
    assert balanced < whole < gathered
