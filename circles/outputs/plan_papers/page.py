"""The dashboard ``plan.html``: one file that opens with no network, every string shown as text.

No text is ever put into markup or script: it travels as JSON in a data block, with ``<``, ``>``, ``&`` and the two
line separators escaped, and reaches the page through ``textContent``. The content security policy lets nothing run
but the one script whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation import errors, words
from circles.foundation.errors import CallError
from circles.outputs.plan_papers.files import write_whole
from circles.plan import forms
from circles.plan.chain import Basis
from circles.plan.rules import Kind, Light
from circles.plan.view import (
    PlanView,
    Rollup,
    also_text,
    change_name,
    gap_text,
    said,
    sample_text,
    summary_sentence,
    why_text,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from circles.foundation.words import Lang
    from circles.plan.status import Standing

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
<header><h1>{title}</h1><p>{summary}</p><p>{subtitle} <span id="maplink"></span></p></header>
<main>
<noscript><p>{no_script}</p></noscript>
<div class="chips" id="chips"></div>
<div class="columns">
<section><h2>{red}</h2><div class="box scroll" id="red"></div></section>
<section><h2>{changes}</h2><div class="box scroll" id="changes"></div></section>
</div>
<section><h2>{all}</h2><p class="soft">{legend}</p><div class="filters" id="filters"></div><ul class="measures box" id="measures"></ul></section>
<div class="columns">
<section><h2>{rollup}</h2><div class="box" id="rollup"></div></section>
<section><h2>{actions}</h2><div class="box" id="actions"></div><h2>{quarters}</h2><div class="box" id="quarters"></div></section>
</div>
<section><h2>{resources}</h2><div class="box" id="resources"></div></section>
<section><h2>{notes}</h2><div class="box" id="notes"></div></section>
</main>
<footer><p>{head}</p><p>{rules}</p><p>{internal}</p></footer>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
_SPOKEN = ("page_", "light_", "change_", "action_", "col_name", "col_lead", "col_value", "col_target", "col_days_overdue",
           "rollup_on_track", "not_accepted", "resources_", "note_kind", "note_text")  # fmt: skip


def write_page(view: PlanView, path: Path | str, *, lang: Lang = "zh", map_link: str = "") -> Path:
    """Write the dashboard.

    Parameters
    ----------
    view : the plan's state
    path : the ``.html`` to write
    lang : language of the page
    map_link
        A relative path to the map of a run, shown as a link; nothing else is linked.

    Raises
    ------
    CallError
        ``map_link`` is not a relative path.
    """
    file = Path(path)
    write_whole(file, page(view, lang=lang, map_link=map_link).encode("utf-8"))
    return file


def page(view: PlanView, *, lang: Lang = "zh", map_link: str = "") -> str:
    """Return the dashboard as text.

    Raises
    ------
    CallError
        ``map_link`` is no relative link to an HTML file.
    """
    if map_link and not re.fullmatch(r"(?:\.{1,2}/)*\w[\w\-. %/]*\.html(?:#[\w=&,./-]*)?", map_link):
        raise CallError(errors.error("plan-map-link", value=map_link))
    assets = resources.files(__package__).joinpath("assets")
    script = assets.joinpath("plan.js").read_text(encoding="utf-8")
    texts = _texts(view, lang)
    return _PAGE.format(
        language="zh-CN" if lang == "zh" else "en",
        hash=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        css=assets.joinpath("plan.css").read_text(encoding="utf-8"),
        data=embedded(_data(view, lang, map_link)),
        script=script,
        **{key: html.escape(text) for key, text in texts.items()},
    )


def embedded(value: Any) -> str:
    """Return JSON that can stand inside a script element: no ``<``, ``>``, ``&`` or line separator in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _texts(view: PlanView, lang: Lang) -> dict[str, str]:
    head, lights = view.plan.plan, view.plan.lights
    day = view.as_of.day.isoformat()

    def word(key: str, **values: Any) -> str:
        return words.text(f"plan.{key}", lang, **values)

    return {
        "title": word("title", county=head.county, year=head.year),
        "subtitle": f"{word('as_of', day=day)} · {head.document or head.title}",
        "summary": summary_sentence(view, lang),
        "no_script": word("page_no_script"),
        "red": word("page_red"),
        "changes": word("page_changes") + words.aside(word("change_since", day=view.since.isoformat()), lang),
        "all": word("page_all_measures"),
        "legend": word("page_bullet"),
        "rollup": word("page_rollup"),
        "actions": word("page_actions"),
        "quarters": word("sheet_rollup"),
        "resources": word("page_resources"),
        "notes": word("page_notes"),
        "head": word("head_line", seq=view.head.seq, hash=view.head.hash),
        "rules": word("rules_line", version=lights.version, status=word(f"rule_{lights.status}"), source=lights.source),
        "internal": word("page_print"),
    }


