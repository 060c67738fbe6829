"""What the page shows of the hours of a week and of boats: nothing where an area has neither."""

from __future__ import annotations

from typing import Any

import numpy as np

from circles.analysis.results import Tables

_MOST = 4_000_000
"""Minutes of residents beyond which the page shows which places are open, and not who reaches them."""


def layers(tables: Tables) -> dict[str, Any]:
    """Return the layers ``times`` and ``boats``, those that the area has."""
    found: dict[str, Any] = {}
    if tables.week is not None:
        found["times"] = _times(tables)
    if len(tables.by_boat):
        found["boats"] = _boats(tables)
    return found


def _hundredths(minutes: Any) -> Any:
    """Return minutes in hundredths, rounded up so that nobody moves inside a limit; -1 where there are none."""
    values = np.asarray(minutes, dtype=np.float64)
    return np.where(np.isfinite(values), np.ceil(values * 100 - 1e-5), -1).astype(np.int64)


def _times(tables: Tables) -> dict[str, Any]:
    week = tables.week
    if week is None:
        raise TypeError("no week was worked out")
    ids = [category.id for category in tables.area.categories]
    cells = sum(len(minutes) for own in week.minutes.values() for minutes in own)
    return {
        "monday": week.monday.isoformat(),
        "state": week.state.ravel().astype(np.int64),
        "at": [week.at[key] for key in ids],
        "minutes": [[_hundredths(own) for own in week.minutes[key]] if cells <= _MOST else [] for key in ids],
    }


def _boats(tables: Tables) -> dict[str, Any]:
    names = {journey.id: journey.name or journey.id for journey in tables.area.journeys}
    order = tables.residents["id"]
    shown = []
    for (journey, moment), own in tables.by_boat.groupby(["journey", "moment"], sort=False):
        rows = own.set_index("resident_id").reindex(order)
        places = tables.boats_by_place
        places = places[
            (places["journey"] == journey) & (places["moment"] == moment) & places["level"].isin(["all", "island"])
        ]
        shown.append(
            {
                "name": names[str(journey)],
                "moment": str(moment).replace("T", " "),
                "minutes": _hundredths(rows["minutes"]),
                "places": [
                    [row["level"], row["name"], row["population"], row["reached"], row["same_day"],
                     None if np.isnan(row["minutes_p50"]) else row["minutes_p50"],
                     None if np.isnan(row["share_of_days"]) else row["share_of_days"]]
                    for row in places.to_dict("records")
                ],
            }
        )  # fmt: skip
    piers: dict[str, dict[str, Any]] = {}
    for row in tables.departures.to_dict("records"):
        own_pier = piers.setdefault(
            row["pier"],
            {"name": row["name"], "at": None if np.isnan(row["lon"]) else [row["lon"], row["lat"]], "rows": []},
        )
        own_pier["rows"].append([row["departs"], row["line"], row["to"], row["days"]])
    return {"journeys": shown, "piers": list(piers.values()), "example": bool(tables.departures["is_example"].any())}
