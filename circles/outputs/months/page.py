"""``months.html``: one file that opens with no network; every text reaches it as data, and one script may run."""

from __future__ import annotations

import html
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from circles.analysis.months import Book
from circles.foundation import atomic, errors, words
from circles.foundation.errors import CallError
from circles.foundation.words import Lang
from circles.outputs import inline
from circles.outputs.months.payload import Measured, payload
from circles.outputs.statement import style_variables

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
{meta}<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
<header><h1>{title}</h1>{demo}<p class="soft">{about}</p></header>
<main>
<noscript><p>{no_script}</p></noscript>
<div class="bar"><button type="button" id="back" aria-label="{back}">◀</button><label for="slider">{month}</label>
<input type="range" id="slider" min="0" value="0" step="1"><button type="button" id="next" aria-label="{next}">▶</button><output id="now" for="slider"></output></div>
<div id="breaks" role="status"></div>
<div class="columns">
<section><h2 id="grid-title">{grid_title}</h2><p class="soft">{grid_note}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="grid-title"><table class="grid" id="grid"></table></div></section>
<section aria-labelledby="map-title"><h2 id="map-title">{map_title}</h2>
<p><span id="kinds" role="group" aria-label="{kinds}"></span> <label>{where} <select id="where"></select></label></p>
<div class="map"><canvas id="map" width="720" height="520" role="img"></canvas></div>
<p class="legend">{legend}</p>
<h2>{events_title}</h2><ul class="events" id="events"></ul></section>
</div>
<section><h2 id="changes-title"></h2><p class="soft">{changes_note}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="changes-title"><table id="changes"></table></div></section>
{ledger}
</main>
<footer><p>{foot}</p></footer>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
_LEDGER = """<section><h2 id="ledger-title">{title}</h2><p class="soft">{note}</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="ledger-title"><table id="ledger"></table></div></section>"""
_KEYS = (
    ('<span class="key" style="background:var(--met-ground)"></span>', "key_met"),
    (
        '<span class="key" style="background:repeating-linear-gradient(135deg,var(--not_met-ground) 0 3px,var(--not_met) 3px 4px)"></span>',
        "key_not",
    ),
    ('<span class="key round" style="background:var(--met)"></span>', "key_reached"),
    ('<span class="key round" style="border:2px solid var(--not_met)"></span>', "key_not_reached"),
    ('<span class="key" style="background:#ffd23f;transform:rotate(45deg) scale(.8)"></span>', "key_place"),
    ('<span class="key round" style="border:3px solid var(--now)"></span>', "key_new"),
)


def write(book: Book, file: Path, *, measured: Iterable[Measured] = (), lang: Lang = "zh") -> None:
    """Write the page atomically; the same months give the same bytes.

    Parameters
    ----------
    book : the months, one at least
    file : where the page goes
    measured : measures of the plan, for the table beside the ledger; none = no such table
    lang : zh or en

    Raises
    ------
    CallError
        It could not be written.
    """
    try:
        atomic.write_file(file, page(book, measured=measured, lang=lang).encode("utf-8"))
    except OSError as e:
        raise CallError(errors.error("out-not-written", str(file), path=str(file), detail=e.strerror or str(e))) from e


def page(book: Book, *, measured: Iterable[Measured] = (), lang: Lang = "zh") -> str:
    """Return the page as text."""
    data = payload(book, measured, lang)
    assets = resources.files(__package__).joinpath("assets")
    run = book.months[-1].state.run
    days = [month.as_of.isoformat() for month in book.months]
    values = {"area": data["area"], "first": days[0], "last": days[-1], "n": len(days), "unit": data["unit"]}
    demo = f'<p class="demo">{_say("demonstration", lang)}</p>' if run.get("demonstration") else ""
    ledger = _LEDGER.format(title=_say("ledger_title", lang), note=_say("ledger_note", lang)) if data["ledger"] else ""
    spoken = {
        key: _say(key, lang, **values)
        for key in (
            "title", "about", "no_script", "back", "month", "next", "grid_title", "grid_note", "map_title", "kinds", "where",
            "events_title", "changes_note", "foot",
        )
    }  # fmt: skip
    said = {"key_met": data["words"]["verdict_met"], "key_not": data["words"]["verdict_not_met"]}
    text = _PAGE.format(
        language="zh-CN" if lang == "zh" else "en", meta="{meta}", demo=demo, ledger=ledger,
        css=style_variables() + assets.joinpath("months.css").read_text(encoding="utf-8"), data=inline.json_text(data),
        script=inline.script_text(assets.joinpath("months.js").read_text(encoding="utf-8")),
        legend=" ".join(f"<span>{sign}{_say(key, lang, word=said.get(key, ''))}</span>" for sign, key in _KEYS), **spoken,
    )  # fmt: skip
    meta = f'<meta http-equiv="Content-Security-Policy" content="{inline.policy(text)}">\n'
    return text.replace("<head>\n{meta}", f"<head>\n{meta}", 1)


def _say(key: str, lang: Lang, **values: object) -> str:
    return html.escape(words.text(f"months.{key}", lang, **values).encode("utf-8", "replace").decode("utf-8"))
