"""An area and a wish → the sites to build, what each brings, and which verdicts turn."""

from __future__ import annotations

import math
from collections.abc import Callable

from circles.analysis.access import walks_of
from circles.analysis.scenario import apply, read_scenario
from circles.analysis.verdicts.of_area import judged
from circles.area import Area
from circles.foundation import words
from circles.foundation.errors import InputError
from circles.foundation.words import DEFAULT_LANG, Lang
from circles.inputs.loading import load
from circles.siting.study import proof
from circles.siting.study.problem import Problem, build
from circles.siting.study.result import Study
from circles.siting.study.solving import solve_all
from circles.siting.study.tables import StudyTables
from circles.siting.study.wish import Objective, Wish, doubts

__all__ = ["Objective", "Study", "Wish", "place"]

Progress = Callable[[str], None]


def place(area: Area, wish: Wish, *, lang: Lang = DEFAULT_LANG, progress: Progress = lambda _: None) -> Study:
    """Return the answer to a wish as tables; see `circles.site`.

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
    reported = StudyTables(inputs, problem, solved, lang)
    sites = reported.sites()
    content = proof.as_scenario(problem, sites, _title(problem, area, len(reported.order), lang))
    after = apply(inputs, read_scenario(content, area))
    later = walks_of(after)
    limit_min = area.walk.limit_min
    best = solved.best
    return Study(
        area=area, wish=wish, sites=sites, gain=reported.gain(), gain_by_township=reported.gain_by_township(),
        alternatives=reported.alternatives(), candidates=problem.candidates.table,
        verdict_changes=proof.verdict_changes(judged(inputs, walks), judged(after, later)),
        status=best.status, objective=reported.shown_objective(best.objective), bound=reported.shown_objective(best.bound),
        gap=best.gap, seconds=best.seconds, population=reported.population,
        covered_before=proof.covered_by_run(walks, wish.category, wish.group, limit_min),
        covered_promised=reported.covered(best.sites),
        covered_after=proof.covered_by_run(later, wish.category, wish.group, limit_min),
        served_before=reported.today if problem.capacity is not None else math.nan,
        served_after=reported.brought(best.sites) if problem.capacity is not None else math.nan,
        is_complete=solved.is_complete, content=content, findings=problem.findings, inputs=inputs, lang=lang,
    )  # fmt: skip


def _title(problem: Problem, area: Area, count: int, lang: Lang) -> str:
    names = " + ".join(area.category(category).name for category, _ in problem.wish.categories)
    return words.text("placement.scenario_name", lang, count=count, category=names)
