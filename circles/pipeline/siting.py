"""Where to build next: an area and a wish → the answer, which can be run as a scenario and saved as a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

from circles.area import Area
from circles.foundation.words import DEFAULT_LANG, Lang
from circles.inputs.guards.child import reading
from circles.pipeline.analysis import Progress, Result, analyse_inputs
from circles.siting.study import Objective, Study, Wish, place

__all__ = ["Siting", "site", "study"]


class Siting(Study):
    """Where to build, what it brings, and how sure that is; can be analysed and saved."""

    def analyse(self) -> Result:
        """Return the analysis of the area with the new sites; its ``base`` is the area as it is."""
        return analyse_inputs(self.inputs, lang=self.lang, scenario=self.scenario)

    def save(self, out: str | Path, *, progress: Callable[[str], None] = lambda _: None) -> Path:
        """Write all files of the answer; ``out`` is replaced atomically.

        Raises
        ------
        CallError
            ``out`` exists and is neither empty nor a result of this program.
        """
        from circles.outputs import siting_answer  # noqa: PLC0415 - only a folder needs the map

        return siting_answer.write(self, out, analysed=self.analyse, progress=progress)


@reading()
def site(
    area: Area,
    category: str,
    *,
    add: int | None = None,
    objective: str = "cover",
    group: str = "population",
    candidates: str | Path = "corners",
    spacing_m: float = 100.0,
    only_in_gaps: bool = False,
    budget: float | None = None,
    costs: float | Path | Mapping[str, float] | None = None,
    per_island: bool = False,
    per_township: bool = False,
    forbid: tuple[str, ...] = (),
    must: tuple[str, ...] = (),
    min_distance_m: float | None = None,
    closable: int = 0,
    capacity: float | None = None,
    combine_with: str | None = None,
    combine_group: str = "population",
    time_limit_s: float = 60.0,
    alternatives: int = 5,
    differ_m: float | None = None,
    lang: Lang = DEFAULT_LANG,
    progress: Progress = lambda _: None,
) -> Siting:
    """Return where new facilities of a category are best built by travel time, and what they bring.

    >>> import circles
    >>> found = circles.site(circles.load_area(), "meals", add=4, group="age_60_plus")  # doctest: +SKIP
    >>> found.sites[["order", "place", "gain"]]                                         # doctest: +SKIP

    Parameters
    ----------
    area : where to build
    category, add, objective, group, candidates, spacing_m, only_in_gaps, budget, costs, per_island, per_township
    forbid, must, min_distance_m, closable, capacity, combine_with, combine_group, time_limit_s, alternatives, differ_m
        As the attributes of `Wish`.
    lang : language of the messages in the tables
    progress : called with the name of each stage as it begins

    Raises
    ------
    InputError
        Everything that is wrong with the call or the area.
    Infeasible
        The constraints admit no answer; says which one makes it so.
    """
    wish = Wish(
        category=category, add=add, objective=Objective(objective), group=group, candidates=candidates if candidates in ("corners", "places") else Path(candidates),
        spacing_m=spacing_m, only_in_gaps=only_in_gaps, budget=budget, costs=costs, per_island=per_island,
        per_township=per_township, forbid=tuple(forbid), must=tuple(must), min_distance_m=min_distance_m,
        closable=closable, capacity=capacity, combine_with=combine_with, combine_group=combine_group,
        time_limit_s=time_limit_s, alternatives=alternatives, differ_m=differ_m,
    )  # fmt: skip
    return study(area, wish, lang=lang, progress=progress)


@reading()
def study(area: Area, wish: Wish, *, lang: Lang = DEFAULT_LANG, progress: Progress = lambda _: None) -> Siting:
    """Return the answer to a wish; see `site`.

    Parameters
    ----------
    area : where to build
    wish : what to build, and under which constraints
    lang : language of the messages in the tables
    progress : called with the name of each stage as it begins

    Raises
    ------
    InputError
        Everything that is wrong with the wish or the area.
    Infeasible
        The constraints admit no answer.
    """
    found = place(area, wish, lang=lang, progress=progress)
    return Siting(**{item.name: getattr(found, item.name) for item in fields(Study)})
