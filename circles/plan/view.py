"""Everything that a meeting looks at, gathered once: the outputs only lay it out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from circles.foundation import words
from circles.plan import forms, meetings, periods
from circles.plan.chain import Entry, Head, Status, Topic
from circles.plan.figures import AsOf, Figure, known
from circles.plan.indicators import Indicator
from circles.plan.papers import date_text
from circles.plan.periods import Frequency
from circles.plan.resources import Department, departments
from circles.plan.review import accepted_rows
from circles.plan.rules import NOT_JUDGED, Kind, Light, worst
from circles.plan.scoring import Assessment, assess, read_assessment
from circles.plan.status import Standing, project_standings, standings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from circles.foundation.words import Lang
    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger
    from circles.plan.meetings import Action

RollupBy = Literal["county", "group", "field", "unit"]
ChangeKind = Literal["light", "value", "correction", "withdrawal"]


@dataclass(frozen=True)
class Change:
    """One thing that is different since the last meeting."""

    id: str
    name: str
    lead: str
    kind: ChangeKind
    period: str
    before: str
    after: str
    reason: str
    on: str = ""


@dataclass(frozen=True)
class Rollup:
    """How many figures of a field, a unit, or the county have which light."""

    by: RollupBy
    name: str
    counts: dict[Light, int]

    @property
    def total(self) -> int:
        """Return how many there are."""
        return sum(self.counts.values())

    @property
    def on_track_pct(self) -> Decimal | None:
        """Return done and green in percent of those that are due."""
        judged = self.total - sum(self.counts[light] for light in NOT_JUDGED)
        good = self.counts[Light.DONE] + self.counts[Light.GREEN]
        return round(Decimal(100 * good) / judged, 1) if judged else None


@dataclass(frozen=True)
class PlanView:
    """The state of the plan on a date."""

    plan: Plan
    as_of: AsOf
    head: Head
    standings: tuple[Standing, ...]
    series: dict[str, list[Figure]]
    since: dt.date
    changes: tuple[Change, ...]
    actions: tuple[Action, ...]
    rollups: tuple[Rollup, ...]
    quarters: tuple[tuple[str, tuple[Rollup, ...]], ...]
    assessment: Assessment
    is_frozen: bool
    late: int
    accepted: frozenset[int] | None = None
    resources: tuple[Department, ...] = ()
    frozen_on: str = ""

    @property
    def red(self) -> list[Standing]:
        """Return what is red, the longest overdue and the widest gap first."""
        reds = [item for item in self.standings if item.light is Light.RED]
        return sorted(reds, key=lambda item: (-item.days_overdue, item.gap_points or Decimal(0), item.measure.id))

    @property
    def unreported(self) -> list[Standing]:
        """Return what should have been reported and was not, the longest missing first."""
        missing = [item for item in self.standings if item.light is Light.UNREPORTED]
        return sorted(missing, key=lambda item: (-item.report_overdue_days, item.measure.lead, item.measure.id))

    def is_accepted(self, item: Standing) -> bool:
        """Return whether a standing rests on an accepted figure (审定); always where the plan names no roles."""
        return self.accepted is None or item.figure is None or item.figure.entry.seq in self.accepted

    def find(self, name: str) -> Standing | None:
        """Return the standing of a measure."""
        return next((item for item in self.standings if item.measure.id == name), None)


def build_view(ledger: Ledger, plan: Plan, as_of: AsOf, *, since: dt.date | None = None) -> PlanView:
    """Gather the state of the plan on a date.

    Parameters
    ----------
    ledger : read only
    plan : the plan
    as_of : date, and what was known on it
    since : date of the meeting to compare with; the last one where None
    """
    last = min(as_of.day, plan.last_day).isoformat()
    first = plan.first_day.isoformat()
    rows = ledger.entries(topic=Topic.OBSERVATION, up_to_seq=as_of.up_to_seq, ended_from=first, ended_to=last)
    others = [
        row
        for topic in (Topic.ACTION, Topic.LOCK, Topic.FREEZE, Topic.REVIEW)
        for row in ledger.entries(topic=topic, up_to_seq=as_of.up_to_seq)
        if row.plan == plan.plan.id
    ]
    now = known(rows, plan, as_of)
    today = standings(plan, now)
    compared = since or meetings.last_meeting(others, as_of.day)
    then = standings(plan, known(rows, plan, AsOf(compared, up_to_seq=as_of.up_to_seq)))
    frozen = [row for row in others if row.topic == Topic.FREEZE and row.reported_on <= as_of.day.isoformat()]
    return PlanView(
        plan,
        as_of,
        ledger.head() if as_of.up_to_seq is None else _head_at(ledger, as_of.up_to_seq),
        tuple(today),
        {**now.computed, **now.reported},
        compared,
        tuple(changes(plan, rows, then, today, since=compared, as_of=as_of)),
        tuple(meetings.actions(others, as_of)),
        tuple(rollups(today, plan)),
        tuple(_quarters(plan, rows, as_of)),
        read_assessment(frozen[-1].details) if frozen else assess(plan, today),
        bool(frozen),
        now.late,
        accepted_rows(others, day=as_of.known_on or as_of.day) if plan.roles else None,
        departments(now.computed.get(plan.register_id or "", [])),
        frozen[-1].reported_on if frozen else "",
    )


def _head_at(ledger: Ledger, seq: int) -> Head:
    row = next(iter(ledger.entries(up_to_seq=seq)[-1:]), None)
    return Head(row.seq, row.hash) if row else Head(0, "0" * 64)


def rollups(items: Sequence[Standing], plan: Plan | None = None) -> list[Rollup]:
    """Count the lights of the county, of each list, of each field and of each unit, in the plan's order.

    With ``plan`` the lists are counted as people count them: numbered indicators (a double target once), projects (a
    package once), tasks; each with the worst light of its parts.
    """
    keys: tuple[tuple[RollupBy, Callable[[Standing], str]], ...] = (
        ("county", lambda _item: ""),
        ("field", lambda item: item.measure.field),
        ("unit", lambda item: item.measure.lead),
    )
    found = []
    for by, key in keys:
        groups: dict[str, list[Light]] = {}
        for item in items:
            groups.setdefault(key(item), []).append(item.light)
        found += [Rollup(by, name, _counts(lights)) for name, lights in groups.items()]
    if plan is None:
        return found
    return found + [Rollup("group", group, _counts(lights)) for group, lights in _lists(items, plan)]


def _counts(lights: Iterable[Light]) -> dict[Light, int]:
    return dict.fromkeys(Light, 0) | Counter(lights)


def _lists(items: Sequence[Standing], plan: Plan) -> Iterable[tuple[str, list[Light]]]:
    """Yield the lists and the lights of what each counts."""
    numbered: dict[int, list[Light]] = {}
    for item in items:
        if isinstance(item.measure, Indicator):
            numbered.setdefault(item.measure.no, []).append(item.light)
    yield "indicator", [worst(lights) for lights in numbered.values()]
    yield "livelihood", [item.light for item in items if item.group == "livelihood"]
    yield "project", [item.light for item in project_standings(plan, items)]
    yield "commitment", [item.light for item in items if item.group == "commitment"]


def _quarters(plan: Plan, rows: Sequence[Entry], as_of: AsOf) -> Iterable[tuple[str, tuple[Rollup, ...]]]:
    """Yield the roll-ups at the end of each quarter that has ended."""
    for quarter in periods.of_year(plan.plan.year, Frequency.QUARTER):
        if quarter.end <= as_of.day:
            at = AsOf(quarter.end, up_to_seq=as_of.up_to_seq)
            yield quarter.text, tuple(rollups(standings(plan, known(rows, plan, at))))


def changes(
    plan: Plan, rows: Sequence[Entry], then: Sequence[Standing], now: Sequence[Standing], *, since: dt.date, as_of: AsOf
) -> list[Change]:
    """Return what differs between two dates: lights, then corrections and withdrawals, then new figures.

    Parameters
    ----------
    plan : the plan
    rows : entries of the ledger up to ``as_of``
    then, now : the standings on both dates, measure by measure in the same order
    since, as_of : both dates
    """
    found: list[Change] = []
    for before, after in zip(then, now, strict=True):
        measure, period = after.measure, after.figure.period.text if after.figure else ""
        about = (measure.id, forms.full_name(measure), measure.lead)
        if before.light is not after.light:
            found.append(Change(*about, "light", period, str(before.light), str(after.light), str(after.why)))
        seqs = tuple(item.figure.entry.seq if item.figure else 0 for item in (before, after))
        if after.figure is not None and seqs[0] != seqs[1] and after.figure.entry.supersedes is None:
            was, shown = (forms.value_text(measure, value) for value in (before.value, after.value))
            found.append(Change(*about, "value", period, was, shown, ""))
    by_seq = {row.seq: row for row in rows}
    until = (as_of.known_on or as_of.day).isoformat()
    for row in rows:
        if (
            row.supersedes is None
            or not since.isoformat() < row.reported_on <= until
            or row.subject not in plan.measures
        ):
            continue
        kind: ChangeKind = "withdrawal" if row.status == Status.WITHDRAWN else "correction"
        measure, was = plan.measures[row.subject], by_seq[row.supersedes].value or ""
        name = forms.full_name(measure)
        found.append(
            Change(row.subject, name, measure.lead, kind, row.period, was, row.value or "", row.reason, row.reported_on)
        )
    rank = {"light": 0, "correction": 1, "withdrawal": 2, "value": 3}
    return sorted(found, key=lambda item: rank[item.kind])


def change_name(plan: Plan, item: Change, lang: Lang = "zh") -> str:
    """Return what changed, with the unit of its values: 新增完工住宅加装电梯数（台）."""
    measure = plan.measures.get(item.id)
    bare = item.kind == "light" or measure is None or not measure.unit or measure.kind is Kind.DONE
    return item.name if bare or measure is None else item.name + words.aside(measure.unit, lang)


STATUS_COLUMNS = (
    "group", "id", "no", "field", "name", "unit", "lead", "kind", "target", "period", "value", "increment",
    "attainment_pct", "expected_pct", "gap_points", "gap", "light", "why", "due", "days_left", "days_overdue",
    "missing_period", "report_overdue_days", "forecast", "forecast_method", "forecast_meets", "computed",
    "computed_from", "difference", "also", "problem", "progress", "sample", "seq",
)  # fmt: skip
"""The columns of :func:`status_table`; headings are ``plan.col_<column>`` of the word catalogue."""


def status_table(items: Iterable[Standing], *, lang: Lang | None = None) -> pd.DataFrame:
    """Return one row per measure. Numbers are exact decimals; percent are rounded to 2 decimals.

    With ``lang`` the coded columns (list, kind, light, why …) are words in that language, else stable codes.
    """
    import pandas as pd  # noqa: PLC0415 - takes half a second, and the command line prints rows

    return pd.DataFrame([_status_row(item, lang) for item in items], columns=list(STATUS_COLUMNS), dtype=object)


def status_rows(items: Iterable[Standing], *, lang: Lang | None = None) -> list[dict[str, object]]:
    """Return the rows of :func:`status_table`, each with its columns by name."""
    return [dict(zip(STATUS_COLUMNS, _status_row(item, lang), strict=True)) for item in items]


def _status_row(item: Standing, lang: Lang | None) -> tuple[object, ...]:
    measure, figure = item.measure, item.figure

    def word(prefix: str, code: str) -> str:
        return words.text(f"plan.{prefix}_{code}", lang) if lang and code else code

    def rounded(value: Decimal | None) -> Decimal | None:
        return None if value is None else round(value, 2)

    meets = item.forecast_meets
    return (
        word("group", item.group), measure.id, forms.number_label(measure), measure.field, forms.full_name(measure),
        measure.unit, measure.lead, word("kind", str(measure.kind)), forms.target_text(measure, lang or "zh"),
        figure.period.text if figure else None, item.value, item.increment, rounded(item.attainment_pct),
        rounded(item.expected_pct), rounded(item.gap_points), gap_text(item, lang or "zh") or None, word("light", str(item.light)),
        why_text(item, lang) if lang else item.why, item.due.isoformat(), item.days_left, item.days_overdue,
        item.missing_period or None, item.report_overdue_days, item.forecast,
        word("method", item.forecast_method) or None,
        None if meets is None else (words.text("plan.yes" if meets else "plan.no", lang) if lang else str(meets).lower()),
        item.computed, word("from", item.computed_from) or None, item.difference, also_text(item, lang or "zh") or None,
        said(item, "problem") or None, said(item, "progress") or None, item.sample,
        figure.entry.seq if figure else None,
    )  # fmt: skip


def why_text(item: Standing, lang: Lang) -> str:
    """Return the rule that gave a light, as a sentence; a quarterly figure says to the end of which month it runs."""
    period = item.figure.period if item.figure else None
    values = {
        "period": item.missing_period, "last": period.text if period else "", "days": item.days_late,
        "issuer": item.measure.issued_by,
    }  # fmt: skip
    key = "no_report" if item.why == "late_report" and period is None else item.why
    text = words.text(f"plan.why_{key}", lang, **values)
    if period is None or item.measure.report is not Frequency.QUARTER:
        return text
    return text + words.aside(words.text("plan.why_quarterly", lang, month=period.end.month), lang)


def gap_text(item: Standing, lang: Lang) -> str:
    """Return what is short, or over, in the figure's own unit: 差2台 · 差0.3个百分点 · 超出0.2个百分点; empty if nothing is."""
    if item.gap is None or item.gap <= 0 or item.measure.kind is Kind.DONE:
        return ""
    unit = words.text("plan.gap_points_unit", lang) if item.measure.unit == "%" else item.measure.unit
    key = "gap_over" if item.measure.better == "lower" else "gap_short"
    return words.text(f"plan.{key}", lang, value=forms.number(round(item.gap, 4)), unit=unit).strip()


