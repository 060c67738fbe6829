"""The tables of an analysis that follow from residents, facilities and their walks, each made by its own room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.analysis.access import CategoryReach, Walks, walks_of
from circles.analysis.certainty.fairness_interval import with_intervals
from circles.analysis.choice import choice, choice_by_township
from circles.analysis.coverage import (
    by_island,
    by_village,
    coverage,
    equity,
    fairness,
    groups,
    poverty,
    straight_line,
    supply,
    variants,
)
from circles.analysis.coverage.shared_places import competition_table
from circles.analysis.coverage.supplied import od_costs
from circles.analysis.elder_child import elder_child_coverage, elder_child_sites
from circles.analysis.served_otherwise import served_otherwise
from circles.analysis.verdicts.measures import norms
from circles.area import Area
from circles.foundation.crs import WGS84, projected
from circles.foundation.errors import Finding, InputError, error
from circles.inputs.loading import Inputs, load
from circles.inputs.served_villages import villages_served
from circles.network import passability


def by_time(inputs: Inputs, walks: Walks) -> tuple[dict[str, Any], list[Finding]]:
    """Return the tables that look at moments; none where the area names no moment and no place states its hours."""
    from circles.inputs.hours.places import hours_of  # noqa: PLC0415 - as below

    area, hours = inputs.area, hours_of(inputs.area, inputs.facilities)
    if not area.moments and not any(hours):
        return {}, []
    from circles.analysis import by_time as timing  # noqa: PLC0415 - most areas state no hours

    walked, monday = timing.TimedWalks(walks, hours), timing.week_of(area)
    found: dict[str, Any] = {"coverage_by_time": timing.coverage_by_time(walked, area.moments, inputs.townships)}
    if any(hours):
        found["coverage_by_hour"] = timing.coverage_by_hour(walked, monday, inputs.townships)
        found["week"] = timing.week(walked, monday)
    return found, timing.unannounced(area, hours, [monday.date(), *(moment.at.date() for moment in area.moments)])


def by_boat(inputs: Inputs, walks: Walks) -> dict[str, pd.DataFrame]:
    """Return the tables of journeys by boat; none where the area names no journey."""
    if inputs.timetable is None or not inputs.area.journeys:
        return {}
    from circles.analysis import boats  # noqa: PLC0415 - few areas have boats

    sailings = [boats.Sailing(walks, inputs.timetable, journey) for journey in inputs.area.journeys]
    return {
        "by_boat": boats.by_boat(sailings),
        "boats_by_place": boats.by_place(sailings, inputs.townships, inputs.villages),
        "boats_by_line": boats.by_line(sailings),
        "departures": boats.departures(inputs.timetable),
    }


def by_population(inputs: Inputs, reaches: dict[str, CategoryReach]) -> dict[str, pd.DataFrame]:
    """Return coverage of each population; none where the area names none.

    Raises
    ------
    InputError
        A column that residents do not have, factors that are wrong or missing, a raster that cannot be read.
    """
    area = inputs.area
    if not area.populations:
        return {}
    from circles.analysis.populations import coverage_by_population  # noqa: PLC0415 - most areas have one population
    from circles.inputs.population.factors import factors_of  # noqa: PLC0415

    people = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    wrong = [
        error("population-column", area.file.name, id=one.id, value=one.column)
        for one in area.populations
        if one.column is not None and one.column not in groups(people)
    ]
    if wrong:
        raise InputError(wrong)
    own = {one.id: _raster_minutes(area, one.raster) for one in area.populations if one.raster is not None}
    factors = {
        one.id: factors_of(area, one.factors, people, one.id) for one in area.populations if one.factors is not None
    }
    minutes = {key: pd.Series(found.minutes, index=people["id"]) for key, found in reaches.items()}
    return {
        "coverage_by_population": coverage_by_population(area, people, minutes, factors, inputs.townships, rasters=own)
    }


def _raster_minutes(area: Area, raster: str) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Return the points of another population raster and their minutes per category."""
    data = area.data.model_copy(update={"residents": raster, "totals": None, "boats": ()})
    inputs = load(replace(area, data=data))
    walks = walks_of(inputs)
    people = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    found = {c.id: walks.to_category(c.id, area.walkers[c.profile]).minutes for c in area.categories}
    return people, {key: pd.Series(minutes, index=people["id"]) for key, minutes in found.items()}


