"""``index.html``: folium's shell with Leaflet inlined, our data as inert JSON, our script, and nothing else.

folium renders texts as Jinja templates, so no text of a user ever reaches it: it draws an empty frame, and the data
are put in afterwards, where the page's own script shows them as text.
"""

from __future__ import annotations

import html
import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from circles.analysis.results import Tables
from circles.foundation import words
from circles.foundation.words import Lang
from circles.outputs import inline
from circles.outputs.map import finding, form, three_way
from circles.outputs.statement import style_variables

TILES = ("https://*.tianditu.gov.cn",)
_UNNEEDED = (
    "jquery-3.7.1.min.js", "bootstrap.bundle.min.js", "leaflet.awesome-markers.js", "bootstrap.min.css", "all.min.css",
    "bootstrap-glyphicons.css", "leaflet.awesome-markers.css", "leaflet.awesome.rotate.min.css",
)  # fmt: skip


def write(tables: Tables, file: Path, *, lang: Lang = "zh") -> None:
    """Write the map of one analysis as one self-contained HTML file.

    The same tables give the same bytes. All numbers on the page are those of ``tables``; the page computes none, save
    in the what-if mode, which says so. Where ``tables.base`` is set the page switches between 现状, 方案 and 差值; where
    the two walk differently it shows the scenario alone and names the parameters that differ.
    """
    write_data(data(tables, lang=lang), file, lang=lang)


def write_data(content: dict[str, Any], file: Path, *, lang: Lang) -> None:
    """Write the map whose :func:`data` are given; neither tables nor network are needed any more."""
    file.write_bytes(_page(_indexed(content), lang).encode("utf-8"))


def compared(before: Path, after: Path, file: Path, *, lang: Lang = "zh") -> None:
    """Write the three-way map 现状 / 方案 / 差值 of two runs from their maps: ``index.html`` or the folders they are in.

    Parameters
    ----------
    before, after : ``index.html``, or the folder it is in
    file : the page to write
    lang : language that the page opens in

    Raises
    ------
    DifferentParametersError
        The runs walk differently; every parameter that differs is named.
    InputError
        One of the maps cannot be read, or was not written by this program.
    """
    data = three_way.together(three_way.read(before), three_way.read(after), lang)
    file.write_bytes(_page(data, lang).encode("utf-8"))


def page(tables: Tables, *, lang: Lang = "zh") -> str:
    """Return the map as text; see :func:`write`."""
    return _page(_indexed(data(tables, lang=lang)), lang)


def data(tables: Tables, *, lang: Lang = "zh") -> dict[str, Any]:
    """Return what the page shows, as plain data; the search index still lacks its pinyin."""
    from circles.outputs.map.payload import payload  # noqa: PLC0415 - needs the network, which writing pages does not

    here = payload(tables, lang)
    if tables.base is None:
        return here
    base = payload(tables.base, lang)
    if found := three_way.differing(base, here):
        return {**here, "incomparable": [item.message(lang) for item in found]}
    return three_way.together(base, here, lang)


def _indexed(content: dict[str, Any]) -> dict[str, Any]:
    """Return the data with the search index made of the names, in the state before as well where that is another."""
    found = finding.index(content["search"])
    out = {**content, "search": found, "homophones": finding.homophones(found)}
    was = content.get("before", {}).get("is", {})
    if "search" in was:
        own = _indexed(was)
        if own["homophones"] == out["homophones"]:
            own.pop("homophones")
        out["before"] = {**content["before"], "is": dict(sorted(own.items()))}  # as `three_way.less` orders them
    return out


def _page(content: dict[str, Any], lang: Lang) -> str:
    before, after = _shell(has_tiles="tianditu" in content["area"])
    title = words.text("atlas.title", lang, area=content["area"]["name"])
    head = f"<title>{html.escape(title).encode('utf-8', 'replace').decode('utf-8')}</title>"
    data = form.elements(content, inline.json_text)
    language = "zh-CN" if lang == "zh" else "en"
    top = before.replace("<html>", f'<html lang="{language}">', 1).replace("</head>", f"{head}</head>", 1)
    loading, failed, script = (
        html.escape(words.text(f"atlas.{key}", lang)) for key in ("loading", "damaged", "no_script")
    )
    note = f'<p id="loading" role="status" data-failed="{failed}">{loading}</p>'
    top = top.replace('<main id="panel"></main>', f'<main id="panel">{note}</main>', 1)
    return f"{top}<noscript><p>{script}</p></noscript>{data}{after}"


@cache
def _shell(*, has_tiles: bool) -> tuple[str, str]:
    """Return the page up to the data, and from there on: the same in every run, policy included.

    Only the page of an area with a 天地图 key may ask for anything: that map's pictures.
    """
    import folium  # noqa: PLC0415 - half a second, mostly of another process (`circles.outputs.clerk`)

    frame = folium.Map(
        tiles=None,
        location=[0, 0],
        zoom_start=2,
        zoom_control=False,
        prefer_canvas=True,
        zoom_snap=0.25,
        max_zoom=19,
        fade_animation=False,
    )
    text = frame.get_root().render()
    leaflet, own = resources.files("xstatic.pkg.leaflet") / "data", resources.files(__package__) / "assets"
    images = {f"images/{i.name}": i.read_bytes() for i in (leaflet / "images").iterdir() if i.name.endswith(".png")}
    text = inline.inline(
        text,
        scripts={"leaflet.js": inline.script_text(_text(leaflet / "leaflet.js")), **_dropped(".js")},
        styles={"leaflet.css": inline.style_text(_text(leaflet / "leaflet.css"), images), **_dropped(".css")},
    )
    text = re.sub(r"map_[0-9a-f]{32}", "circles_map", text)
    text = re.sub(
        r"<meta name=\"viewport\"[^>]*>",
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">',
        text,
    )
    script = inline.script_text(_text(own / "atlas.js"))  # bundled from ../script by `npm run build`
    text = text.replace("</head>", f"<style>{style_variables()}{_text(own / 'atlas.css')}</style></head>", 1)
    text = re.sub(r"(<body>)\s*(<div class=\"folium-map\"[^>]*>\s*</div>)", r'\1<main id="panel"></main>\2', text)
    text = re.sub(r"[ \t]*\n\s*\n+", "\n", text)
    text = text.replace("</html>", f"<script>{script}</script>\n</html>", 1)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{inline.policy(text, images=TILES if has_tiles else ())}">'
    text = text.replace("<head>", f"<head>\n{meta}", 1)
    before, after = text.split("</body>", 1)
    return before, f"</body>{after}"


def _dropped(end: str) -> dict[str, None]:
    return {name: None for name in _UNNEEDED if name.endswith(end)}


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8").replace("\r\n", "\n")
