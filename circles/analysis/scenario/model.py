"""What may stand in ``scenario.toml``: every key, its type and range; and the value that reading it gives."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from circles.area import Direction, Walk
from circles.area.base import Frozen, Id, Text
from circles.area.model import AreaId, checked_breaks
from circles.area.walkers import Walker
from circles.foundation.errors import Finding

FILE = "scenario.toml"
"""The file that makes a folder a scenario."""
LINK_SNAP_M = 20.0
"""An end of a link this near to a street is put on it, unless the link says otherwise."""
Cell = str | bool | int | float | dt.date
Row = dict[str, Cell]
"""A row of a table: column -> value."""
Point = tuple[float, float]


class Head(Frozen):
    """``[scenario]``: what the scenario is."""

    id: AreaId
    name: Text


class Close(Frozen):
    """``[[close]]``: a facility that no longer works."""

    id: Text
    note: str = ""


class Resize(Frozen):
    """``[[resize]]``: a facility with another capacity."""

    id: Text
    capacity: float = Field(ge=0)
    note: str = ""


class Link(Frozen):
    """``[[links]]``: a street, a flight of steps or a bridge that is not there."""

    id: Id
    name: str = ""
    highway: Text = "footway"
    coordinates: tuple[Point, ...] = Field((), description="longitude and latitude of each vertex, WGS 84")
    xy: tuple[Point, ...] = Field((), description="instead: metres in the area's CRS")
    bridge: bool = False
    tunnel: bool = False
    ele_from_m: float | None = None
    ele_to_m: float | None = None
    snap_m: float = Field(LINK_SNAP_M, gt=0, le=200)
    dead_end: bool = Field(default=False, description="one end meets no street")
    source: str = Field("", description="where the line comes from; the scenario's name where left out")

    @model_validator(mode="after")
    def _one_line(self) -> Link:
        if bool(self.coordinates) == bool(self.xy):
            raise PydanticCustomError("link_line", "give either coordinates or xy")
        if len(set(self.coordinates or self.xy)) < 2:
            raise PydanticCustomError("link_points", "a link needs two different points")
        if (self.ele_from_m is None) != (self.ele_to_m is None):
            raise PydanticCustomError("link_heights", "give both ele_from_m and ele_to_m")
        return self


class RemoveStreet(Frozen):
    """``[[remove_streets]]``: a street that can no longer be walked."""

    street_id: int
    note: str = ""


class ProfileChange(Frozen):
    """``[walk.profiles.<id>]``: a new walker, or what is different about one of the area's."""

    speed_m_per_s: float | None = Field(None, gt=0, le=5)
    steps_m_per_s: float | None = Field(None, ge=0, le=5)
    uses_slope: bool | None = None


class WalkChange(Frozen):
    """``[walk]``: what is different about walking; what is left out stays as in the area."""

    limit_min: float | None = Field(None, gt=0, le=1440)
    direction: Direction | None = None
    breaks_min: tuple[float, ...] | None = None
    _breaks = field_validator("breaks_min")(checked_breaks)
    profiles: dict[Id, ProfileChange] = Field(default_factory=dict)


class Where(Frozen):
    """A place whose people are meant: a village by code, a township by code, or an island by name; one of them."""

    village: str | None = None
    township: str | None = None
    island: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Where:
        if sum(value is not None for value in (self.village, self.township, self.island)) != 1:
            raise PydanticCustomError("where_one", "give one of village, township, island")
        return self

    @property
    def kind(self) -> str:
        """Return which kind of place it is."""
        return next(kind for kind in ("village", "township", "island") if getattr(self, kind) is not None)

    @property
    def value(self) -> str:
        """Return its code or name."""
        return str(getattr(self, self.kind))


class Relocate(Frozen):
    """``[[relocate]]``: a share of the people of one place comes to live in another."""

    from_: Where = Field(alias="from")
    to: Where
    share: float = Field(gt=0, le=1)
    note: str = ""


class ScenarioFile(Frozen):
    """The whole of ``scenario.toml``."""

    scenario: Head
    add: tuple[Row, ...] = ()
    move: tuple[Row, ...] = ()
    close: tuple[Close, ...] = ()
    resize: tuple[Resize, ...] = ()
    links: tuple[Link, ...] = ()
    remove_streets: tuple[RemoveStreet, ...] = ()
    relocate: tuple[Relocate, ...] = ()
    walk: WalkChange = WalkChange()


@dataclass(frozen=True)
class Scenario:
    """A scenario that has been read for one area; `circles.analysis.scenario.apply` puts it on the area's inputs.

    Attributes
    ----------
    content : the file as it stands
    file : name of the file, for findings; digest : SHA-256 of its bytes
    added : facilities, columns of ``tables.TABLES["facilities"]`` with ``lon, lat``
    moved : ``id, township_code, position, position_accuracy_m, row, geometry`` (EPSG:4326)
    link_xy : one (k, 2) array per link, metres in the area's CRS, as given
    walk, walkers : of the area with the scenario's changes
    findings : warnings and notes
    """

    content: ScenarioFile
    file: str
    digest: str
    added: gpd.GeoDataFrame
    moved: gpd.GeoDataFrame
    link_xy: tuple[npt.NDArray[np.float64], ...]
    walk: Walk
    walkers: dict[str, Walker]
    findings: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """Return the scenario's id."""
        return self.content.scenario.id

    @property
    def name(self) -> str:
        """Return the scenario's name."""
        return self.content.scenario.name

    @property
    def changes_network(self) -> bool:
        """Return whether streets come or go."""
        return bool(self.content.links or self.content.remove_streets)

    def counts(self) -> dict[str, int]:
        """Return how many entries of each kind there are, kinds without entries left out."""
        kinds = ("add", "move", "close", "resize", "links", "remove_streets", "relocate")
        counted = {kind: len(getattr(self.content, kind)) for kind in kinds}
        counted["walk"] = len(self.content.walk.model_fields_set)
        return {kind: count for kind, count in counted.items() if count}
