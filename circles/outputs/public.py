"""The public edition of a run: what may leave the office, and nothing else.

One page and one table, made of the statement alone: no resident points, no raw tables, no names of places or people, no
telephone numbers. Groups of fewer than ten people are shown as 「少于10人」, and where a share would give such a group away,
the share's bound is shown instead. A picture stands on it only where the area has a map review number (审图号).
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from circles.area import Area
from circles.foundation import errors, words
from circles.foundation.errors import CallError
from circles.foundation.schema.tables import ALL
from circles.foundation.words import Lang
from circles.outputs import files, folder, inline
from circles.outputs.map import three_way
from circles.outputs.public_picture import picture, read_layers
from circles.outputs.statement import COLOURS, GROUNDS
from circles.outputs.text import visible

FEW = 10
"""Fewer people than this are never shown as a number."""
_COLUMNS = ("township", "service", "base", "bar", "text", "word")


@dataclass(frozen=True)
class About:
    """What the page says of the area: name, date, limit in minutes, 审图号, lines drawn or not, and the run."""

    name: str
    as_of: str
    limit_min: float
    review_number: str
    run_id: str
    unit: str


def about(area: Area, run_id: str = "", *, lang: Lang = "zh") -> About:
    """Return what the page says of an area."""
    unit = words.text("report.points" if area.counts_points else "report.people", lang)
    return About(area.name, area.as_of.isoformat(), area.walk.limit_min, area.map.review_number, run_id, unit)


def publish(run: Path, out: Path) -> bool:
    """Write the public edition of a finished run, in the language of the run; ``out`` is replaced atomically.

    Returns
    -------
    bool
        Whether it holds a map.

    Raises
    ------
    CallError
        ``run`` is no finished run or a demonstration, its map is missing or damaged, or ``out`` may not be replaced.
    """
    record = folder.record(run)
    if record.get("demonstration") is not False:
        raise CallError(errors.error("publish-demonstration", str(run), value=str(record.get("area_name", run))))
    try:
        payload = three_way.read(run / "index.html")
        said, area = payload["statement"], payload["area"]
    except (OSError, KeyError, ValueError, errors.InputError) as e:
        raise CallError(errors.error("publish-map-missing", str(run), value=str(run), detail=str(e)[:200])) from e
    lang = payload["lang"]  # the statement's own words
    known = About(
        area["name"],
        area["asOf"],
        float(area["limit"]),
        str(area["review"] or ""),
        str(record.get("run_id", "")),
        area["unit"],
    )
    drawn = picture(read_layers(run / "circles.gpkg"), said) if known.review_number else ""
    with folder.replaced(out, makes_parents=True) as target:
        (target / "index.html").write_bytes(page(said, known, lang=lang, drawn=drawn).encode("utf-8"))
        files.write_csv(table(said, lang), target / "statement.csv")
        files.write_run(
            {
                "kind": "public", "area": record["area"], "area_name": known.name, "version": record["version"],
                "of_run": known.run_id, "demonstration": False, "as_of": known.as_of, "review_number": known.review_number,
            },
            target,
        )  # fmt: skip
    return bool(drawn)


def table(said: Mapping[str, Any], lang: Lang) -> pd.DataFrame:
    """Return the cells of the public page as a table: texts only, small groups masked."""
    names = {head["category"]: head["name"] for head in said["heads"]}
    rows = [
        (row["place"], names[row["category"]], row["base"], row["bar"], cell_text(row, lang), row["said"])
        for row in said["rows"]
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def cell_text(row: Mapping[str, Any], lang: Lang) -> str:
    """Return what the public may read of a cell: its text, or a bound where it would give away fewer than ten people."""
    part, whole = row["numerator"], row["denominator"]
    if row["measure"] not in ("", "population_share", "nearest_minutes") or part is None or whole is None:
        return str(row["cell"])
    symbol = str(row["cell"]).removesuffix(str(row["text"]))
    if 0 < whole < FEW:
        return symbol + words.text("public.few", lang)
    if 0 < part < FEW:
        return symbol + words.text("public.below", lang, share=f"{math.ceil(1000 * FEW / whole) / 10:g}%")
    if 0 < whole - part < FEW:
        return symbol + words.text("public.above", lang, share=f"{math.floor(1000 * (whole - FEW) / whole) / 10:g}%")
    return str(row["cell"])


def people(number: float | None, unit: str, lang: Lang) -> str:
    """Return a number of people as the public may read it."""
    if number is None:
        return "–"
    return (
        words.text("public.few", lang) if 0 < number < FEW else f"{number:,.0f}{unit if lang == 'zh' else f' {unit}'}"
    )


def page(said: Mapping[str, Any], known: About, *, lang: Lang, drawn: str = "") -> str:
    """Return the page as HTML: the sentence, the statement, how it was found; no script, nothing fetched.

    Parameters
    ----------
    said : the statement as data (`headline.first_screen`)
    known : what the page says of the area
    lang : language of what is not the statement's own text
    drawn : a picture as SVG; '' where the area has no map review number
    """
    title = words.text("public.title", lang, area=known.name, limit=f"{known.limit_min:g}")
    day = words.text("public.as_of", lang, date=known.as_of)
    review = words.text("report.map_review", lang, number=known.review_number) if known.review_number else ""
    body = [
        f"<h1>{_safe(title)}</h1>", f"<p>{_safe(day)}</p>", f"<p><b>{_safe(_headline(said))}</b></p>",
        _statement(said, lang), f"<p>{_safe('　'.join(said['legend']))}</p>", _county(said, known, lang),
        f"<figure>{drawn}<figcaption>{_safe(review)}</figcaption></figure>" if drawn else "",
        f"<p class='note'>{_safe(words.text('public.method', lang, limit=f'{known.limit_min:g}'))}</p>",
        f"<p class='note'>{_safe(words.text('public.masked', lang))}</p>",
    ]  # fmt: skip
    shell = (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_safe(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
    )
    return (
        shell.replace("{policy}", inline.policy("")) + "\n".join(filter(None, body)) + "\n</main>\n</body>\n</html>\n"
    )


def _headline(said: Mapping[str, Any]) -> str:
    """Return the sentence, unless it would name fewer than ten people."""
    county = said["county"]
    largest = next((r for r in said["rows"] if r["code"] == ALL and r["category"] == county["largest"]), None)
    is_few = largest is not None and 0 < (largest["uncovered"] or 0) < FEW
    return "" if is_few else str(said["headline"])


def _statement(said: Mapping[str, Any], lang: Lang) -> str:
    """Return the table of the statement, in the county's own order."""
    cells = {(row["code"], row["category"]): row for row in said["rows"]}
    heads = ["\n".join([head["name"], head["base"], *head["bars"]]) for head in said["heads"]]
    corner, kinds = words.text("report.township", lang), words.text("statement.kinds_head", lang)
    rows = [_row([_cell(corner, "th"), *(_cell(head, "th") for head in heads), _cell(kinds, "th")])]
    for town in [*said["towns"], {"code": ALL, "name": said["countyName"], "text": ""}]:
        own = [cells[town["code"], head["category"]] for head in said["heads"]]
        shown = [_cell(cell_text(row, lang), kind=row["verdict"], title=row["said"]) for row in own]
        rows.append(_row([_cell(town["name"], "th"), *shown, _cell(town["text"])]))
    return f'<table id="statement">{"".join(rows)}</table>'


