"""An area and a wish → the sites to build, what each brings, and which verdicts turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from circles import pipeline, words
from circles.area import Area
from circles.errors import InputError
from circles.loading import load
from circles.placement import proof
from circles.placement.problem import Problem, build
from circles.placement.result import Siting
from circles.placement.solving import solve_all
from circles.placement.telling import Telling
from circles.placement.wish import Objective, Wish, doubts
from circles.reach import walks_of
from circles.scenario import apply, read_scenario
from circles.words import DEFAULT_LANG, Lang

__all__ = ["Objective", "Siting", "Wish", "place", "site"]

Progress = Callable[[str], None]


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
    """Return where ``add`` new facilities of a category are best built, by walked minutes, and what they bring.

    Every other parameter is explained at `Wish`.

    >>> import circles
    >>> found = circles.site(circles.load_area(), "meals", add=4, group="age_60_plus")  # doctest: +SKIP
    >>> found.sites[["order", "place", "gain"]]                                         # doctest: +SKIP

    Raises
    ------
    InputError
        Everything that is wrong with the call or the area.
    Infeasible
        No choice keeps the conditions; says which one makes it so.
    """
    wish = Wish(
        category=category, add=add, objective=Objective(objective), group=group, candidates=candidates if candidates in ("corners", "places") else Path(candidates),
        spacing_m=spacing_m, only_in_gaps=only_in_gaps, budget=budget, costs=costs, per_island=per_island,
        per_township=per_township, forbid=tuple(forbid), must=tuple(must), min_distance_m=min_distance_m,
        closable=closable, capacity=capacity, combine_with=combine_with, combine_group=combine_group,
        time_limit_s=time_limit_s, alternatives=alternatives, differ_m=differ_m,
    )  # fmt: skip
    return place(area, wish, lang=lang, progress=progress)


def place(area: Area, wish: Wish, *, lang: Lang = DEFAULT_LANG, progress: Progress = lambda _: None) -> Siting:
    """Return the answer to a wish; see `site`."""
    wrong = doubts(wish, area)
    if wrong:
        raise InputError(wrong)
    progress("load")
    inputs = load(area)
    walks = walks_of(inputs)
    progress("candidates")
    problem = build(wish, inputs, walks)
    progress("solve")
    solved = solve_all(problem)
    progress("check")
    telling = Telling(inputs, problem, solved, lang)
    sites = telling.sites()
    content = proof.as_scenario(problem, sites, _title(problem, area, len(telling.order), lang))
    after = apply(inputs, read_scenario(content, area))
    later = walks_of(after)
    limit_min = area.walk.limit_min
    best = solved.best
    return Siting(
        area=area, wish=wish, sites=sites, gain=telling.gain(), gain_by_township=telling.gain_by_township(),
        alternatives=telling.alternatives(), candidates=problem.candidates.table,
        verdict_changes=proof.verdict_changes(pipeline.judged(inputs, walks), pipeline.judged(after, later)),
        status=best.status, objective=telling.shown_objective(best.objective), bound=telling.shown_objective(best.bound),
        gap=best.gap, seconds=best.seconds, population=telling.population,
        covered_before=proof.covered_by_run(walks, wish.category, wish.group, limit_min),
        covered_promised=telling.covered(best.sites),
        covered_after=proof.covered_by_run(later, wish.category, wish.group, limit_min),
        served_before=telling.today if problem.capacity is not None else math.nan,
        served_after=telling.brought(best.sites) if problem.capacity is not None else math.nan,
        is_complete=solved.is_complete, content=content, findings=problem.findings, inputs=inputs, lang=lang,
    )  # fmt: skip


def _title(problem: Problem, area: Area, count: int, lang: Lang) -> str:
    names = " + ".join(area.category(category).name for category, _ in problem.wish.categories)
    return words.text("placement.scenario_name", lang, count=count, category=names)
