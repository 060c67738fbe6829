"""Points along residential streets: of weight 1 where nothing is known, or carrying the people of villages."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area import VillagePeople
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64
from circles.network import Islands, passability
from circles.network.noding import lengths

_ANYWHERE_M = 1e7


def street_points(streets: Streets, *, spacing_m: float, crs: str) -> gpd.GeoDataFrame:
    """Return one point of weight 1 each so many metres along all residential streets laid end to end.

    Parameters
    ----------
    streets : lines in ``crs``
    spacing_m : metres from point to point
    crs : the area's metric CRS

    Returns
    -------
    points : ``id, population`` (1.0), ``township_code, village_code`` (''), geometry in EPSG:4326
    """
    length = np.where(passability.residential(streets.lines), lengths(streets.offsets, streets.xy), 0.0)
    end = np.cumsum(length)
    at = np.arange(spacing_m / 2, end[-1] if len(end) else 0.0, spacing_m)
    line = np.searchsorted(end, at, side="right")
    points = _on_lines(streets, line, at - (end[line] - length[line]))
    street = streets.lines["street_id"].to_numpy()[line]
    # a way that lost vertices stands as several lines of one street: their number keeps ids unique
    ids = [f"s{s}-{i}-{r}" for s, i, r in zip(street.tolist(), line.tolist(), _rank(line).tolist(), strict=True)]
    frame = pd.DataFrame(
        {"id": pd.Series(ids, dtype="str"), "population": 1.0, "township_code": "", "village_code": ""}
    )
    frame = frame.astype({"population": "float64", "township_code": "str", "village_code": "str"})
    return gpd.GeoDataFrame(frame, geometry=points, crs=crs).to_crs("EPSG:4326")


def spread(
    villages: gpd.GeoDataFrame,
    people: pd.DataFrame,
    streets: Streets,
    ground: Islands,
    *,
    how: VillagePeople,
    crs: str,
    table: str,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Spread the people of villages along the residential streets nearest to them, evenly by length.

    Each street is cut into equal parts of about ``how.villages`` metres; the middle of a part belongs to the nearest
    village of its island that is no further than ``how.within_m``, or than the village's own ``position_accuracy_m``
    where that is larger (of villages equally near, the one whose code is least). Every number of a village is shared
    by the metres of its parts, so that its sum is kept. A village without such a street keeps its people at its own
    point, and a finding says so; nobody is put on another island's street.

    Parameters
    ----------
    villages : ``code, township_code, position_accuracy_m`` and points in EPSG:4326
    people : ``code, population`` and groups
    streets : lines in ``crs``
    ground : the islands
    how : spacing and distance
    crs : the area's metric CRS
    table : name of the villages' file, for findings

    Returns
    -------
    residents : ``id, population``, groups, ``township_code, village_code, island`` (''), geometry in EPSG:4326; by
        village code, then by street; villages in which nobody lives have no point
    findings : villages without residential streets
    """
    order = np.argsort(villages["code"].to_numpy(dtype=object), kind="stable")
    home = villages.iloc[order].reset_index(drop=True)
    numbers = people.set_index("code").reindex(home["code"])
    where = np.asarray(shapely.get_coordinates(home.geometry.to_crs(crs).to_numpy()), dtype=np.float64)
    at, metres = _parts(streets, spacing_m=how.villages)
    part_xy = shapely.get_coordinates(at)
    reach = np.fmax(home["position_accuracy_m"].to_numpy(dtype=np.float64), how.within_m)
    island, _ = ground.of_points(where, within_m=_ANYWHERE_M)
    part_island, _ = ground.of_points(part_xy, within_m=_ANYWHERE_M)
    owner = _nearest_village(part_xy, part_island, where, island, reach)
    found = _streetless(home, numbers["population"], owner, (where, island), (part_xy, part_island), table=table)
    own = np.flatnonzero(owner >= 0)
    lone = np.setdiff1d(np.arange(len(home)), owner[own])
    village = np.concatenate([owner[own], lone])
    share = np.concatenate([_shares(owner[own], metres[own], len(home)), np.ones(len(lone))])
    point = np.concatenate([at[own], shapely.points(where[lone])])
    lived_in = numbers["population"].to_numpy()[village] > 0
    by_village = np.argsort(village, kind="stable")
    keep = by_village[lived_in[by_village]]
    columns: dict[str, Any] = {"id": _ids(home["code"].to_numpy(dtype=object)[village[keep]], village[keep])}
    columns |= {str(name): numbers[name].to_numpy()[village[keep]] * share[keep] for name in numbers}
    columns |= {name: home[own_name].to_numpy(dtype=object)[village[keep]] for name, own_name in _NAMES}
    frame = pd.DataFrame(columns).assign(island="")
    return gpd.GeoDataFrame(frame, geometry=point[keep], crs=crs).to_crs("EPSG:4326"), found


