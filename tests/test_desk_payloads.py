"""Hostile text in the desk: in every field that a page says again, in file names, and in every cell of a table's grid."""

from __future__ import annotations

import csv
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from atlas_browser import chromium
from desk_server import desk, send, token
from hostile import MARK, PAYLOADS
from test_new_area import osm_file

from circles.inputs.new_area import new_area

pytestmark = pytest.mark.long
PLAIN = "普通名称"
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, in order: what a text must not change."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found, self.texts, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        """Keep a tag and the names of its attributes."""
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self.texts += [value or "" for _, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Tags are closed in their order."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep what is shown."""
        self.texts.append(data)

    def handle_comment(self, data):
        """There is none."""
        raise AssertionError(data)


def skeleton(page):
    """Return a page's skeleton and all its text."""
    seen = Skeleton()
    seen.feed(page.text)
    seen.close()
    assert seen.open == []
    return seen.found, "\n".join(seen.texts)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A desk on a folder with a small county."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "w"
    folder.mkdir()
    new_area(osm_file(home), folder / "county", name="landkreis")
    with desk(folder) as found:
        found.folder = folder
        yield found


def posted(client, path, fields):
    """Send a form whose fields hold anything, half of a surrogate pair too."""
    if "x-own" not in client.headers:
        client.headers["x-own"] = token(client.get("/"))
    body = urlencode({"csrf": client.headers["x-own"], **fields}, errors="surrogatepass")
    return client.post(path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})


FIELDS = {
    "who works": lambda client, text: posted(client, "/who", {"person": text}),
    "a person registered": lambda client, text: posted(client, "/who/register", {"person": f"-{text}", "unit": text, "role": text}),
    "a unit's step": lambda client, text: posted(client, "/forms/step", {"period": "2024-05", "unit": text, "step": text, "reason": text}),
    "a paper": lambda client, text: posted(client, "/papers", {"meeting": text, "period": text}),
    "an item": lambda client, text: posted(client, "/missing/upload", {"item": text, "step": text, "due": text, "reason": text}),
    "siting": lambda client, text: posted(client, "/site", {"area": text, "kind": text, "number": text, "objective": text}),
    "rules": lambda client, text: posted(client, "/areas/county/rules", {"rules": text}),
    "a file's name": lambda client, text: send(client, "/new/upload", files={"file": (f"{text}.exe", b"x")}),
    "an address": lambda client, text: client.get("/nowhere", params={"period": text.encode("utf-8", "replace").decode()}),
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_text_of_a_field_is_no_markup(running, field):
    """Each of 150 hostile texts in a field leaves the page's tags and attributes as a plain name does."""
    with running.client() as client:
        plain = skeleton(FIELDS[field](client, PLAIN))[0]
        for text in PAYLOADS:
            found, _ = skeleton(
                FIELDS[field](client, text.encode("utf-8", "replace").decode() if "file" in field else text)
            )
            assert found == plain, text
        assert client.get("/").status_code == 200


def table(file, names):
    """Write a table with these names in a column that is used and in one that is not, hostile kinds among good ones."""
    with file.open("w", encoding="utf-8", newline="", errors="replace") as target:
        rows = csv.writer(target)
        rows.writerow(["序号", "名称", "类型", "经度", "纬度", "备注"])
        for at, name in enumerate(names):
            kind = name if at % 3 == 0 else "卫生院"
            rows.writerow(
                [
                    at,
                    name.replace("\x00", ""),
                    kind.replace("\x00", ""),
                    6.5 + at / 5000,
                    51.5,
                    name.replace("\x00", ""),
                ]
            )
    return file


def test_the_grid_shows_what_was_typed(running, tmp_path):
    """150 hostile names in a table run nothing in a browser: not in the grid, the drop-downs, the findings or the map; nothing is asked of elsewhere."""
    with running.client() as client, table(tmp_path / "t.csv", PAYLOADS).open("rb") as sent:
        page = send(client, "/tables/county/upload", files={"file": ("表.csv", sent)})
        found, text = skeleton(page)
        assert text.count(MARK) > 300
        address = str(page.url)
        assert not {"iframe", "object", "embed", "base", "style", "svg", "math"} & {tag for tag, _ in found}
        assert not [names for _, names in found if any(name.startswith("on") for name in names)]
    with chromium() as browser:
        seen = browser.new_page()
        elsewhere = []
        seen.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((running.base, "data:", "blob:")) else elsewhere.append(asked.url)
            ),
        )
        seen.on("dialog", lambda dialog: (elsewhere.append("dialog"), dialog.dismiss()))
        seen.goto(running.address)
        seen.goto(address)
        seen.wait_for_selector("[data-map][data-drawn=yes]", timeout=60_000)
        assert seen.evaluate("window.__hit") is None
        assert seen.locator("table.grid tbody tr").count() == len(PAYLOADS)
        for name in ("__hit", "7*7"):
            assert not seen.evaluate(f"Object.prototype.hasOwnProperty.call(window, '{name}')")
        assert elsewhere == []
