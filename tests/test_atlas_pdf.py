"""``circles run --pdf``: which browser is taken, what happens without one, and what is printed."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
from pathlib import Path

import pytest
from atlas_tables import shengsi

from circles.foundation.errors import CallError
from circles.outputs import map as html_map
from circles.outputs import pdf


def program(folder: Path, name: str) -> Path:
    """A file that can be run."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_the_named_browser_wins(tmp_path):
    """CIRCLES_BROWSER is taken before PATH, and refused where it names no file."""
    named, other = program(tmp_path, "mine"), program(tmp_path / "bin", "chromium")
    env = {"CIRCLES_BROWSER": str(named), "PATH": str(other.parent)}
    assert pdf.find_browser(env) == named
    assert pdf.find_browser({"PATH": str(other.parent)}) == other
    with pytest.raises(CallError, match="browser-not-there"):
        pdf.find_browser({"CIRCLES_BROWSER": str(tmp_path / "none")})


def test_the_usual_places(tmp_path):
    """Edge is found where Windows keeps it, and Chrome where macOS users do."""
    edge = program(tmp_path / "Program Files", "Microsoft/Edge/Application/msedge.exe")
    env = {"PATH": "", "PROGRAMFILES(X86)": str(tmp_path / "Program Files")}
    assert pdf.find_browser(env, platform="win32") == edge
    chrome = program(tmp_path / "home" / "Applications", "Google Chrome.app/Contents/MacOS/Google Chrome")
    assert pdf.find_browser({"PATH": "", "HOME": str(tmp_path / "home")}, platform="darwin") == chrome


def test_without_a_browser_one_is_reported_how_to_get_one():
    """Where there is none the error says so, in both languages, and names remedies."""
    with pytest.raises(CallError) as caught:
        pdf.find_browser({"PATH": ""}, platform="linux")
    assert "apt install chromium" in caught.value.render("zh")
    assert "Ctrl+P" in caught.value.render("en")


def test_nothing_is_computed_without_a_browser(tmp_path, monkeypatch):
    """``circles run --pdf`` without a browser ends with 2 before anything is read, and leaves nothing behind."""
    from typer.testing import CliRunner

    from circles.cli.app import app

    monkeypatch.setenv("CIRCLES_BROWSER", str(tmp_path / "none"))
    found = CliRunner().invoke(app, ["run", str(tmp_path / "no-area.toml"), "--pdf", "--out", str(tmp_path / "out")])
    assert found.exit_code == 2
    assert "browser-not-there" in found.output
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in browser is a shell script")
def test_a_browser_that_fails_is_quoted(tmp_path):
    """A browser that prints nothing gives an error with its own last words."""
    broken = program(tmp_path, "broken")
    broken.write_text("#!/bin/sh\necho no display today >&2\n", encoding="utf-8")
    (tmp_path / "index.html").write_text("<p>", encoding="utf-8")
    with pytest.raises(CallError, match="no display today"):
        pdf.write(tmp_path / "index.html", tmp_path / "map.pdf", browser=broken, as_of=dt.date(2024, 12, 31))
    assert not (tmp_path / "map.pdf").exists()


@pytest.mark.browser
@pytest.mark.long
def test_printed_pages(repository, tmp_path):
    """The printed map has an A3 page for the area and one per township, tagged, with a bookmark each, and the same bytes each time."""
    try:
        browser = pdf.find_browser()
    except CallError:
        pytest.skip("no Chromium on this machine: install one to run the browser tests")
    tables = shengsi(repository / "data" / "gis" / "shengsi")
    html_map.write(tables, tmp_path / "index.html")
    for name in ("a.pdf", "b.pdf"):
        pdf.write(tmp_path / "index.html", tmp_path / name, browser=browser, as_of=tables.area.as_of)
    content = (tmp_path / "a.pdf").read_bytes()
    assert content == (tmp_path / "b.pdf").read_bytes()
    assert b"D:20241231000000" in content
    assert b"/StructTreeRoot" in content, "tagged"
    assert len(re.findall(rb"/Title", content)) > len(tables.townships), "a bookmark per page"
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert len(boxes) == 1 + len(tables.townships)
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(1191, 842)}