_NAMES = (("township_code", "township_code"), ("village_code", "code"))


def _rank(line: I64) -> I64:
    """Return the number of each point on its line, lines being in order."""
    first = np.r_[True, line[1:] != line[:-1]] if len(line) else np.empty(0, bool)
    here = np.arange(len(line))
    return np.asarray(here - np.maximum.accumulate(np.where(first, here, 0)), dtype=np.int64)


def _ids(codes: npt.NDArray[np.object_], village: I64) -> list[str]:
    return [f"v{code}-{rank + 1}" for code, rank in zip(codes, _rank(village).tolist(), strict=True)]


def _on_lines(streets: Streets, line: I64, along: F64) -> npt.NDArray[np.object_]:
    whole = shapely.linestrings(
        streets.xy, indices=np.repeat(np.arange(len(streets.lines)), np.diff(streets.offsets))
    )  # fmt: skip
    return np.asarray(shapely.line_interpolate_point(whole[line], along), dtype=object)


def _parts(streets: Streets, *, spacing_m: float) -> tuple[npt.NDArray[np.object_], F64]:
    """Return the middles of equal parts of every residential street, and how many metres each stands for."""
    length = lengths(streets.offsets, streets.xy)
    lived_on = np.flatnonzero(passability.residential(streets.lines) & (length > 0))
    count = np.maximum(np.round(length[lived_on] / spacing_m), 1).astype(np.int64)
    line = np.repeat(lived_on, count)
    metres = np.repeat(length[lived_on] / count, count)
    return _on_lines(streets, line, (_rank(line) + 0.5) * metres), metres


def _nearest_village(xy: F64, island: I64, village_xy: F64, village_island: I64, reach_m: F64) -> I64:
    """Return the nearest village of its island within whose reach each place lies, -1 where there is none."""
    owner = np.full(len(xy), -1, dtype=np.int64)
    nearest = np.full(len(xy), np.inf)
    if not len(xy):
        return owner
    from scipy.spatial import cKDTree  # noqa: PLC0415 - only villages' totals need it; it takes a quarter second

    tree = cKDTree(xy)
    for village in range(len(village_xy)):
        near = np.sort(np.asarray(tree.query_ball_point(village_xy[village], reach_m[village]), dtype=np.int64))
        near = near[island[near] == village_island[village]]
        far = np.hypot(*(xy[near] - village_xy[village]).T)
        closer = far < nearest[near]  # equally near: the earlier one stays
        owner[near[closer]], nearest[near[closer]] = village, far[closer]
    return owner


def _shares(owner: I64, metres: F64, n: int) -> F64:
    """Return each part's share of its village, by metres; the shares of a village add up to 1."""
    whole = np.array([math.fsum(metres[owner == village]) for village in range(n)])
    return np.asarray(metres / whole[owner], dtype=np.float64)


def _streetless(
    home: gpd.GeoDataFrame,
    population: pd.Series,
    owner: I64,
    villages: tuple[F64, I64],
    parts: tuple[F64, I64],
    *,
    table: str,
) -> list[Finding]:
    """Return a warning for each village with people that has no residential street, with how far the next one is."""
    found = []
    (where, island), (xy, part_island) = villages, parts
    for village in np.setdiff1d(np.flatnonzero(population.to_numpy() > 0), owner).tolist():
        near = xy[part_island == island[village]]
        metres = float(np.hypot(*(near - where[village]).T).min()) if len(near) else math.inf
        code, name = str(home["code"].iloc[village]), str(home["name"].iloc[village])
        number = f"{population.iloc[village]:g}"
        if not math.isfinite(metres):
            found.append(errors.warning("village-island-streetless", table, None, code, name=name, people=number))
            continue
        values = {"name": name, "people": number, "metres": f"{metres:.0f}"}
        found.append(errors.warning("village-streetless", table, None, code, **values))
    return found
