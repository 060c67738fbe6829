"""典型案例 on one page: 背景, 做法, 成效, with the township before and after beside each other."""

from __future__ import annotations

import datetime as dt
import io
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import numpy as np
import shapely
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from circles.analysis.coverage import shown_percent
from circles.foundation import words
from circles.outputs.fonts import drawable, font
from circles.outputs.plan_papers import brief
from circles.outputs.plan_papers.files import write_whole
from circles.plan.papers import date_text

if TYPE_CHECKING:
    from circles.foundation.words import Lang
    from circles.plan.case import Case, Sight, Step
    from circles.plan.view import PlanView

_WITHIN, _BEYOND, _INK, _LAND, _EDGE, _SEA = "#2C6FA6", "#C0392B", "#22303C", "#E9E6DF", "#B9B2A4", "#F4F8FB"
_MM, _HIGH, _DPI, _MARGIN, _LEAST_DEG = 160, 0.45, 200, 0.06, 0.01
_VILLAGES = 6


def write_case(case: Case, view: PlanView, path: Path | str, *, written_on: dt.date, lang: Lang = "zh") -> Path:
    """Write the case as an editable Word paper of one page.

    Parameters
    ----------
    case : from :func:`circles.plan.case.build_case`
    view : the plan's state, for the county, the office and the ledger's head
    path : the ``.docx`` to write
    written_on : the date that the paper bears
    lang : language of the paper
    """
    document = docx.Document()
    brief.set_page(document, lang)
    page = document.sections[0]
    page.top_margin = page.bottom_margin = Mm(18)
    for name, size_pt in (("Normal", 13), ("Heading 1", 14)):
        style = document.styles[name]
        style.font.size, style.paragraph_format.line_spacing = Pt(size_pt), Pt(20)
    brief.add_title(document, title(case, lang))
    if case.item.detail.get("demonstration"):
        brief.add_paragraph(document, words.text("plan.case_demonstration", lang))
    for key, lines in (("case_1", [_background(case, lang)]), ("case_2", _actions(case, view.plan.plan.office, lang)),
                       ("case_3", [_effect(case, lang)])):  # fmt: skip
        brief.add_section(document, words.text(f"plan.{key}", lang))
        for line in lines:
            brief.add_paragraph(document, line)
    paragraph = document.add_paragraph()
    paragraph.alignment, paragraph.paragraph_format.line_spacing = WD_ALIGN_PARAGRAPH.CENTER, 1.0
    paragraph.add_run().add_picture(io.BytesIO(before_and_after(case, lang=lang)), width=Mm(_MM - 6))
    for text in (
        words.text("plan.paper_office", lang, office=view.plan.plan.office),
        words.text("plan.paper_dates", lang, day=date_text(written_on, lang), data=_day(case.after.as_of, lang)),
        words.text("plan.case_runs", lang, before=case.before.run_id, after=case.after.run_id, seq=view.head.seq, hash=view.head.hash[:12]),
    ):  # fmt: skip
        last = document.add_paragraph(text)
        last.alignment, last.paragraph_format.line_spacing = WD_ALIGN_PARAGRAPH.RIGHT, Pt(17)
        last.runs[0].font.size = Pt(10.5)
    document.core_properties.title, document.core_properties.author = title(case, lang), view.plan.plan.office
    file = Path(path)
    write_whole(file, brief.fixed_bytes(document, view))
    return file


def title(case: Case, lang: Lang) -> str:
    """Return the heading of the case."""
    return words.text("plan.case_title", lang, township=case.item.detail["township"], kind=case.heading)


def _people(value: float) -> str:
    return f"{value:,.0f}"


def _day(text: str, lang: Lang) -> str:
    """Return an ISO date as people write it; what is none stays as it is."""
    try:
        return date_text(dt.date.fromisoformat(text), lang)
    except ValueError:
        return text or "–"


def _background(case: Case, lang: Lang) -> str:
    detail, sight = case.steps[0].detail, case.before
    villages = [str(name) for name in detail["villages"]]
    named = words.listed(villages[:_VILLAGES], lang)
    more = words.text("plan.case_villages_more", lang, count=len(villages)) if len(villages) > _VILLAGES else ""
    cause, limit = str(detail["cause"]), f"{case.limit_min:g}"
    if f"reason_{cause}" in words.catalogue("report"):
        cause = words.text(f"report.reason_{cause}", lang, limit=limit, horizon=limit)
    return words.text(
        "plan.case_background", lang, day=date_text(case.steps[0].on, lang), as_of=_day(sight.as_of, lang), township=detail["township"],
        kind=case.heading, group=words.group(case.group, lang), people=_people(sight.people), limit=limit,
        covered=_people(sight.covered), share=shown_percent(sight.share), left=_people(sight.people - sight.covered),
        villages=f"{named}{more}" or "–", cause=cause,
    )  # fmt: skip


