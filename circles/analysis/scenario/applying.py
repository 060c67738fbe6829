"""A scenario on the inputs of an area: facilities and streets as they would be. Nothing given is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.scenario import links
from circles.analysis.scenario.model import Scenario
from circles.analysis.scenario.reading import place
from circles.analysis.scenario.relocating import relocated
from circles.area import Area
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError, ScenarioError
from circles.foundation.schema.tables import TABLES, Status, Streets
from circles.inputs import checks
from circles.inputs.crossing import across_squares
from circles.inputs.entrances import Doors
from circles.inputs.loading import Inputs
from circles.inputs.locating import placed, project
from circles.inputs.served_villages import villages_served
from circles.network import StreetNetwork, build

_OF_A_PLACE = frozenset(
    {"at-sea", "off-land", "no-township", "township-unknown", "township-other", "place-double", "same-name"}
)
"""Findings about where a facility is: those of the old place go when it moves or closes."""


def apply(inputs: Inputs, scenario: Scenario) -> Inputs:
    """Return the inputs of an area as the scenario would have them; ``inputs`` stays as it is.

    Facilities that are added or moved are placed, and later snapped, exactly as those of a file. Residents stay where
    they are unless they are relocated, points along streets (``{streets = 50}``) included. A moved facility takes the township it comes to lie
    in, unless the entry says another.

    Raises
    ------
    ScenarioError
        With every entry that does not fit the area: ids that are unknown or taken, a facility closed already, streets
        that do not exist, links that start nowhere near a street, places far away.
    """
    found = list(scenario.findings)
    wrong = _misfits(inputs, scenario)
    area = replace(inputs.area, walk=scenario.walk, walkers=scenario.walkers)
    facilities, changed = _facilities(inputs, scenario)
    found += _doubts(area, inputs, facilities, scenario)
    found += villages_served(facilities, inputs.villages, inputs.residents)[1]
    streets, network, more = _streets(inputs, scenario)
    found += more
    residents, more = relocated(inputs.residents, scenario.content.relocate, where=place(scenario.file, "relocate"))
    found += more
    wrong += [item for item in found if item.severity == "error"]
    if wrong:
        raise ScenarioError(wrong)
    xy, island = inputs.facility_xy, inputs.facility_island
    if len(facilities):
        xy, island, facilities, more = _replaced(area, inputs, facilities, changed)
        found += more
    kept = _kept_findings(inputs, scenario, network)
    doors, more = _doors(inputs, scenario)
    found += more
    if area.walk.cross_squares:
        homes = inputs.resident_xy, inputs.resident_island
        plain = _built(inputs, streets)
        network, _ = across_squares(area, streets, plain, (xy, island), homes, heights=inputs.heights, doors=doors)
    return replace(
        inputs, doors=doors, area=area, residents=residents, facilities=facilities, facility_xy=xy, facility_island=island, streets=streets,
        network=network, findings=tuple(kept + found), digests=inputs.digests | {scenario.file: scenario.digest},
    )  # fmt: skip


def _misfits(inputs: Inputs, scenario: Scenario) -> list[Finding]:
    """Return the entries whose ids do not fit the area."""
    known = dict(zip(inputs.facilities["id"].astype(str), inputs.facilities["status"], strict=True))
    found, content = [], scenario.content
    for row, id_ in zip(scenario.added["row"], scenario.added["id"], strict=True):
        if id_ in known:
            found.append(errors.error("scenario-id-taken", place(scenario.file, "add"), int(row), id_, value=id_))
    blocks = (("move", scenario.moved["id"].tolist()), ("close", [e.id for e in content.close]),
              ("resize", [e.id for e in content.resize]))  # fmt: skip
    for block, ids in blocks:
        for row, id_ in enumerate(ids, 1):
            where = (place(scenario.file, block), row, id_)
            if id_ not in known:
                near = nearest_word.near(id_, list(known))
                found.append(errors.error("scenario-id-unknown", *where, value=id_, near=near))
            elif known[id_] == Status.CLOSED:
                found.append(errors.error("scenario-closed-already", *where, value=id_))
    streets = set(inputs.streets.lines["street_id"].tolist())
    for row, entry in enumerate(content.remove_streets, 1):
        if entry.street_id not in streets:
            where = (place(scenario.file, "remove_streets"), row, str(entry.street_id))
            found.append(errors.error("scenario-street-unknown", *where, value=entry.street_id))
    return found


def _facilities(inputs: Inputs, scenario: Scenario) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.bool_]]:
    """Return the facilities as they would be, not yet placed anew, and which rows must be."""
    out = inputs.facilities.copy()
    at = {id_: row for row, id_ in enumerate(out["id"].astype(str))}
    changed = np.zeros(len(out), dtype=bool)
    geometry = out.geometry.to_numpy().copy()
    for item in scenario.moved.itertuples():
        if (row := at.get(item.id)) is None:
            continue
        changed[row], geometry[row] = True, item.geometry
        values = {"township_code": item.township_code, "position": item.position,
                  "position_accuracy_m": item.position_accuracy_m, "file": place(scenario.file, "move"), "row": item.row}  # fmt: skip
        for name, value in values.items():
            out.iloc[row, out.columns.get_loc(name)] = value
    out = out.set_geometry(gpd.GeoSeries(geometry, index=out.index, crs=out.crs))
    for entry in scenario.content.close:
        if entry.id in at:
            out.iloc[at[entry.id], out.columns.get_loc("status")] = Status.CLOSED.value
            out.iloc[at[entry.id], out.columns.get_loc("is_counted")] = False
    for change in scenario.content.resize:
        if change.id in at:
            out.iloc[at[change.id], out.columns.get_loc("capacity")] = change.capacity
    if not len(scenario.added):
        return out, changed
    own = scenario.added[TABLES["facilities"].names].copy()
    own["source"] = own["source"].where(own["source"].ne(""), scenario.name)
    frame = pd.concat([pd.DataFrame(out), pd.DataFrame(own)[out.columns.intersection(own.columns)]], ignore_index=True)
    frame = frame.astype({name: out[name].dtype for name in ("row", "is_counted", "capacity", "position_accuracy_m")})
    return (
        gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326"),
        np.concatenate([changed, np.ones(len(own), dtype=bool)]),
    )


def _doubts(area: Area, inputs: Inputs, facilities: gpd.GeoDataFrame, scenario: Scenario) -> list[Finding]:
    """Return what the doctor says of facilities that were added or moved."""
    if not len(scenario.added) and not len(scenario.moved):
        return []
    own = {place(scenario.file, block) for block in ("add", "move")}
    towns = None if area.data.townships is None and area.data.land is not None else inputs.townships
    return [item for item in checks.check(area, facilities, None, towns, inputs.land) if item.table in own]


def _replaced(
    area: Area, inputs: Inputs, facilities: gpd.GeoDataFrame, changed: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], gpd.GeoDataFrame, list[Finding]]:
    """Return places and islands of all facilities, the table with those of the changed rows, and what is doubtful."""
    n = len(inputs.facility_xy)
    xy = np.full((len(facilities), 2), np.nan)
    island = np.full(len(facilities), -1, dtype=np.int64)
    xy[:n], island[:n] = inputs.facility_xy, inputs.facility_island
    rows = np.flatnonzero(changed)
    if not len(rows):
        return xy, island, facilities, []
    xy[rows] = project(facilities.iloc[rows], area.crs)
    ground = inputs.network.islands
    own, island[rows], found = placed(
        area, facilities.iloc[rows], xy[rows], ground=ground, towns=inputs.townships, table="facilities"
    )
    out = facilities.copy()
    for name in ("island", "township_code"):
        out.iloc[rows, out.columns.get_loc(name)] = own[name].to_numpy()
    return xy, island, out, found


def _doors(inputs: Inputs, scenario: Scenario) -> tuple[Doors | None, list[Finding]]:
    """Return the doors without those of facilities that move: at the new place there are none that are known."""
    if inputs.doors is None:
        return None, []
    moved = inputs.facilities["id"].astype(str).isin(set(scenario.moved["id"])).to_numpy()
    left = [id_ for id_ in dict.fromkeys(inputs.doors.table["facility_id"]) if id_ in set(scenario.moved["id"])]
    where = place(scenario.file, "move")
    return inputs.doors.without(moved), [errors.info("scenario-doors-left", where, id=id_) for id_ in left]


def _streets(inputs: Inputs, scenario: Scenario) -> tuple[Streets, StreetNetwork, list[Finding]]:
    """Return the streets and their network; findings of a network that could not be built are returned, not raised."""
    content, where = scenario.content, place(scenario.file, "links")
    if not scenario.changes_network:
        return inputs.streets, inputs.network, []
    streets, network = inputs.streets, inputs.network
    try:
        if content.remove_streets:
            gone = np.array([entry.street_id for entry in content.remove_streets], dtype=np.int64)
            streets = links.without(streets, gone)
            network = _built(inputs, streets)
        found: list[Finding] = []
        if content.links:
            snap = inputs.area.walk.snap_max_m
            ends, found = links.ends_of(content.links, scenario.link_xy, network, snap_max_m=snap, where=where)
            if not any(item.severity == "error" for item in found):
                streets = links.with_links(streets, content.links, scenario.link_xy, ends, source=scenario.name)
                network = _built(inputs, streets)
    except InputError as e:
        return inputs.streets, inputs.network, list(e.findings)
    return streets, network, found + list(network.findings)


def _built(inputs: Inputs, streets: Streets) -> StreetNetwork:
    return build(streets, inputs.network.islands, crs=inputs.area.crs, heights=inputs.heights)


def _kept_findings(inputs: Inputs, scenario: Scenario, network: StreetNetwork) -> list[Finding]:
    """Return the area's findings without those that no longer hold."""
    gone = {entry.id for entry in scenario.content.close} | set(scenario.moved["id"])
    old = inputs.facilities[inputs.facilities["id"].isin(gone)]
    places = set(zip(old["file"].astype(str), old["id"].astype(str), strict=True)) | {("facilities", i) for i in gone}
    kept = [f for f in inputs.findings if not (f.code in _OF_A_PLACE and (f.table, f.id) in places)]
    if network is inputs.network:
        return kept
    return _without(kept, inputs.network.findings)


def _without(found: list[Finding], gone: Iterable[Finding]) -> list[Finding]:
    gone = list(gone)
    return [item for item in found if item not in gone]
