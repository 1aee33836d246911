"""Runs all cells of a notebook that JupyterLab has open: BROWSER ADDRESS SCREENSHOT."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

#: Chromium says at every start that it is in a container, looks for updates, and so on.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MILLISECONDS = 120_000


def run_all(page: Page, screenshot: Path) -> None:
    """As a user does: the menu's command, a wait until the kernel rests, and save."""
    page.locator(".jp-Notebook").first.wait_for()
    # The status bar; a page that has no kernel yet would ask which one to take.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # Cells beyond the window are hidden or not there at all; the last one is in it, as running all
    # leads there.
    page.locator(".jp-InputPrompt", has_text="[*]").first.wait_for(state="attached")
    page.wait_for_function(
        """() => {
          const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
          return prompts.every((one) => !one.innerText.includes("*"))
            && /\\d/.test(prompts.at(-1).innerText);
        }"""
    )
    page.locator(".jp-RenderedImage img").first.scroll_into_view_if_needed()
    page.screenshot(path=screenshot)
    page.keyboard.press("Control+s")
    page.locator(".jp-NotebookPanel .jp-Toolbar").first.wait_for()
    page.wait_for_function("!document.querySelector('.lm-TabBar-tab.jp-mod-dirty')")


def main() -> None:
    """Open the browser, the notebook, and run it."""
    browser, address, screenshot = sys.argv[1:]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=QUIET)
        page = chromium.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(MILLISECONDS)
        page.goto(address)
        run_all(page, Path(screenshot))
        chromium.close()


if __name__ == "__main__":
    main()
