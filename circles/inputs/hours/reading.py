"""A cell of opening hours → its normal form, or why it is not read."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from circles.inputs.hours.chinese import clauses
from circles.inputs.hours.compose import composed
from circles.inputs.hours.evaluate import parsed, rules_of
from circles.inputs.hours.model import MONTH_DAYS, MONTHS, Hours, Seasons, UnreadableHours
from circles.inputs.hours.spelling import plain

_LONGEST = 1000
_HAN = re.compile(r"[\u4e00-\u9fff]")
_TIMES_ONLY = re.compile(r"(?!.*\d{3})[\d:\s,、;-]+")
_MONTH_DAY = re.compile(rf"\b({'|'.join(MONTHS)})\s+(\d{{1,2}})(?:\s*-\s*(\d{{1,2}})(?![\d:]))?(?![\d:])")
_COMMENT_ALONE = re.compile(r'((?:^|[^a-z"\s])\s*)("[^"]*")(?=\s*(?:[;,|]|$))')
_ALL_DAY = frozenset({"24小时", "24h", "24H", "24/7", "7*24", "7x24", "7×24"})
_NO_SEASONS = Seasons()


def read_hours(text: str, seasons: Seasons = _NO_SEASONS) -> Hours | None:
    """Return the normal form of a cell, None for an empty one.

    Parameters
    ----------
    text : as it stands in the table
    seasons : what the area knows about words without numbers (夏季, 上午)

    Raises
    ------
    UnreadableHours
        The text is not read; nothing is guessed.

    Examples
    --------
    >>> read_hours("周一至周五8:30-12:00，14:00-17:30；法定节假日休息").variants
    ('Mo,Tu,We,Th,Fr 08:30-12:00,14:00-17:30; PH off',)
    """
    if not text.strip():
        return None
    if len(text) > _LONGEST:
        raise UnreadableHours("hours-unreadable", f"{len(text)} > {_LONGEST}")
    short = plain(text)
    is_chinese = (
        bool(_HAN.search(re.sub(r'"[^"]*"', "", short))) or short in _ALL_DAY or bool(_TIMES_ONLY.fullmatch(short))
    )
    if is_chinese:
        said, notes = clauses(text)
        variants, more = composed(said, seasons)
    else:
        variants, notes, more = (_osm(text),), (), ()
    for variant in variants:
        parsed(variant)
    return Hours(text, variants, (*notes, *more))


@cache
def _osm(text: str) -> str:
    """Return a text in OpenStreetMap's own syntax, its joiners made plain, checked for what its library lets pass."""
    short = re.sub(r"[‐‑‒–—―−]", "-", unicodedata.normalize("NFKC", text)).strip().rstrip(";").strip()
    bare = re.sub(r'"[^"]*"', "", short)
    if re.search(r"\bSH\b", bare):
        raise UnreadableHours("hours-other-calendar", "SH")
    if re.search(r"\d\+", bare):
        raise UnreadableHours("hours-unreadable", "+")
    for month, day, last in _MONTH_DAY.findall(bare):
        if not all(1 <= int(number) <= MONTH_DAYS[MONTHS.index(month)] for number in (day, last) if number):
            raise UnreadableHours("hours-no-such-day", f"{month} {day}")
    for a, b in re.findall(r"(\d{1,2}):(\d{2})", bare):
        if int(a) > 48 or int(b) > 59:
            raise UnreadableHours("hours-no-such-time", f"{a}:{b}")
    _refuse_overridden(short)
    return _COMMENT_ALONE.sub(r"\1unknown \2", short)  # a comment without a state means unknown, in OpenStreetMap


def _refuse_overridden(text: str) -> None:
    """Refuse a text of which one rule with hours is overridden, day for day, by a later one with the same days."""
    seen: dict[str, str] = {}
    for rule in rules_of(text):
        if rule.joint != ";" or not rule.selector:
            seen.setdefault(rule.selector, rule.rest)
            continue
        if rule.selector in seen and seen[rule.selector] != rule.rest:
            raise UnreadableHours("hours-contradict", f"{rule.selector} {rule.rest}")
        seen[rule.selector] = rule.rest