def _data(view: PlanView, lang: Lang, map_link: str) -> dict[str, Any]:
    spoken = {key: entry[lang] for key, entry in words.catalogue("plan").items() if key.startswith(_SPOKEN)}
    day = view.as_of.day
    return {
        "words": spoken,
        "map": map_link,
        "items": [_item(view, item, lang) for item in view.standings],
        "red": [item.measure.id for item in view.red],
        "changes": [[change_name(view.plan, c, lang), c.kind, c.period, c.before, c.after, "" if c.kind == "light" else c.reason] for c in view.changes],
        "actions": [
            {"id": a.id, "problem": a.problem, "unit": a.unit, "due": a.due.isoformat(), "state": a.state(day), "note": a.note}
            for a in view.actions
        ],
        "rollups": [_rollup(item, _rollup_name(item, lang)) for item in view.rollups if item.by != "county"],
        "quarters": [
            _rollup(item, words.text("plan.quarter_name", lang, quarter=quarter))
            for quarter, items in view.quarters
            for item in items
            if item.by == "county"
        ],
        "resources": [
            [item.unit or words.text("plan.resources_nobody", lang), item.expected, item.registered, item.stale, item.urged]
            for item in view.resources
        ],
        "notes": [[words.text(f"plan.note_{note.kind}", lang), note.text] for note in view.plan.notes],
    }  # fmt: skip


def _item(view: PlanView, item: Standing, lang: Lang) -> dict[str, Any]:
    measure = item.measure
    series = view.series.get(measure.same_as or measure.id, [])
    check = ""
    if item.computed is not None and item.basis is not Basis.COMPUTED:
        source, value = words.text(f"plan.from_{item.computed_from}", lang), forms.number(item.computed)
        check = f"{source} {value}"
        if item.difference is not None:
            difference = forms.number(item.difference)
            check = words.text("plan.page_computed", lang, source=source, value=value, difference=difference)
    return {
        "id": measure.id,
        "no": forms.number_label(measure),
        "name": forms.full_name(measure),
        "field": measure.field,
        "lead": measure.lead,
        "group": words.text(f"plan.group_{item.group}", lang),
        "valueUnit": "" if measure.kind is Kind.DONE else measure.unit,
        "targetUnit": "" if measure.target is None else measure.unit,
        "target": forms.target_text(measure, lang),
        "hasTarget": measure.target is not None,
        "value": None if item.value is None else forms.value_text(measure, item.value, lang),
        "period": item.figure.period.text if item.figure else "",
        "light": str(item.light),
        "hollow": not view.is_accepted(item),
        "progress": said(item, "progress"),
        "sample": sample_text(item, lang),
        "att": _points(item.attainment_pct),
        "pace": _points(item.expected_pct),
        "gap": None if measure.kind is Kind.DONE else _points(item.gap_points),
        "gapText": gap_text(item, lang),
        "also": also_text(item, lang),
        "why": why_text(item, lang),
        "overdue": item.days_overdue,
        "late": item.report_overdue_days if item.light is Light.UNREPORTED else 0,
        "forecast": None if item.forecast is None else forms.number(item.forecast),
        "method": words.text(f"plan.method_{item.forecast_method}", lang) if item.forecast_method else "",
        "check": check,
        "mapped": measure.computed is not None,
        "trend": [[figure.period.text, forms.number(figure.value)] for figure in series],
    }


def _rollup_name(item: Rollup, lang: Lang) -> str:
    return words.text(f"plan.group_{item.name}", lang) if item.by == "group" else item.name


def _points(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 1))


def _rollup(item: Rollup, name: str) -> dict[str, Any]:
    share = item.on_track_pct
    counts = [item.counts[light] for light in Light]
    return {"name": name, "counts": counts, "share": "–" if share is None else str(share)}
