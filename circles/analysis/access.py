"""Network + facilities + residents + walker → the minutes table, and why there are none (contract, 3.5 to 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.area import Direction
from circles.area.walkers import Walker
from circles.foundation.limits import TOLERANCE_S, inclusive
from circles.foundation.schema.tables import TABLES, Reason
from circles.foundation.types import F64, I64
from circles.inputs.loading import Inputs
from circles.inputs.snapped_places import SnappedPlaces, located
from circles.network import AccessLeg, Positions, Snapped, StreetNetwork
from circles.network.isochrones import Edges, Parts, beyond_parts, time_profile


@dataclass(frozen=True)
class CategoryReach:
    """The walk to one category by one walker.

    Attributes
    ----------
    category, walker : what and who
    facility_ids : ids of the snapped, counted facilities, ascending as text (ties go to the first)
    positions : their places on the network, in that order
    seconds : (residents,) to the nearest; inf where no way leads to one; NaN where not snapped
    nearest : (residents,) row in ``facility_ids``, -1 = none
    resident_snapped, facility_snapped : all residents and all facilities of the area, snapped for this walker
    resident_leg : of each resident the access leg that is used, where there are no minutes the shorter
    reason : (residents,) '' or why there are no minutes
    """

    category: str
    walker: Walker
    facility_ids: npt.NDArray[np.object_]
    positions: Positions
    seconds: F64
    nearest: I64
    resident_snapped: Snapped
    facility_snapped: Snapped
    resident_leg: AccessLeg
    reason: npt.NDArray[np.object_]
    network: StreetNetwork = field(repr=False)
    direction: Direction
    _beyond: dict[float, Parts] = field(default_factory=dict, repr=False, compare=False)

    @property
    def minutes(self) -> F64:
        """Return minutes up to the horizon, NaN where there are none."""
        return np.where(self.reason == "", self.seconds / 60.0, np.nan)

    @cached_property
    def edges(self) -> Edges:
        """Return the streets as this walker finds them."""
        forward, backward = self.network.seconds(self.walker)
        net, e = self.network, self.network.edges
        ends = e["tail"].to_numpy(), e["head"].to_numpy()
        return Edges(*ends, forward, backward, net.offsets, net.xy, net.island_indptr, net.island_index)

    @cached_property
    def profile(self) -> Parts:
        """Return the seconds to the nearest facility along every street, as linear pieces."""
        node, edges = self.node_seconds, self.edges
        return time_profile(edges, node[edges.tail], node[edges.head], self.positions, direction=self.direction)

    def beyond(self, *, limit_min: float, rows: I64 | None = None) -> Parts:
        """Return the parts of streets from which no facility is within the limit."""
        if rows is not None or limit_min not in self._beyond:
            found = beyond_parts(self.profile, self.edges, limit_s=inclusive(limit_min * 60), rows=rows)
            if rows is not None:
                return found
            self._beyond[limit_min] = found
        return self._beyond[limit_min]

    @cached_property
    def node_seconds(self) -> F64:
        """Return the seconds to (or from) the nearest facility, shape (nodes,); inf where there is no way."""
        if not len(self.facility_ids):
            return np.full(self.network.n_nodes, np.inf)
        return self.network.graph(self.walker).nearest(self.positions, direction=self.direction)[0]


@dataclass(frozen=True)
class Walks(SnappedPlaces):
    """Everything that is snapped and walked once per walker: residents and facilities on the network."""

    _reaches: dict[tuple[str, Walker], CategoryReach] = field(default_factory=dict, repr=False, compare=False)

    def places(self) -> SnappedPlaces:
        """Return the snapped places alone, without the walks, which need much memory."""
        own = {item.name: getattr(self, item.name) for item in fields(SnappedPlaces)}
        return SnappedPlaces(**own)

    def to_category(self, category: str, walker: Walker) -> CategoryReach:
        """Return the walk of every resident to the nearest counted facility of a category."""
        key = (category, walker)
        if key not in self._reaches:
            self._reaches[key] = reach(self, category, walker)
        return self._reaches[key]


def walks_of(inputs: Inputs) -> Walks:
    """Return the residents and facilities of an area, ready to be snapped for any walker."""
    return Walks(inputs.area, inputs.network, inputs.facilities, inputs.residents, *located(inputs))


def reach(
    walks: Walks,
    category: str,
    walker: Walker,
    *,
    only: npt.NDArray[np.bool_] | None = None,
    has_reasons: bool = True,
) -> CategoryReach:
    """Return the travel time from each resident to the nearest counted facility of ``category``, on the exact network.

    Travel time = access leg + along the network + access leg; access legs are walked at the flat speed (contract,
    sections 3.5 and 3.6).

    Parameters
    ----------
    walks : the area's residents and facilities, snapped to its network
    category : id of the facility category
    walker : who walks; gives speed and slope factor
    only : (facilities,) bool, which facilities are looked at; all where None
    has_reasons : whether it is found out why some have no minutes; a thousand draws do without

    Returns
    -------
    CategoryReach : one row per resident; seconds are inf where no facility is reached, NaN where not snapped
    """
    area, network = walks.area, walks.network
    homes, places = walks.snapped("residents", walker), walks.snapped("facilities", walker)
    ids = walks.facilities["id"].to_numpy(dtype=object)
    counts = walks.facilities["is_counted"].to_numpy(dtype=bool)
    mine = counts & (walks.facilities["category"] == category).to_numpy() & places.is_snapped
    mine = mine if only is None else mine & only
    rows = np.flatnonzero(mine)
    rows = rows[np.argsort(ids[rows].astype(str), kind="stable")]
    positions = places.positions_of(rows, speed_m_per_s=walker.speed_m_per_s)
    leg: AccessLeg = homes
    seconds = np.full(len(homes.edge), np.nan)
    nearest = np.full(len(homes.edge), -1, dtype=np.int64)
    seconds[homes.is_snapped] = np.inf
    if len(rows) and homes.is_snapped.any():
        at = homes.positions(speed_m_per_s=walker.speed_m_per_s)
        found, which = network.graph(walker).nearest_at(positions, at.apart(), direction=area.walk.direction)
        leg = homes.used(np.flatnonzero(homes.is_snapped), at.least(found))
        seconds[homes.is_snapped], nearest[homes.is_snapped] = at.nearest(found, which, tie_s=TOLERANCE_S)
    reason = np.full(len(seconds), "", dtype=object)
    if has_reasons:
        reason = _reasons(walks, walker, seconds, homes, walks.facility_at.islands_of(rows))
    return CategoryReach(
        category, walker, ids[rows], positions, seconds, nearest, homes, places, leg, reason, network,
        area.walk.direction,
    )  # fmt: skip


def _reasons(walks: Walks, walker: Walker, seconds: F64, homes: Snapped, served: I64) -> npt.NDArray[np.object_]:
    """Return why each resident has no minutes, '' where there are some (contract, section 3.8)."""
    group = walks.network.tied_islands(walker)
    is_served = np.zeros(len(walks.network.islands.names), dtype=bool)
    is_served[np.isin(group, np.unique(group[served[served >= 0]]))] = True
    island = walks.resident_at.island
    reason = np.full(len(seconds), "", dtype=object)
    reason[seconds > inclusive(walks.area.horizon_min * 60)] = Reason.BEYOND_HORIZON.value
    lost = np.isinf(seconds)
    reason[lost] = Reason.NO_ROUTE.value
    reason[lost & ~is_served[np.maximum(island, 0)]] = Reason.NO_FACILITY_ON_ISLAND.value
    reason[~homes.is_snapped] = Reason.NOT_JOINED.value
    return reason


def access_table(walks: Walks, reaches: Mapping[str, CategoryReach]) -> pd.DataFrame:
    """Return the table ``access``: exactly one row per resident × category, residents in their order."""
    parts = []
    resident = walks.residents["id"].to_numpy(dtype=object)
    for number, found in enumerate(reaches.values()):
        has = found.reason == ""
        facility = np.full(len(resident), "", dtype=object)
        facility[has] = found.facility_ids[found.nearest[has]]
        parts.append(
            pd.DataFrame(
                {
                    "resident_id": resident,
                    "category": found.category,
                    "profile": found.walker.id,
                    "minutes": found.minutes,
                    "facility_id": facility,
                    "leg_m": found.resident_leg.leg_m,
                    "reason": found.reason,
                    "_row": np.arange(len(resident)),
                    "_category": number,
                }
            )
        )
    if not parts:
        return TABLES["access"].empty()
    frame = pd.concat(parts, ignore_index=True).sort_values(["_row", "_category"], kind="stable", ignore_index=True)
    return frame[TABLES["access"].names]


def explain(found: CategoryReach, resident: int) -> pd.DataFrame:
    """Return the walk behind one minute: one row per piece, in walking order.

    Columns: ``kind`` (leg | level | uphill | downhill | steps), ``street_id``, ``name``, ``metres``, ``seconds``,
    ``geometry`` as an (n, 2) array in the area's CRS (None for access legs). Empty where there is no way.
    """
    which = int(found.nearest[resident])
    columns = ["kind", "street_id", "name", "metres", "seconds", "geometry"]
    if which < 0:
        return pd.DataFrame(columns=columns)
    leg, speed = found.resident_leg, found.walker.speed_m_per_s
    home = Positions(leg.edge[[resident]], leg.fraction[[resident]])
    goal, leg_goal_s = _goal_used(found, home, which)
    start, end = (home, goal) if found.direction.is_to else (goal, home)
    steps = found.network.graph(found.walker).path(start, end) or []
    rows = [_piece(found, step.edge, step.from_fraction, step.to_fraction, step.seconds) for step in steps]
    leg_home = ("leg", -1, "", float(leg.leg_m[resident]), float(leg.leg_m[resident]) / speed, None)
    leg_goal = ("leg", -1, "", leg_goal_s * speed, leg_goal_s, None)
    ordered = [leg_home, *rows, leg_goal] if found.direction.is_to else [leg_goal, *rows, leg_home]
    return pd.DataFrame(ordered, columns=columns)


def _goal_used(found: CategoryReach, home: Positions, which: int) -> tuple[Positions, float]:
    """Return the point of a facility over which a home is nearest to it, and the seconds of its access leg."""
    points = found.positions.of(which).apart()
    seconds, nearest = found.network.graph(found.walker).nearest_at(points, home, direction=found.direction, tie_s=0.0)
    best = int(nearest[0]) if np.isfinite(seconds[0]) else 0
    return Positions(points.edge[[best]], points.fraction[[best]]), float(points.start_s[best])


def _piece(
    found: CategoryReach, edge: int, start: float, end: float, seconds: float
) -> tuple[str, int, str, float, float, F64]:
    row = found.network.edges.iloc[edge]
    slope = float(row["slope"]) * (1 if end >= start else -1)
    if row["is_steps"]:
        kind = "steps"
    elif row["is_level"] or not found.walker.uses_slope or not abs(slope) > 0:
        kind = "level"
    else:
        kind = "uphill" if slope > 0 else "downhill"
    metres = abs(end - start) * float(row["length_m"])
    return kind, int(row["street_id"]), str(row["name"]), metres, seconds, found.network.piece(edge, start, end)
