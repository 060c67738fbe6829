"""Tokens of a Chinese text of opening hours → clauses: which days, which dates, open when or shut.

A selector (days, dates, a season) holds until the next of its kind; what stands in brackets holds for what stands before
them. ``docs/time.md`` says the rules for readers.
"""

from __future__ import annotations

from circles.inputs.hours.model import (
    DAY_MIN,
    HOLIDAY,
    MONTH_DAYS,
    RESTING,
    WEEKDAYS,
    WORKING,
    Clause,
    DateRange,
    Range,
    Scope,
    UnreadableHours,
)  # fmt: skip
from circles.inputs.hours.spans import carried, every_month, in_part, span_of
from circles.inputs.hours.spelling import Token, plain, tokens

_SESSIONS = {"上午": "morning", "早上": "morning", "下午": "afternoon", "午后": "afternoon"}
_NAMED_DAYS = {"workdays": (WORKING,), "restdays": (RESTING,), "weekend": ("Sa", "Su"), "holidays": (HOLIDAY,)}
_SEASON_NAMES = {"夏": "summer", "冬": "winter", "旺": "peak", "淡": "low", "春": "spring", "秋": "autumn"}


def clauses(text: str) -> tuple[list[Clause], tuple[str, ...]]:
    """Return what a text says, clause by clause, and the codes of notes.

    Raises
    ------
    UnreadableHours
        Anything in the text that is not understood.
    """
    reader = _Reader(tokens(plain(text)))
    reader.read()
    if not any(c.kind in ("open", "days_only", "off") and not (c.kind == "off" and c.season) for c in reader.clauses):
        raise UnreadableHours("hours-unreadable", text[:40])
    return reader.clauses, tuple(dict.fromkeys(reader.notes))


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, items: list[Token]) -> None:
        self.items = [item for item in items if item.kind not in ("space", "skipped", "filler", "noon", "colon")]
        self.at = 0
        self.scope = Scope()
        self.outside: list[tuple[Scope, int, Clause | None]] = []
        self.clauses: list[Clause] = []
        self.notes: list[str] = []
        self.last: Clause | None = None
        self.part = ""
        self.is_except = False
        self.split_before = False
        self.has_behind = False
        self.days_before: list[str] = []

    def peek(self, ahead: int = 0) -> str:
        """Return the kind of the token ``ahead``, '' past the end."""
        return self.items[self.at + ahead].kind if self.at + ahead < len(self.items) else ""

    def read(self) -> None:
        """Read every token."""
        while self.at < len(self.items):
            item = self.items[self.at]
            self.at += 1
            getattr(self, f"_{item.kind}")(item)
        self._pending_part()
        if self._has_unsaid() and not self.clauses and not self.outside and not self.is_except:
            self._say("days_only")  # 工作日: on which days, but not when
        if self._has_unsaid() and self.scope.days and not self.scope.dates and not self.scope.season:
            self._days_behind()
        is_anybodys = any(c.kind == "open" and not (c.days or c.dates or c.season or c.is_rest) for c in self.clauses)
        if self.outside or self.is_except or self._has_unsaid() or (self.has_behind and is_anybodys):
            raise UnreadableHours("hours-unreadable", self.items[-1].text if self.items else "")

    def _days_behind(self) -> None:
        """Take days that stand behind the only times (8:00-17:00 周一至周五) for theirs."""
        if len(self.clauses) == 1 and self.clauses[0].kind == "open" and not self.clauses[0].days:
            self.clauses[0].days = tuple(day for group in self.scope.days for day in group)
            self.scope = Scope(is_said=True)

    def _has_unsaid(self) -> bool:
        scope = self.scope
        return not scope.is_said and bool(scope.days or scope.dates or scope.season or scope.is_rest)

    # selectors

    def _renew(self, kind: str) -> None:
        """Begin a new selector of ``kind``: what was said is over, the outer selector holds on."""
        self._pending_part()
        scope = self.scope
        if scope.is_said:
            keeps_days = kind == "dates" and scope.outer == "days"
            keeps_dates = kind == "days" and scope.outer == "dates"
            self.scope = Scope(
                scope.days if keeps_days else [], scope.dates if keeps_dates else None,
                scope.season if keeps_dates else "", scope.outer if keeps_days or keeps_dates else "",
            )  # fmt: skip
        if not self.scope.outer:
            self.scope.outer = kind

    def _add_days(self, *days: str) -> None:
        self._renew("days")
        self.days_before = []
        if self.split_before or not self.scope.days:
            self.scope.days.append([])
        self.split_before = False
        self.scope.days[-1] += [day for day in days if day not in self.scope.days[-1]]

    def _weekdays(self, item: Token) -> None:
        days = item.value
        if self.peek() == "join" and self.peek(1) == "weekdays":
            other = self.items[self.at + 1].value
            if len(days) != 1 or len(other) != 1 or days == other:
                raise UnreadableHours("hours-no-such-day", item.text)
            self.at += 2
            days = tuple((days[0] + step) % 7 for step in range((other[0] - days[0]) % 7 + 1))
        self._add_days(*(WEEKDAYS[day] for day in sorted(days)))

    def _named_days(self, item: Token) -> None:
        self._add_days(*_NAMED_DAYS[item.kind])

    _workdays = _restdays = _weekend = _holidays = _named_days

    def _nth(self, item: Token) -> None:
        self._add_days(f"{WEEKDAYS[item.value[0]]}[{item.value[1]}]")

    def _everyday(self, item: Token) -> None:
        if item.text == "每" and self.peek() != "part":
            raise UnreadableHours("hours-unreadable", item.text)
        if item.text != "全年":
            self._renew("days")
            self.scope.days = []

    def _set_dates(self, dates: tuple[DateRange, ...]) -> None:
        season = self.scope.season if not self.scope.is_said else ""
        self._renew("dates")
        if season and self.outside:
            self.scope.season = ""  # the dates of the season stand in the brackets
        self.scope.dates = (*(self.scope.dates or ()), *dates) if not season else dates

    def _date(self, item: Token) -> None:
        month, day = item.value
        to_month, to_day = month, day
        if self.peek() == "join" and self.peek(1) == "date":
            to_month, to_day = self.items[self.at + 1].value
            self.at += 2
        elif self.peek() == "join" and self.peek(1) == "dayonly":
            to_day = self.items[self.at + 1].value
            self.at += 2
            if day is None or not day < to_day <= MONTH_DAYS[month - 1]:
                raise UnreadableHours("hours-no-such-day", item.text)
        self._set_dates(((month, day or 1, to_month, to_day or MONTH_DAYS[to_month - 1]),))

    def _months(self, item: Token) -> None:
        self._set_dates(tuple((a, 1, b, MONTH_DAYS[b - 1]) for a, b in item.value))

    def _mdays(self, item: Token) -> None:
        self._set_dates(every_month(item.value))

    def _season(self, item: Token) -> None:
        self._renew("dates")
        if self.scope.season:
            raise UnreadableHours("hours-unreadable", item.text)
        self.scope.season, self.scope.dates = _SEASON_NAMES[item.text[0]], None

    def _rest(self, item: Token) -> None:
        self._pending_part()
        if self.peek() in ("off", "usual"):
            self.at += 1
            return
        if not self.clauses:
            raise UnreadableHours("hours-unreadable", item.text)
        self.scope = Scope(is_rest=True)

    # what is said

    def _say(self, kind: str = "open", days: list[str] | None = None) -> Clause:
        scope = self.scope
        flat = [day for group in scope.days for day in group] if days is None else days
        if kind == "open" and not scope.is_rest:
            flat = flat or self.days_before
        made = Clause(tuple(dict.fromkeys(flat)), scope.dates, scope.season, kind, is_rest=scope.is_rest)
        self.clauses.append(made)
        scope.is_said = True
        return made

    def _opened(self) -> Clause:
        """Return the clause to which times given now belong."""
        if self.scope.is_said and self.last is not None and self.last.kind in ("open", "lunch"):
            return self.last
        if self.scope.is_said:
            raise UnreadableHours("hours-unreadable", self.items[self.at - 1].text)
        self.last = self._say()
        return self.last

    def _time(self, item: Token) -> None:
        if self.peek() != "join":
            raise UnreadableHours("hours-unreadable", item.text)
        self.at += 1
        is_next, end_part = False, ""
        while self.peek() in ("next", "part"):
            other = self.items[self.at]
            is_next, end_part = (
                is_next or other.kind == "next",
                end_part or (other.text if other.kind == "part" else ""),
            )
            self.at += 1
        if self.peek() != "time":
            raise UnreadableHours("hours-unreadable", item.text)
        end = self.items[self.at]
        self.at += 1
        start_min = in_part(item.value[0], self.part)
        stop_min = in_part(end.value[0], end_part or carried(self.part, start_min, end.value[0]))
        span = span_of(start_min, stop_min, is_next=is_next, end_part=end_part, is_padded=end.value[1], shown=item.text)
        self.part = ""
        self._give(span)

    def _give(self, span: Range) -> None:
        clause = self._opened()
        if clause.times and span[0] < clause.times[-1][1]:
            same = clause.times[-1] == span
            raise UnreadableHours(
                "hours-contradict" if not same else "hours-unreadable", f"{span[0] // 60}:{span[0] % 60:02d}"
            )
        clause.times.append(span)

    def _allday(self, _: Token) -> None:
        self.part = ""
        is_repeated = self.scope.is_said and self.last is not None and self.last.times == [(0, DAY_MIN)]
        if self.peek() != "off" and not is_repeated:
            self._give((0, DAY_MIN))

    def _zao(self, item: Token) -> None:
        self._give(item.value)

    def _part(self, item: Token) -> None:
        self._pending_part()
        self.part = item.text

    def _pending_part(self) -> None:
        """Take 上午 without times for a session."""
        if not self.part:
            return
        name = _SESSIONS.get(self.part, "")
        if not name or (not self._has_unsaid() and not self.scope.is_said):
            raise UnreadableHours("hours-unreadable", self.part)
        self.part = ""
        self._opened().sessions.append(name)

    def _lunch(self, item: Token) -> None:
        if self.peek() != "time" or not self.clauses:
            raise UnreadableHours("hours-unreadable", item.text)
        self.last = Clause(kind="lunch")
        self.clauses.append(self.last)
        self.scope = Scope(is_said=True)

    def _off(self, item: Token) -> None:
        if self.part:
            name = _SESSIONS.get(self.part, "")
            if not name or not self._has_unsaid():
                raise UnreadableHours("hours-unreadable", self.part + item.text)
            self.part = ""
            self._say("part_off").sessions.append(name)
        elif self._has_unsaid():
            self._close(splits=False)
        elif self.clauses and self.clauses[-1].kind in ("off", "part_off") and self.peek(-2) in ("off", "comma"):
            pass  # 例行检修，不对外开放: the same closure said twice
        else:
            raise UnreadableHours("hours-unreadable", item.text)
        self.last = None

    def _close(self, *, splits: bool) -> None:
        """Say that the pending days are off; where 周一至周五，节假日除外 stand together, only the last are."""
        groups = self.scope.days
        last_is_rest = bool(groups) and set(groups[-1]) <= {HOLIDAY, RESTING}
        if len(groups) > 1 and (splits or (last_is_rest and any(len(group) >= 5 for group in groups[:-1]))):
            kept = [day for group in groups[:-1] for day in group]
            if self.last is not None and self.outside and not self.last.days:
                self.last.days = tuple(kept)
            else:
                raise UnreadableHours("hours-unreadable", "、".join(kept))
            self._say("off", groups[-1])
        else:
            self._say("off")

    def _save(self, _: Token) -> None:
        self._pending_part()
        if self._has_unsaid():
            raise UnreadableHours("hours-unreadable", "除")
        self.is_except = True
        self.scope = Scope()

    def _outside(self, item: Token) -> None:
        is_closure = bool(self.clauses) and self.clauses[-1].kind == "off"
        if not self._has_unsaid():
            raise UnreadableHours("hours-unreadable", item.text)
        if is_closure and not self.is_except:
            if [day for group in self.scope.days for day in group] != [HOLIDAY]:
                raise UnreadableHours("hours-unreadable", item.text)
            self._say("except_holiday")
        else:
            self._close(splits=True)
            if self.is_except and not self.outside:
                self.scope = Scope()
        self.is_except = False

    def _usual(self, _: Token) -> None:
        if not self._has_unsaid():
            return  # 全年无休: nothing is excepted
        days = [day for group in self.scope.days for day in group]
        closed = [c for c in self.clauses if c.kind == "off"]
        is_exception = bool(closed) and HOLIDAY in days and set(days) - {HOLIDAY} <= set(closed[-1].days)
        self._say("except_holiday" if is_exception else "usual")
        if not any(c.kind == "open" for c in self.clauses):
            self.scope = Scope()  # 节假日不休息，8:30-16:30: the times are of every day
        self.last = None

    def _admission(self, _: Token) -> None:
        self.notes.append("hours-last-admission")

    def _vague(self, _: Token) -> None:
        self.notes.append("hours-vague")
        if self.scope.season and not self.scope.is_said:  # 夏季略有延长: no number to keep
            self.scope = Scope(is_said=True)

    # signs

    def _comma(self, item: Token) -> None:
        self._pending_part_at_sign()
        self.split_before = item.text == ","

    def _stop(self, _: Token) -> None:
        self._pending_part_at_sign()
        if self.scope.is_said:
            self.last = self.last if self.last is not None and self.last.kind == "open" else None

    def _pending_part_at_sign(self) -> None:
        if self.part and self.peek() != "time":
            self._pending_part()

    def _open_bracket(self, _: Token) -> None:
        self._pending_part_at_sign()
        before = self.scope
        self.outside.append((before, len(self.clauses), self.last))
        self.split_before = False
        if before.is_said:
            self.scope = Scope()
        else:
            self.scope = Scope([list(group) for group in before.days], before.dates, before.season, before.outer)

    def _close_bracket(self, item: Token) -> None:
        self._pending_part()
        if not self.outside:
            raise UnreadableHours("hours-unreadable", item.text)
        inner = self.scope
        self.scope, first, last = self.outside.pop()
        self.split_before = False
        made = self.clauses[first:]
        if not made and not self.scope.is_said and (inner.dates or inner.season or inner.days):
            self.scope.dates, self.scope.season, self.scope.days = inner.dates, inner.season, inner.days
        elif not made and (inner.season or inner.dates or inner.days) and last is not None and last.kind == "open":
            self._selected_behind(last, inner, item)
            last = None  # 8:00-17:00（周一至周五），9:00-12:00（周六）: times after it are others'
        elif not made and (inner.season or inner.days or inner.dates):
            raise UnreadableHours("hours-unreadable", item.text)
        for clause in made:
            if clause.kind == "open" and (clause.season or clause.dates) and not clause.days and last is not None:
                count = len(clause.times)
                if clause.sessions or count > len(last.times):
                    raise UnreadableHours("hours-unreadable", item.text)
                clause.replaces = last, len(last.times) - count, len(last.times)
        self.last = last

    def _selected_behind(self, clause: Clause, inner: Scope, item: Token) -> None:
        """Give times the days, dates or season that stand in brackets behind them."""
        if (inner.days and clause.days) or ((inner.dates or inner.season) and (clause.dates or clause.season)):
            raise UnreadableHours("hours-contradict", item.text)
        clause.days = clause.days or tuple(day for group in inner.days for day in group)
        clause.dates, clause.season = clause.dates or inner.dates, clause.season or inner.season
        self.has_behind = True
        self.days_before = [] if inner.days else list(clause.days)  # 周一至周五8:00-17:00（夏季），8:30-16:30（冬季）
        self.scope = Scope()

    def _join(self, item: Token) -> None:
        raise UnreadableHours("hours-unreadable", item.text)

    _next = _dayonly = _join
