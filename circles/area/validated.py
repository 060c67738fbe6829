"""The validated area: what every room is given."""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass, field, replace
from pathlib import Path

from circles.area.model import (
    HORIZON_MIN,
    Category,
    DataFiles,
    HoursWords,
    Journey,
    MapOptions,
    PlacesFile,
    PopulationOf,
    StreetPoints,
    Walk,
)
from circles.area.moments import Instant, instant
from circles.area.rules import Rule
from circles.area.sure import Sure
from circles.area.walkers import Walker
from circles.foundation.errors import AreaError, Finding


@dataclass(frozen=True, repr=False)
class Area:
    """A validated area: what every room is given.

    ``file`` is the area file, ``root`` its folder; ``paths`` resolves the names in ``data``. ``walkers`` holds the
    built-in walkers and those of the file, by id. ``allow_outside`` lifts the rule that data stay inside ``root``.
    ``borrowed_categories`` are those that only a set of rules brought along.
    """

    id: str
    name: str
    crs: str
    as_of: dt.date
    demonstration: bool
    data: DataFiles
    walk: Walk
    categories: tuple[Category, ...]
    rules: tuple[Rule, ...]
    map: MapOptions
    walkers: dict[str, Walker]
    file: Path
    allow_outside: bool = False
    extra_inputs: tuple[Path, ...] = field(default=())
    time_zone: str = "Asia/Shanghai"
    hours: HoursWords = field(default_factory=HoursWords)
    moments: tuple[Instant, ...] = ()
    journeys: tuple[Journey, ...] = ()
    populations: tuple[PopulationOf, ...] = ()
    borrowed_categories: frozenset[str] = frozenset()
    issuer: str = ""
    issued_on: dt.date | None = None
    sure: Sure = field(default_factory=Sure)
    terrain_source: str | None = None

    def __repr__(self) -> str:
        counts = f"{len(self.categories)} categories, {len(self.rules)} rules"
        return f"<Area {self.id}, {self.name}, {self.as_of}: {counts}>"

    def _repr_html_(self) -> str:
        """Return the area as a notebook shows it."""
        parts = {
            "id": self.id, "crs": self.crs, "as_of": self.as_of.isoformat(),
            "limit_min": f"{self.walk.limit_min:g}",
            "categories": "、".join(c.name for c in self.categories), "rules": str(len(self.rules)),
            "demonstration": "演示数据" if self.demonstration else "–",
        }  # fmt: skip
        rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in parts.items())
        return f"<div><strong>{html.escape(self.name)}</strong><table>{rows}</table></div>"

    @property
    def root(self) -> Path:
        """Return the folder of the area file."""
        return self.file.parent

    @property
    def horizon_min(self) -> float:
        """Return the horizon in minutes: the longer of 60 and the limit."""
        return max(HORIZON_MIN, self.walk.limit_min)

    @property
    def counts_points(self) -> bool:
        """Return whether residents are points of weight 1 along streets, to be called 点 and never 人."""
        given = self.data.residents
        are_points = isinstance(given, StreetPoints) or (isinstance(given, PlacesFile) and given.are_points)
        return are_points and self.data.totals is None

    def path(self, name: str) -> Path:
        """Return the file that ``name`` in the area file means."""
        return self.root / name

    def leaving(self, said: str) -> Area:
        """Return the area with one more moment, at which people leave.

        Raises
        ------
        AreaError
            ``said`` is no time, or none that exists once in the area's time zone.
        """
        found = instant(said, self.time_zone, id=said, file="--at")
        if isinstance(found, Finding):
            raise AreaError(found)
        return replace(self, moments=(*(m for m in self.moments if m.id != said), found))

    def moment(self, said: str) -> Instant | Finding:
        """Return the moment of this id, or at this time; a finding where it is neither."""
        named = next((one for one in self.moments if one.id == said), None)
        return named or instant(said, self.time_zone, id=said, file=self.file.name)

    def category(self, category_id: str) -> Category:
        """Return the category of this id.

        Raises
        ------
        KeyError
            The area has no such category.
        """
        return {item.id: item for item in self.categories}[category_id]

    def walker(self, category_id: str) -> Walker:
        """Return the walker by whom a category is reached; KeyError where the area has no such category."""
        return self.walkers[self.category(category_id).profile]
