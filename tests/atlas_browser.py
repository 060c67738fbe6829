"""A headless Chromium for the tests of the map, and a page with what it asked for and complained about."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager

import pytest


@contextmanager
def chromium():
    """Start a headless Chromium, or skip with the reason."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: install one to run the browser tests")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Opened:
    """A page from file:// with its requests and complaints; ``answer`` handles requests for 天地图, else all go ahead."""

    def __init__(self, browser, file, fragment="", size=(1366, 768), answer=None):
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append("dialog"), dialog.dismiss()))
        if answer is not None:
            self.page.route(re.compile(r"^https?://"), answer)
        self.page.goto(file.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready=yes]", timeout=30_000)

    def close(self):
        """Close the page."""
        self.context.close()


def axe(page):
    """The violations that axe-core finds on a page: id and the first element of each."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed: pip install .[test]")
    from pathlib import Path

    page.evaluate((Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";0")
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [(item["id"], item["nodes"][0]["html"][:160]) for item in found]
