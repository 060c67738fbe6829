"""``map.pdf``: the printed pages of the map, through a Chromium that the user has installed.

No browser is bundled: every bureau PC has Edge, and Chrome or Chromium is one package away elsewhere.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from circles.foundation import errors
from circles.foundation.errors import CallError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
"""Names on PATH, first found first."""
_MAC = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
_WINDOWS_ROOTS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}\+00'00'\)")
TIMEOUT_S = 900.0
READY_MS = 20_000
"""Milliseconds of the page's own clock until it is printed; with bookmarks the browser prints at once otherwise."""


def find_browser(environment: Mapping[str, str] | None = None, *, platform: str = sys.platform) -> Path:
    """Return an installed Chromium, Chrome or Edge.

    ``CIRCLES_BROWSER`` in the environment wins; then PATH, then the usual places on Windows and macOS.

    Raises
    ------
    CallError
        None is installed, or ``CIRCLES_BROWSER`` names no file; the finding says how to get one.
    """
    env = os.environ if environment is None else environment
    if chosen := env.get("CIRCLES_BROWSER"):
        if Path(chosen).is_file():
            return Path(chosen)
        raise CallError(errors.error("browser-not-there", chosen, path=chosen))
    for place in _places(env, platform):
        if place.is_file():
            return place
    raise CallError(errors.error("no-browser"))


def write(page: Path, file: Path, *, browser: Path, as_of: dt.date, timeout_s: float = TIMEOUT_S) -> None:
    """Print the map ``page`` to a PDF: A3, an overview and one page per township.

    The same page and the same browser give the same bytes: the file carries ``as_of`` instead of the clock.

    Parameters
    ----------
    page : the map's ``index.html``
    file : the PDF to write; overwritten
    browser : program file of a Chromium
    as_of : date that is written into the file
    timeout_s : seconds after which the browser is stopped

    Raises
    ------
    CallError
        The browser did not print; the finding holds its last output.
    """
    with tempfile.TemporaryDirectory(prefix="circles-print-", ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / "map.pdf"
        output = _print(browser, page, printed, Path(folder), timeout_s, more=("--no-sandbox",) if _is_root() else ())
        if not printed.is_file() and "sandbox" in output.lower():
            output = _print(browser, page, printed, Path(folder), timeout_s, more=("--no-sandbox",))
        if not printed.is_file():
            raise CallError(
                errors.error("pdf-not-printed", str(browser), path=str(browser), detail=output[-300:].strip())
            )
        stamp = f"D:{as_of:%Y%m%d}000000+00'00'".encode()
        file.write_bytes(_DATE.sub(lambda m: b"/" + m[1] + b" (" + stamp + b")", printed.read_bytes()))


def _print(browser: Path, page: Path, file: Path, folder: Path, timeout_s: float, *, more: tuple[str, ...]) -> str:
    """Run the browser and return what it said."""
    command = [
        str(browser), "--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
        "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--virtual-time-budget={READY_MS}", f"--print-to-pdf={file}", *more,
        page.resolve().as_uri() + "#print=1",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - a browser that the user has installed, arguments of our own
            command, capture_output=True, check=False, timeout=timeout_s, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"> {timeout_s:g} s"
    except OSError as e:
        return str(e)
    return done.stderr.decode("utf-8", "replace")


def _places(env: Mapping[str, str], platform: str) -> Iterator[Path]:
    for name in NAMES:
        if found := shutil.which(name, path=env.get("PATH", "")):
            yield Path(found)
    if platform == "darwin":
        for root in (Path("/Applications"), Path(env.get("HOME", "/")) / "Applications"):
            yield from (root / name for name in _MAC)
    if platform == "win32":
        for root in (Path(env[name]) for name in _WINDOWS_ROOTS if env.get(name)):
            yield from (root / name for name in _WINDOWS)


def _is_root() -> bool:
    """Return whether we are root, for whom Chromium refuses to run in its sandbox (in containers)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