def _actions(case: Case, office: str, lang: Lang) -> list[str]:
    lines = [_action(step, office, lang) for step in case.steps if step.kind != "found"]
    return [*lines, words.text("plan.case_added", lang, kind=case.heading, names=words.listed(case.added, lang))]


def _action(step: Step, office: str, lang: Lang) -> str:
    detail = step.detail
    return words.text(
        f"plan.case_{step.kind}", lang, day=date_text(step.on, lang), office=office, lead=detail["lead"], support=detail["support"],
        due=_day(str(detail.get("due_bound", "")), lang), evidence=step.evidence,
    )  # fmt: skip


def _effect(case: Case, lang: Lang) -> str:
    before, after = case.before, case.after
    left = _people(after.people - after.covered)
    return words.text(
        "plan.case_effect", lang, as_of=_day(after.as_of, lang), township=case.item.detail["township"], kind=case.heading, group=words.group(case.group, lang), people=_people(after.people),
        limit=f"{case.limit_min:g}", before=_people(before.covered), after=_people(after.covered), share0=shown_percent(before.share),
        share1=shown_percent(after.share), gain=_people(after.covered - before.covered), rest="" if left == "0" else words.text("plan.case_rest", lang, left=left),
    )  # fmt: skip


def before_and_after(case: Case, *, lang: Lang = "zh") -> bytes:
    """Return a PNG of the township before and after: homes within the limit and beyond it, facilities, land; no boundaries."""
    figure = Figure(figsize=(_MM / 25.4, _MM / 25.4 * _HIGH), dpi=_DPI, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    letters = font().copy()
    letters.set_size(8)
    box = _box(case)
    for number, sight in enumerate((case.before, case.after)):
        axes = figure.add_axes((0.005 + 0.5 * number, 0.13, 0.49, 0.77), facecolor=_SEA)
        _draw(axes, sight, box)
        key = ("case_map_before", "case_map_after")[number]
        axes.set_title(
            words.text(f"plan.{key}", lang, day=_day(sight.as_of, lang)),
            fontproperties=letters,
            fontsize=9,
            color=_INK,
            pad=3,
        )
    limit = f"{case.limit_min:g}"
    handles = [
        axes.scatter([], [], s=14, c=colour, marker=marker, label=drawable(words.text(f"plan.{key}", lang, limit=limit, kind=case.heading)))
        for colour, marker, key in (
            (_WITHIN, "o", "case_within"), (_BEYOND, "o", "case_beyond"), (_INK, "^", "case_facility")
        )
    ]  # fmt: skip
    figure.legend(handles=handles, loc="lower center", ncols=3, prop=letters, frameon=False)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name in a script that the font lacks is drawn as boxes
        canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _box(case: Case) -> tuple[float, float, float, float]:
    bounds = np.array([sight.residents.total_bounds for sight in (case.before, case.after) if len(sight.residents)])
    west, south, east, north = (
        (*np.min(bounds, axis=0)[:2], *np.max(bounds, axis=0)[2:]) if len(bounds) else (0, 0, 1, 1)
    )
    shrink = math.cos(math.radians((south + north) / 2))
    wide, high = max(east - west, _LEAST_DEG), max(north - south, _LEAST_DEG)
    ratio = 0.49 / (0.77 * _HIGH)  # width to height of one map
    wide, high = max(wide, high * ratio / shrink), max(high, wide * shrink / ratio)
    x, y, half = (west + east) / 2, (south + north) / 2, 0.5 + _MARGIN
    return x - half * wide, y - half * high, x + half * wide, y + half * high


def _draw(axes: Any, sight: Sight, box: tuple[float, float, float, float]) -> None:
    west, south, east, north = box
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])
    parts = shapely.get_parts(sight.land.geometry.to_numpy()) if len(sight.land) else []
    rings = [
        np.asarray(part.exterior.coords)[:, :2] for part in parts if part.geom_type == "Polygon" and not part.is_empty
    ]
    axes.add_collection(PolyCollection(rings, facecolor=_LAND, edgecolor=_EDGE, linewidth=0.4, zorder=1))
    for is_within, colour in ((True, _WITHIN), (False, _BEYOND)):
        homes = sight.residents[sight.residents["is_within"] == is_within]
        axes.scatter(homes.geometry.x, homes.geometry.y, s=7, c=colour, linewidths=0, zorder=2 + (not is_within))
    places = sight.facilities[~sight.facilities.geometry.is_empty & sight.facilities.geometry.notna()]
    axes.scatter(places.geometry.x, places.geometry.y, s=16, marker="^", c=_INK, linewidths=0, zorder=4)