def said(item: Standing, key: str) -> str:
    """Return the unit's own words with its figure: its ``problem`` (存在问题及下步措施) or its ``progress`` (进展情况)."""
    return "" if item.figure is None else str(item.figure.entry.details.get(key, ""))


def sample_text(item: Standing, lang: Lang) -> str:
    """Return the size of the sample that a survey's figure rests on: 有效样本 812 份; empty for all other figures."""
    return "" if item.sample is None else words.text("plan.sample", lang, n=forms.number(item.sample))


def also_text(item: Standing, lang: Lang) -> str:
    """Return the other demands on a figure, each with its target and its place in the document."""
    return words.text("plan.semicolon", lang).join(
        f"{forms.full_name(other)} {forms.target_text(other, lang)}{words.aside(other.source, lang)}"
        for other in item.also
    )


def summary_sentence(view: PlanView, lang: Lang) -> str:
    """Return how many indicators, projects and tasks have which light on which day: three lists, never one number for all."""
    lists = [item for item in view.rollups if item.by == "group" and item.total]
    parts = [
        words.text("plan.summary_part", lang, what=_how_many(item, view, lang), states=_states(item, Light, lang))
        for item in lists
    ]
    text = words.text("plan.semicolon", lang).join(parts)
    return words.text("plan.summary", lang, day=date_text(view.as_of.day, lang), text=text)


def lists_with(view: PlanView, light: Light, lang: Lang) -> str:
    """Return how many indicators, projects and tasks have a light, each list by its name and unit; – for none."""
    found = [
        words.text(
            "plan.list_count", lang, n=item.counts[light],
            group=words.text(f"plan.group_{item.name}", lang), unit=words.text(f"plan.unit_{item.name}", lang),
        )
        for item in view.rollups
        if item.by == "group" and item.counts[light]
    ]  # fmt: skip
    return words.listed(found, lang) or "–"


def _how_many(item: Rollup, view: PlanView, lang: Lang) -> str:
    return words.text(f"plan.count_{item.name}", lang, n=item.total, tasks=len(view.plan.tasks))


def _states(item: Rollup, lights: Iterable[Light], lang: Lang) -> str:
    """Return the lights that occur, with how many of each and what is counted."""
    unit = words.text(f"plan.unit_{item.name}", lang)
    found = [
        words.text(f"plan.summary_{light}", lang, n=item.counts[light], unit=unit)
        for light in lights
        if item.counts[light]
    ]
    return words.text("plan.comma", lang).join(found)