def covered(inputs: Inputs, walks: Walks, reaches: dict[str, CategoryReach], access: pd.DataFrame) -> dict[str, Any]:
    """Return the tables of coverage, capacity and equity that every area has, by name.

    Parameters
    ----------
    inputs : the area's checked tables
    walks : residents and facilities, snapped to the network
    reaches : travel times to the nearest facility, by category id
    access : table ``access``
    """
    area, people = inputs.area, pd.DataFrame(inputs.residents.drop(columns="geometry"))
    minutes = {}
    for category in area.categories:
        for walker in sorted({c.profile for c in area.categories} | set(area.walk.profiles) | {"adult", "elder"}):
            own = walker == category.profile
            found = reaches[category.id] if own else walks.to_category(category.id, area.walkers[walker])
            minutes[category.id, walker] = pd.Series(found.minutes, index=people["id"])
    covered = coverage(people, access, area, inputs.townships)
    chosen = choice(walks)
    villages_of, _ = villages_served(inputs.facilities, inputs.villages, people)
    costs = od_costs(walks)
    return {
        "coverage": covered,
        "coverage_by_island": by_island(people, access, area),
        "coverage_by_village": by_village(people, access, area, inputs.villages),
        "coverage_variants": variants(people, minutes, area, inputs.townships),
        "straight_line": straight_line(
            covered,
            people,
            inputs.townships,
            area,
            resident_xy=inputs.resident_xy,
            facility_xy=inputs.facility_xy,
            facilities=pd.DataFrame(inputs.facilities),
        ),
        "poverty": poverty(people, access, area, inputs.townships, inputs.villages),
        "capacity": supply(walks, inputs.townships, costs, norm_measures=norms()),
        "competition": competition_table(walks, inputs.townships, costs),
        "served_otherwise": served_otherwise(
            people,
            access,
            pd.DataFrame(inputs.facilities),
            villages_of=villages_of,
            area=area,
            townships=inputs.townships,
        ),
        "elder_child": elder_child_sites(walks),
        "elder_child_coverage": elder_child_coverage(walks, inputs.townships),
        "fairness": with_intervals(fairness(people, access, area), inputs, access),
        "choice": chosen,
        "choice_by_township": choice_by_township(walks, chosen, inputs.townships),
        "equity": equity(people, access, area, inputs.townships),
    }


def names_of(villages: pd.DataFrame) -> dict[str, str]:
    """Return the name of each village by its code."""
    return dict(zip(villages["code"], villages["name"], strict=True)) if "code" in villages.columns else {}


def snapped_facilities(facilities: gpd.GeoDataFrame, reaches: dict[str, CategoryReach]) -> gpd.GeoDataFrame:
    """Return the facilities with the length of their own access leg in metres, and why one has none."""
    leg = np.full(len(facilities), np.nan)
    for item in reaches.values():
        mine = (facilities["category"] == item.category).to_numpy()
        leg[mine] = item.facility_snapped.leg_m[mine]
    return facilities.assign(leg_m=leg, reason=np.where(np.isnan(leg), "not_joined", ""))


def street_table(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the lines as they were read, in EPSG:4326, each with whether somebody may walk it."""
    streets = inputs.streets
    keep = np.diff(streets.offsets) > 1
    size = np.diff(streets.offsets)
    xy = projected(streets.xy[np.repeat(keep, size)], inputs.area.crs, WGS84)
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(int(keep.sum())), size[keep]))
    frame = streets.lines[keep].reset_index(drop=True)
    out = pd.DataFrame({"street_id": frame["street_id"]})
    for name in ("name", "highway", "bridge", "tunnel", "source", "confidence"):
        out[name] = frame[name].fillna("").astype(str) if name in frame else ""
    out["is_passable"] = passability.passable(frame)
    return gpd.GeoDataFrame(out, geometry=lines, crs=WGS84)