def _county(said: Mapping[str, Any], known: About, lang: Lang) -> str:
    """Return, kind by kind, how many people are covered, not covered and still to be covered in the whole area."""
    whole = {row["category"]: row for row in said["rows"] if row["code"] == ALL}
    heads = [words.text(f"statement.{key}", lang) for key in ("service", "base", "value", "uncovered", "needed")]
    rows = [_row([_cell(head, "th") for head in heads])]
    for head in said["heads"]:
        row = whole[head["category"]]
        is_people = row["measure"] in ("", "population_share")
        numbers = [people(row[key], known.unit, lang) if is_people else "–" for key in ("uncovered", "needed")]
        rows.append(
            _row([_cell(head["name"], "th"), _cell(row["base"]), _cell(cell_text(row, lang)), *map(_cell, numbers)])
        )
    return f'<table id="county"><caption>{_safe(said["countyName"])}</caption>{"".join(rows)}</table>'


def _row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(value: str, tag: str = "td", *, kind: str = "", title: str = "") -> str:
    more = (f' class="{kind}"' if kind else "") + (f' title="{_safe(title)}"' if title else "")
    return f"<{tag}{more}>{_safe(value).replace(chr(10), '<br>')}</{tag}>"


def _safe(value: str) -> str:
    return html.escape(visible(str(value)), quote=True)


def _style() -> str:
    palette = "".join(f".{key}{{color:{COLOURS[key]};background:{GROUNDS[key]}}}" for key in COLOURS)
    return (
        "body{margin:0;color:#1d2733;font:16px/1.6 'Microsoft YaHei','PingFang SC','Noto Sans CJK SC',sans-serif}"
        "main{max-width:960px;margin:0 auto;padding:20px}table{border-collapse:collapse;margin:12px 0}"
        "th,td{border:1px solid #c5cdd5;padding:4px 10px;text-align:center}th{background:#eef3f7;font-weight:600}"
        ".note{color:#4a5560;font-size:14px}svg{max-width:100%;height:auto}figure{margin:12px 0}" + palette
    )
