"""Clauses → the normal form: strings in OpenStreetMap's syntax, one for each reading that the text leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from circles.inputs.hours.model import (
    DAY_MIN,
    HOLIDAY,
    RESTING,
    WORKING,
    Clause,
    DateRange,
    Range,
    Seasons,
    UnreadableHours,
    dates_text,
    times_text,
)  # fmt: skip

_SURE = {"morning": (9 * 60, 11 * 60), "afternoon": (14 * 60 + 30, 16 * 60 + 30)}
"""Within 上午 and 下午 wherever offices draw their borders."""
_MOST = {"morning": (6 * 60, 12 * 60), "afternoon": (12 * 60, 18 * 60)}
"""Nothing outside these is 上午 or 下午 of an office."""
_PAIRS = ({"summer", "winter"}, {"peak", "low"})
"""Seasons that fill a year between them; of any other, there is a time that is neither."""
_RANK = {WORKING: 2, RESTING: 2, HOLIDAY: 3}
_Rule = tuple[tuple[DateRange, ...] | None, tuple[str, ...], tuple[Range, ...]]


def composed(clauses: list[Clause], seasons: Seasons) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the variants of a text, and the codes of notes.

    Raises
    ------
    UnreadableHours
        Clauses that contradict each other, or that leave no time at all.
    """
    if not any(c.times or c.sessions for c in clauses):
        return _without_times(clauses), ("hours-times-missing",)
    notes: list[str] = []
    open_names: list[str] = []
    for clause in clauses:
        if clause.season and clause.season in seasons.dates:
            clause.dates, clause.season = seasons.dates[clause.season], ""
        elif clause.season and clause.season not in open_names:
            open_names.append(clause.season)
    if open_names:
        notes.append("hours-season-undated")
    named = {name for clause in clauses for name in clause.sessions}
    is_open = any((seasons.morning if name == "morning" else seasons.afternoon) is None for name in named)
    if is_open:
        notes.append("hours-session-untimed")
    is_whole_year = any(pair <= set(open_names) for pair in _PAIRS)
    choices = open_names if is_whole_year else ["", *open_names]
    variants = [
        _string(clauses, season, seasons, is_wide=wide)
        for season in choices
        for wide in ((False, True) if is_open else (False,))
    ]
    return tuple(dict.fromkeys(variants)), tuple(notes)


def _without_times(clauses: list[Clause]) -> tuple[str, ...]:
    """Return the variants of a text that says on which days, not when: shut on the others, unknown on these."""
    if any(c.season or c.kind not in ("days_only", "off") for c in clauses):
        raise UnreadableHours("hours-unreadable", clauses[-1].kind)
    given = [_rule_text((c.dates, c.days, ((0, DAY_MIN),))) for c in clauses if c.kind == "days_only"] or ["24/7"]
    shut = [_rule_text((c.dates, c.days, ())) for c in clauses if c.kind == "off"]
    return "; ".join([*given, *shut]), "off"


def _session(name: str, seasons: Seasons, *, is_wide: bool) -> Range:
    own = seasons.morning if name == "morning" else seasons.afternoon
    return own or (_MOST if is_wide else _SURE)[name]


