"""A matched survey as a scenario: new paths as links, and, where asked for, streets that it contradicts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import shapely
import tomlkit

from circles.analysis.surveyed.matching import Matched
from circles.foundation import errors
from circles.foundation.crs import GEOD
from circles.foundation.errors import Finding, InputError

HEAD = "# circles survey apply"
"""The first line of a scenario that was made from a survey; a file that begins otherwise is not written over."""
_AT_STREET_M = 2.0
"""A piece of a track ends on its street, but for the decimals that are written."""
_SNAP_MAX_M = 200.0
_SLACK_M = 1.0
_REPLACES = ("gone", "kind")
_STRAIGHT = 1.1
"""A row that is longer than this many times the straight line cannot be drawn from its ends alone."""


def as_scenario(
    matched: Matched, *, scenario_id: str, name: str, takes_contradicting: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the keys of a scenario, and notes on what is left out of it.

    Parameters
    ----------
    matched : from `match`
    scenario_id, name : what the scenario is called
    takes_contradicting : also take what contradicts the streets; else it is left to whoever decides

    Raises
    ------
    InputError
        Nothing is left to save, or a piece has no date.
    """
    table = matched.table
    taken = table["state"].eq("new") | (table["state"].eq("contradict") & takes_contradicting)
    undated = table[taken & table["surveyed_on"].eq("")]
    if len(undated):
        raise InputError(
            [
                errors.error("survey-undated", r.file, int(r.row), r.name or r.id)
                for r in undated.itertuples(index=False)
            ]
        )
    notes: list[Finding] = []
    links: list[dict[str, Any]] = []
    gone: dict[int, str] = {}
    walked = matched.is_track[taken.to_numpy()].tolist()
    for number, (row, is_track) in enumerate(zip(table[taken].to_dict("records"), walked, strict=True), 1):
        ids = [int(text) for text in row["street_ids"].split(";") if text]
        code = _cannot(row, ids, is_track=is_track)
        if code:
            where = (row["file"], int(row["row"]), row["name"] or row["id"])
            notes.append(errors.warning(code, *where, length=f"{row['length_m']:.0f}"))
            continue
        if row["why"] in _REPLACES:
            gone |= dict.fromkeys(ids, _source(row))
        if row["why"] != "gone":
            links.append(_link(row, number, is_track=is_track))
    left = int(table["state"].eq("contradict").sum())
    if left and not takes_contradicting:
        notes.append(errors.info("survey-left", str(table["file"].iloc[0]), count=left))
    if not links and not gone:
        raise InputError([*notes, errors.error("survey-nothing", str(table["file"].iloc[0]))])
    content: dict[str, Any] = {"scenario": {"id": scenario_id, "name": name}}
    if links:
        content["links"] = links
    if gone:
        content["remove_streets"] = [{"street_id": street, "note": note} for street, note in sorted(gone.items())]
    return content, notes


def _cannot(row: Mapping[str, Any], ids: list[int], *, is_track: bool) -> str:
    """Return the code of why a piece cannot be taken, '' where it can."""
    if row["why"] in _REPLACES and not ids:
        return "survey-part-street"
    is_drawn = is_track or row["why"] == "gone" or row["length_m"] <= _STRAIGHT * _straight_m(row)
    return "" if is_drawn and row["why"] != "length" else "survey-not-straight"


def scenario_text(content: Mapping[str, Any]) -> str:
    """Return a scenario as TOML."""
    return f"{HEAD}\n{tomlkit.dumps(content)}"


def _link(row: Mapping[str, Any], number: int, *, is_track: bool) -> dict[str, Any]:
    link: dict[str, Any] = {
        "id": f"survey-{number}", "name": row["name"] or row["id"], "highway": row["highway"] or "footway",
        "coordinates": [list(point) for point in shapely.get_coordinates(row["geometry"]).tolist()],
        "source": _source(row),
    }  # fmt: skip
    if row["why"] == "dead_end":
        link["dead_end"] = True
    link["snap_m"] = _AT_STREET_M if is_track else min(math.ceil(row["off_m"] + _SLACK_M), _SNAP_MAX_M)
    return link


def _straight_m(row: Mapping[str, Any]) -> float:
    return float(GEOD.inv(row["lon_from"], row["lat_from"], row["lon_to"], row["lat_to"])[2])


def _source(row: Mapping[str, Any]) -> str:
    """Return where a line comes from: who surveyed it, when, and what was counted."""
    parts = [row["source"] or row["file"], row["surveyed_on"]]
    parts += [f"{name} {row[key]:g}" for name, key in (("steps", "steps"), ("width_m", "width_m")) if row[key] > 0]
    return re.sub(r"\s+", " ", " ".join(part for part in parts if part)).strip()


def days_of(matched: Matched) -> str:
    """Return the dates of a survey, as its scenario's name says them; '' where it has none."""
    days = sorted(set(matched.table["surveyed_on"]) - {""})
    return days[0] if len(days) == 1 else f"{days[0]}…{days[-1]}" if days else ""
