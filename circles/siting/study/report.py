"""The answer as text for a terminal: the sites, the curve, the other answers, the verdicts."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.verdicts import is_share
from circles.area import Area
from circles.foundation import words
from circles.foundation.words import Lang

if TYPE_CHECKING:
    from circles.siting.study.result import Study

__all__ = ["as_text"]


def as_text(found: Study) -> str:
    """Return everything that a council asks about an answer, as plain text."""
    blocks = [found.summary(), _sites(found), _curve(found), _others(found), _verdicts(found), _promise(found)]
    return "\n\n".join(block for block in blocks if block)


def _text(name: str, found: Study, **values: object) -> str:
    return words.text(f"placement.{name}", found.lang, unit=unit(found), **values)


def _sites(found: Study) -> str:
    new = found.sites[found.sites["action"] == "add"]
    has_price = new["cost"].notna().any()
    others = [name for name in new.columns if name.startswith("gain_") and name != f"gain_{found.wish.group}"]
    head = [_text(f"column_{name}", found) for name in ("order", "place", "gain", "covered", "share")]
    head += [group_title(name.removeprefix("gain_"), found.lang) for name in others]
    head += [_text("column_combined", found)] if "combined_gain" in new else []
    head += [_text("column_served", found)] if "served" in new else []
    head += [_text("column_cost", found), _text("column_cost_per_person", found)] if has_price else []
    rows = [head]
    for row in new.to_dict("records"):
        cells = [
            f"{row['order']}",
            str(row["place"]),
            _number(row["gain"]),
            _number(row["covered"]),
            shown_percent(row["share"]),
        ]
        cells += [_number(row[name]) for name in others]
        cells += [_number(row[name]) for name in ("combined_gain", "served") if name in new]
        cells += [_number(row["cost"]), _number(row["cost_per_person"])] if has_price else []
        rows.append(cells)
    lines = [aligned(rows)]
    closed = found.sites[found.sites["action"] == "close"]
    if len(closed):
        lines.append(_text("closed", found, names=words.listed(closed["name"].astype(str), found.lang)))
    return "\n".join(lines)


def _curve(found: Study) -> str:
    rows = [[_text(f"column_{name}", found) for name in ("added", "covered", "share", "more")]]
    for row in found.gain.to_dict("records"):
        texts = [_text("status_infeasible", found), "", ""]
        if not math.isnan(row["covered"]):
            texts = [_number(row["covered"]), shown_percent(row["share"]), _number(row["gain"])]
            if row["status"] in ("within_gap", "time_limit"):
                texts[0] += f" (±{row['gap']:.2%})"
        rows.append([str(row["added"]), *texts])
    return _text("curve", found) + "\n" + aligned(rows)


def _others(found: Study) -> str:
    ranks = found.alternatives["rank"].nunique() if len(found.alternatives) else 0
    if ranks < 2:
        return _text("no_others", found, within=f"{found.wish.within:.0%}")
    rows = [[_text(f"column_{name}", found) for name in ("rank", "covered", "loss", "changed")]]
    for rank, part in found.alternatives.groupby("rank"):
        moved = part.loc[~part["is_in_best"].astype(bool), "place"].astype(str)
        first = part.iloc[0]
        texts = words.listed(moved, found.lang) or _text("the_answer", found)
        rows.append([str(rank), _number(first["covered"]), f"{first['loss']:.2%}", texts])
    return _text("others", found, within=f"{found.wish.within:.0%}") + "\n" + aligned(rows)


def _verdicts(found: Study) -> str:
    if found.verdict_changes.empty:
        return _text("no_verdicts", found)
    rows = []
    for row in found.verdict_changes.to_dict("records"):
        numbers = [_value(row, when) for when in ("before", "after")]
        turned = _text("turned", found) if row["has_turned"] else ""
        verdicts = [_verdict(found, str(row[f"verdict_{when}"])) for when in ("before", "after")]
        rows.append(
            [
                str(row["township"]),
                str(row["rule_id"]),
                f"{numbers[0]} {verdicts[0]}",
                "→",
                f"{numbers[1]} {verdicts[1]}",
                turned,
            ]
        )
    return _text("verdicts", found) + "\n" + aligned(rows)


def _verdict(found: Study, verdict: str) -> str:
    mark = "demo_" if found.area.demonstration and verdict in ("met", "not_met") else ""
    return _text(f"verdict_{mark}{verdict}", found)


def _value(row: Mapping[Hashable, object], when: str) -> str:
    value = row[f"value_{when}"]
    if not row["measure"]:  # the overall row counts rules
        return ""
    if not isinstance(value, float) or math.isnan(value):
        return ""
    if is_share(str(row["measure"])):
        threshold = row["threshold"]
        return shown_percent(value, threshold if isinstance(threshold, float) else None)
    return f"{value:g}"


def _promise(found: Study) -> str:
    if abs(found.covered_promised - found.covered_after) <= 1e-6:
        return _text("promise_kept", found, covered=_number(found.covered_after))
    return _text("promise_broken", found, promised=found.covered_promised, covered=found.covered_after)


def unit(found: Study) -> str:
    """Return what is counted: people, or points where the area has no population."""
    return words.text("placement.unit_points" if found.area.counts_points else "placement.unit_people", found.lang)


def group_title(group: str, lang: Lang, area: Area | None = None) -> str:
    """Return a group as people call it: its words where there are any, else the column's own name."""
    is_points = area is not None and group == "population" and area.counts_points
    entry = words.catalogue("placement").get("group_points" if is_points else f"group_{group}")
    return entry[lang] if entry else group


def _number(value: object) -> str:
    if not isinstance(value, int | float) or pd.isna(value):
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.2f}"


def aligned(rows: list[list[str]]) -> str:
    """Return rows as columns of equal width; Chinese characters take two places."""
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
