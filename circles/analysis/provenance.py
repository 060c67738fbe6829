"""What is known of an area's inputs, and how: one table from the inputs' own columns, for any area."""

from __future__ import annotations

import math

import pandas as pd

from circles.area import StreetPoints
from circles.foundation.schema.tables import TABLES
from circles.inputs.loading import Inputs

UNSTATED = "unstated"
"""Kind of what no column says anything about."""


def provenance(inputs: Inputs) -> pd.DataFrame:
    """Return the table ``provenance``: what share of each input is surveyed, approximate, modelled, or not said.

    Facilities and villages by ``position``; people by the position of their village, where a table of villages says
    one (points along streets are ``modelled``); streets by ``source``, in kilometres of line; heights as
    ``terrain_source`` says, else as modelled in a demonstration, ``flat`` where there are none. Shares of one subject add up to 1.
    """
    rows = [
        *_shares("facilities", inputs.facilities.get("position"), pd.Series(1.0, index=inputs.facilities.index)),
        *_shares("villages", inputs.villages.get("position"), pd.Series(1.0, index=inputs.villages.index)),
        *_people(inputs),
        *_streets(inputs),
        *_heights(inputs),
    ]
    return TABLES["provenance"].frame(rows)


def _shares(subject: str, kinds: pd.Series | None, amounts: pd.Series) -> list[tuple[str, str, float, float]]:
    """Return (subject, kind, amount, share), the largest amount first."""
    if not len(amounts):
        return []
    named = pd.Series(UNSTATED, index=amounts.index) if kinds is None else kinds.astype(object).fillna("").astype(str)
    named = named.where(named != "", UNSTATED)
    number, kinds_found = pd.factorize(named, sort=True)
    sums = {str(kind): math.fsum(amounts[number == at].tolist()) for at, kind in enumerate(kinds_found)}
    whole = math.fsum(sums.values())
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [(subject, kind, amount, amount / whole if whole > 0 else math.nan) for kind, amount in ordered]


def _people(inputs: Inputs) -> list[tuple[str, str, float, float]]:
    people = inputs.residents["population"].astype(float)
    if isinstance(inputs.area.data.residents, StreetPoints):
        return _shares("people", pd.Series("modelled", index=people.index), people)
    if "position" not in inputs.villages.columns or "village_code" not in inputs.residents.columns:
        return _shares("people", None, people)
    known = dict(zip(inputs.villages["code"].astype(str), inputs.villages["position"].astype(str), strict=True))
    return _shares("people", inputs.residents["village_code"].astype(str).map(known), people)


def _streets(inputs: Inputs) -> list[tuple[str, str, float, float]]:
    edges = inputs.network.edges
    length_km = edges["length_m"].astype(float) / 1000.0
    lines = inputs.streets.lines.drop_duplicates("street_id").set_index("street_id")  # a kept network has many of one
    if "source" not in lines.columns:
        return _shares("street_km", None, length_km)
    return _shares("street_km", edges["street_id"].map(lines["source"]), length_km)


def _heights(inputs: Inputs) -> list[tuple[str, str, float, float]]:
    if inputs.area.data.terrain is None:
        return [("heights", "flat", 1.0, 1.0)]
    said = inputs.area.terrain_source or ("modelled" if inputs.area.demonstration else UNSTATED)
    return [("heights", said, 1.0, 1.0)]