def _string(clauses: list[Clause], season: str, seasons: Seasons, *, is_wide: bool) -> str:
    here = [c for c in clauses if c.season in ("", season)]
    opens = _opens(here, seasons, is_wide=is_wide)
    for lunch in (c for c in here if c.kind == "lunch"):
        opens = [(dates, days, _minus(times, lunch.times)) for dates, days, times in opens]
    _refuse_overlaps(opens)
    merged: dict[tuple[tuple[DateRange, ...] | None, tuple[str, ...]], tuple[Range, ...]] = {}
    for dates, days, times in opens:
        merged[dates, days] = tuple(sorted({*merged.get((dates, days), ()), *times}))
    rules = [(dates, days, times) for (dates, days), times in merged.items()]
    rules.sort(key=lambda rule: (rule[0] is not None, _rank(rule[1])))
    off = [c for c in here if c.kind == "off"]
    for clause in off:
        for dates, days, _ in rules:
            if clause.dates in (None, dates) and days and set(days) <= set(clause.days):
                raise UnreadableHours("hours-contradict", "、".join(days))
            if not clause.days and clause.dates is not None and clause.dates == dates:
                raise UnreadableHours("hours-contradict", dates_text(clause.dates))
    rules += [(c.dates, c.days, ()) for c in sorted(off, key=lambda c: _rank(c.days))]
    rules += _sessions_off(here, rules, seasons, is_wide=is_wide)
    if any(c.kind == "except_holiday" for c in here):
        times_kinds = {times for _, _, times in rules if times}
        if len(times_kinds) != 1:
            raise UnreadableHours("hours-contradict", HOLIDAY)
        rules.append((None, (HOLIDAY,), times_kinds.pop()))
    return "; ".join(_rule_text(rule) for rule in rules) or "off"


def _opens(here: list[Clause], seasons: Seasons, *, is_wide: bool) -> list[_Rule]:
    found: list[_Rule] = []
    for clause in here:
        if clause.kind != "open":
            continue
        if clause.replaces is not None:
            base, first, last = clause.replaces
            if clause.dates is None:
                continue  # of this season: replaced within its base, below
            found.append((clause.dates, base.days, (*base.times[:first], *clause.times, *base.times[last:])))
            continue
        times = list(clause.times)
        for other in here:
            if other.replaces is not None and other.replaces[0] is clause and other.dates is None:
                times[other.replaces[1] : other.replaces[2]] = other.times
        times += [_session(name, seasons, is_wide=is_wide) for name in clause.sessions]
        found.append((None if clause.is_rest else clause.dates, clause.days, tuple(times)))
    return found


def _sessions_off(here: list[Clause], rules: list[_Rule], seasons: Seasons, *, is_wide: bool) -> list[_Rule]:
    """Return the hours of days of which one session is shut: 每周一上午例行检修."""
    found: list[_Rule] = []
    for clause in here:
        if clause.kind != "part_off":
            continue
        bases = [times for dates, days, times in rules if times and (not days or set(clause.days) <= set(days))]
        if len(bases) != 1:
            raise UnreadableHours("hours-contradict", "、".join(clause.days))
        shut = [_session(name, seasons, is_wide=not is_wide) for name in clause.sessions]
        found.append((clause.dates, clause.days, _minus(bases[0], shut)))
    return found


def _minus(times: tuple[Range, ...], shut: Iterable[Range]) -> tuple[Range, ...]:
    kept = list(times)
    for first, last in shut:
        kept = [part for a, b in kept for part in ((a, min(b, first)), (max(a, last), b)) if part[0] < part[1]]
    return tuple(kept)


def _refuse_overlaps(rules: list[_Rule]) -> None:
    """Refuse different hours that overlap on the very same days."""
    for number, (dates, days, times) in enumerate(rules):
        for other_dates, other_days, other in rules[:number]:
            if dates == other_dates and set(days) == set(other_days) and times != other:
                for a, b in times:
                    if any(a < d and c < b for c, d in other):
                        raise UnreadableHours("hours-contradict", times_text(times))
    for _, _, times in rules:
        if any(b > DAY_MIN * 2 for _, b in times):
            raise UnreadableHours("hours-no-such-time", times_text(times))


def _rank(days: tuple[str, ...]) -> int:
    return 0 if not days else max(_RANK.get(day, 1) for day in days)


def _rule_text(rule: _Rule) -> str:
    dates, days, times = rule
    if not dates and not days and times == ((0, DAY_MIN),):
        return "24/7"
    return " ".join(part for part in (dates_text(dates or ()), ",".join(days), times_text(times)) if part)
