"""The projects on one page: planned and actual date of 前期, 开工, 封顶, 完工 and 投用, and what the quarter is to reach."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from circles.foundation import words
from circles.plan import forms, periods
from circles.plan.periods import Frequency
from circles.plan.projects import STEPS
from circles.plan.status import project_standings

if TYPE_CHECKING:
    from circles.foundation.words import Lang
    from circles.plan.status import ProjectStanding, StepStanding
    from circles.plan.view import PlanView


class Red(str):
    """A text that is printed red: it is late."""

    __slots__ = ()


def heads(lang: Lang) -> list[str]:
    """Return the headings: project, investment, the five steps, the quarter's goal, the light."""
    keys = ("steps_project", "steps_investment", *(f"step_{step}" for step in STEPS), "steps_goal", "col_light")
    return [words.text(f"plan.{key}", lang) for key in keys]


def rows(view: PlanView, lang: Lang) -> list[list[str]]:
    """Return a row per project, sub-projects under their package; late steps are :class:`Red`."""
    found = []
    for top in project_standings(view.plan, view.standings):
        found.append(_row(view, top, lang))
        found += [_row(view, child, lang, indent="　") for child in top.children]
    return found


def _row(view: PlanView, item: ProjectStanding, lang: Lang, *, indent: str = "") -> list[str]:
    quarter = periods.containing(min(view.as_of.day, view.plan.last_day), Frequency.QUARTER).text
    by_step = {step.step: step for step in item.steps}
    light = words.text(f"plan.light_{item.light}", lang)
    if not all(
        view.is_accepted(part) for part in (*item.parts, *(part for child in item.children for part in child.parts))
    ):
        light = f"◇{light}{words.aside(words.text('plan.not_accepted', lang), lang)}"
    return [
        f"{indent}{item.project.name}{words.aside(item.project.lead, lang)}", _investment(item, lang),
        *(_step(by_step[step], lang) if step in by_step else "–" for step in STEPS),
        item.project.goals.get(quarter, "–"), light,
    ]  # fmt: skip


def _investment(item: ProjectStanding, lang: Lang) -> str:
    """Return what was invested of what is planned, with the period; a package's is the sum of its parts'."""
    own = [part for unit in (item, *item.children) for part in unit.parts if part.measure.id.endswith("/investment")]
    values = [part.value for part in own if part.value is not None]
    done = forms.number(sum(values, Decimal(0))) if values and len(values) == len(own) else "–"
    until = max((part.figure.period.text for part in own if part.figure is not None), default="")
    text = words.text("plan.steps_invested", lang, done=done, plan=forms.number(item.project.investment))
    return text + words.aside(until, lang) if until else text


def _step(item: StepStanding, lang: Lang) -> str:
    lines = []
    if item.planned:
        lines.append(words.text("plan.step_planned", lang, when=item.planned))
    if item.actual:
        lines.append(words.text("plan.step_actual", lang, when=item.actual))
    if item.is_late:
        lines.append(words.text("plan.step_late_done" if item.actual else "plan.step_late", lang))
    text = "\n".join(lines) or "–"
    return Red(text) if item.is_late else text
