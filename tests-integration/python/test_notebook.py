"""A real Jupyter kernel: interrupts in a long search, the engine's end, what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import runs, wait_for_end
from jupyter_client import KernelManager
from jupyter_client.blocking import BlockingKernelClient

import gio4j

# zmq and its kernel talk about themselves; what gio4j says is in the outputs.
pytestmark = pytest.mark.filterwarnings("default")
SECONDS = 100


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile, history or connection file of the user's; figures without a window."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))


class Kernel:
    """A live kernel and a client of it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(
        self, source: str, on_text: Callable[[str], None] = lambda text: None
    ) -> dict[str, Any]:
        """The reply to a cell; `on_text` hears what it writes while it runs, printed first."""

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                streams[content["name"]] += content["text"]
                on_text(streams["stdout"] + streams["stderr"])
            if message["msg_type"] in ("execute_result", "display_data"):
                streams["html"] += content["data"].get("text/html", "")
                streams["images"] += "image " * ("image/png" in content["data"])

        streams = {"stdout": "", "stderr": "", "html": "", "images": ""}
        reply = self.client.execute_interactive(source, output_hook=hear, timeout=SECONDS)
        return {**reply["content"], **streams}


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    client.context.term()


SEARCH = """
import numpy as np
import gio4j
from GIO import GIOKL
np.random.seed(1)
X, train = np.random.normal(size=(2, 60, 4))
fit = lambda **options: GIOKL.GIOKL(dim=4).fit(train, X, normalize=False, **options)
print("ready", gio4j._measure.averaged.averaged_divergence(X, train), gio4j.info()["pid"])
"""


def test_a_long_fit_is_interrupted_and_the_kernel_goes_on(kernel: Kernel) -> None:
    first = kernel.run(SEARCH)
    assert first["stderr"] == ""
    _, value, engine = first["stdout"].split()
    pressed: list[str] = []

    def press(printed: str) -> None:
        if "Starting KL" in printed and not pressed:
            pressed.append(printed)
            kernel.manager.interrupt_kernel()

    reply = kernel.run("fit(grad_desc_iter=5 * 10**8)", on_text=press)
    assert pressed
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    again = kernel.run(
        'print(gio4j._measure.averaged.averaged_divergence(X, train), gio4j.info()["pid"])'
    )
    assert (again["status"], again["stdout"].split()) == ("ok", [value, engine])
    whole = kernel.run("W, kl_divs, _ = fit(max_iter=3)\nprint(len(kl_divs), W.shape)")
    assert whole["status"] == "ok"
    assert whole["stdout"].splitlines()[-1] == "4 (24, 4)"


def test_the_engine_ends_with_its_kernel(kernel: Kernel) -> None:
    engine = int(kernel.run(SEARCH)["stdout"].split()[2])
    assert runs(engine)
    assert gio4j.info().get("pid") != engine
    kernel.manager.restart_kernel(now=True)
    wait_for_end(engine)
    kernel.client.wait_for_ready(timeout=SECONDS)
    another = int(kernel.run(SEARCH)["stdout"].split()[2])
    assert another != engine


SELECT = """
import numpy as np
import gio4j
random = np.random.default_rng(0)
pool, target = random.normal(size=(30_000, 32)), random.normal(size=(200, 32))
select = lambda **options: gio4j.select(pool, target, 25_000, kernel="log", **options)
print("ready", gio4j._measure.averaged.averaged_divergence(target, target[:9]))
"""


def test_an_interrupt_keeps_what_is_picked(kernel: Kernel) -> None:
    assert kernel.run(SELECT)["status"] == "ok"
    pressed: list[str] = []

    def press(written: str) -> None:
        if "energy distance=" in written and not pressed:
            pressed.append(written)
            kernel.manager.interrupt_kernel()

    reply = kernel.run("found = select(on_interrupt='return')", on_text=press)
    assert reply["status"] == "ok"
    assert "pick/s" in reply["stderr"], "the bar, after a second"
    assert "energy distance=" in reply["stderr"]
    said = kernel.run("print(found.stop_reason, 0 < len(found) < 25_000)")["stdout"]
    assert said.split() == ["interrupted", "True"]
    card = kernel.run("found")
    assert "of 30,000 rows" in card["html"]
    assert "interrupted" in card["html"]
    pressed.clear()
    reply = kernel.run("select()", on_text=press)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    whole = kernel.run("print(len(gio4j.select(pool[:90], target, 5)))")
    assert (whole["stdout"], whole["stderr"]) == ("5\n", ""), "no bar for what takes no time"


@pytest.mark.parametrize(
    "cell",
    [
        "figure = found.plot()\nfigure",
        "found.plot()",
        "found.plot();",
        "found.plot()\nlen(found)",
        "figure = found.plot(panel='map')",
        "figure",
    ],
)
def test_a_plot_is_shown_once(kernel: Kernel, cell: str) -> None:
    kernel.run(SELECT + "found = gio4j.select(pool[:90], target, 5)")
    if cell == "figure":
        assert kernel.run("figure = found.plot()")["images"].split() == ["image"]
    assert kernel.run(cell)["images"].split() == ["image"]
