"""Opening hours as Chinese tables write them → tokens: every sign is understood or the text is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from circles.inputs.hours.model import MONTH_DAYS, UnreadableHours

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_N = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
_DAY = "[一二三四五六日天末1-7]"
_WEEK = "(?:周|星期|礼拜)"
_SKIPPED = (
    "营业时间|开放时间|服务时间|办公时间|接待时间|工作时间|上班时间|门诊时间|开诊时间|作息时间|供餐时间|就餐时间|用餐时间|"
    "时间为?|对外开放|正常开放|正常营业|正常上班|开放|营业|开诊|接诊|坐诊|门诊|急诊|办公|上班|供餐|服务|正常|"
    "均|为|的|从|自|起|分别|逢"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("skipped", r"早餐|午餐|中餐|晚餐|夜宵|早市|夜市"),
    ("lunar", r"农历|除夕|大年|初[一二三四五六七八九十]|正月|腊月|逢[一二三四五六七八九十\d](?![\d:点月日号])|单日|双日|单周|双周|隔周|隔日|春节|清明|端午|中秋|元宵|国庆|元旦|五一|十一(?!点|时|月)|寒暑?假|暑假|暑期|学期|潮"),
    ("admission", r"(?:停止|最晚|最后|最迟|截止)(?:售票|入馆|入园|入场|进馆|检票|取号|挂号|领票|换票|入内|进场)(?:时间)?:?(?:\d{1,2}:\d{2})?|\d{1,2}:\d{2}(?:后|起)?(?:停止|最晚|最后|截止)(?:售票|入馆|入园|入场|进馆|检票|取号|挂号|领票|换票|入内|进场)"),
    ("vague", r"(?:略有|适当|酌情)(?:延长|缩短|调整|推迟|提前)|左右|大约|约|(?:以|视)[^,;()]{1,12}(?:为准|而定)|另行(?:通知|公告)|请?提前?(?:预约|电话(?:预约|咨询))"),
    ("noon", r"(?:中午|午间)(?:不休息?|不闭馆|不打烊|照常)|无午休"),
    ("lunch", r"午休(?:时间)?|中午休息|午间休息"),
    ("usual", r"照常(?:开放|营业|上班|开馆)?|不休息|不打烊|不休|无休|开馆"),
    ("off", r"(?:不对外|不予|暂不|不)(?:开放|营业|开诊|开馆|接待|上班|办公)|休息|休馆|闭馆|闭店|闭园|停诊|停业|关闭|关门|例行检修|休"),
    ("outside", r"除外|以外|外"),
    ("save", r"除"),
    ("allday", r"7天?[*x×]24(?:小?时)?|24/7|24[hH]|24小时|二十四小时|全天候|全天|全日|昼夜"),
    ("zao", rf"[早朝](?P<zao_a>{_N})点?到?晚(?P<zao_b>{_N})点?"),
    ("mdays", r"每月(?:的|逢)?(?P<mdays>\d{1,2}[日号]?(?:[、,和及-]\d{1,2}[日号]?)*)(?<=[日号])"),
    ("nth", rf"每?月?的?(?:第(?P<nth>[一二三四五1-5])个?|(?P<nth_last>最后一?个?)){_WEEK}(?P<nth_day>{_DAY})"),
    ("date", r"(?:次年|翌年|来年)?(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|(?P<day>\d{1,2})(?:[日号]|(?![\d:点时])))?(?:起|开始|底)?"),
    ("months", r"(?P<months>\d{1,2}(?:[、,和及]\d{1,2})+)月份?|(?P<from_month>\d{1,2})-(?:次年|翌年|来年)?(?P<to_month>\d{1,2})月份?"),
    ("dayonly", r"(?P<dayonly>\d{1,2})[日号]"),
    ("workdays", r"(?:法定)?工作日(?:\(周一[-]周五\))?"),
    ("restdays", r"双休日?|公休日|休息日"),
    ("weekend", r"周末"),
    ("holidays", r"(?:(?:国家|国定)?法定)?(?:节假日|节日|假日|假期)|国定(?:节)?假日|公众(?:假期|假日)|国家(?:法定)?(?:节)?假日"),
    ("weekdays", rf"(?:每逢|每个|每|逢)?{_WEEK}(?P<weekdays>{_DAY}(?:\s*[、,和及与-]?\s*{_WEEK}?{_DAY}(?<![1-7](?=[\d点时月:日]))(?![点时]))*)"),
    ("everyday", r"每天|每日|天天|日常|全年|平日?每天|每"),
    ("next", r"次日|翌日|第二天|隔天"),
    ("time", rf"(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::00)?(?!\d)|(?P<hour2>{_N})[点时](?!段)(?:(?P<half>半)|(?P<quarter>[一三])刻|钟?整?(?:(?P<minute2>\d{{1,2}}|[零〇一二三四五六七八九十]{{1,3}})分?)?)"),
    ("part", r"上午|早上|早晨|清晨|早间|早|中午|下午|午后|晚上|晚间|傍晚|夜间|夜晚|夜里|晚|凌晨"),
    ("season", r"夏季|夏令时?|夏时制|夏天|夏|冬季|冬令时?|冬时制|冬天|冬|旺季|淡季|春季|秋季"),
    ("rest", r"(?:其余|其他|其它)(?:时间|日期|月份|季节|时段|各?日|天)?(?:均|都)?"),
    ("filler", _SKIPPED),
    ("join", r"-"), ("open_bracket", r"[(\[【]"), ("close_bracket", r"[)\]】]"),
    ("comma", r"[,、]|及|和|与|以及|或"), ("stop", r"[;。.]"), ("colon", r":"),
)  # fmt: skip
_TOKEN = re.compile("|".join(f"(?P<{name}_>{pattern})" for name, pattern in _PATTERNS))


@dataclass(frozen=True)
class Token:
    """One word: its kind and what it says."""

    kind: str
    text: str
    value: Any = None


def plain(text: str) -> str:
    """Return text in its usual width, with one sign for each of the joiners and brackets.

    >>> plain("９：００～１７:３０ —周一")
    '9:00-17:30 -周一'
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[‐‑‒–—―─﹣−~∼〜～至到]+", "-", text)
    text = re.sub(r"[∶︰꞉﹕]", ":", text).replace("·", "、").replace("\u200b", "").replace("\ufeff", "")
    text = re.sub(r"[\r\n]+", ";", text)
    return re.sub(r"\s*-\s*-*\s*", "-", re.sub(r"\s*:\s*", ":", text)).strip()


def tokens(text: str) -> list[Token]:
    """Return the words of ``text`` as `plain` returns it.

    Raises
    ------
    UnreadableHours
        A sign that is not understood, a day that does not exist, a word that would have to be guessed.
    """
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            found.append(Token("space", " "))
            continue
        match = _TOKEN.match(text, at)
        if match is None or not match[0]:
            raise UnreadableHours("hours-unreadable", text[at : at + 20])
        kind = (match.lastgroup or "").removesuffix("_")
        if kind not in dict(_PATTERNS):
            kind = next(name for name, _ in _PATTERNS if match.group(f"{name}_") is not None)
        found.append(Token(kind, match[0], _value(kind, match)))
        at = match.end()
    return found


def _value(kind: str, match: re.Match[str]) -> Any:
    return _VALUES[kind](match.groupdict(), match[0]) if kind in _VALUES else None


_Group = dict[str, str | None]


def _lunar(_: _Group, text: str) -> Any:
    raise UnreadableHours("hours-other-calendar", text)


def _morning_evening(group: _Group, text: str) -> tuple[int, int]:
    start, end = _number(group["zao_a"] or ""), _number(group["zao_b"] or "")
    if start >= 12 or end > 12:
        raise UnreadableHours("hours-no-such-time", text)
    return start * 60, (end + 12) * 60


def _date(group: _Group, text: str) -> tuple[int, int | None]:
    month, day = _number(group["month"] or ""), group["day"]
    _check_day(month, 1 if day is None else int(day), text)
    return month, None if day is None else int(day)


def _nth(group: _Group, text: str) -> tuple[int, int]:
    return _weekday(group["nth_day"] or "", text), -1 if group["nth_last"] else _number(group["nth"] or "")


def _number(text: str) -> int:
    """Return the number that one or two digits, Arabic or Chinese, mean.

    >>> _number("二十一"), _number("十"), _number("08")
    (21, 10, 8)
    """
    if text.isdigit() and text.isascii():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        if (tens and tens not in _DIGITS) or (ones and ones not in _DIGITS):
            raise UnreadableHours("hours-unreadable", text)
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    if any(sign not in _DIGITS for sign in text):
        raise UnreadableHours("hours-unreadable", text)
    return int("".join(str(_DIGITS[sign]) for sign in text))


def _time(group: _Group, _: str) -> tuple[int, bool]:
    """Return minutes after midnight and whether the hour was written with two digits."""
    text = group["hour"] or group["hour2"] or ""
    hour = _number(text)
    minute = int(group["minute"] or 0)
    if group["half"]:
        minute = 30
    elif group["quarter"]:
        minute = 15 * _number(group["quarter"])
    elif group["minute2"]:
        minute = _number(group["minute2"])
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise UnreadableHours("hours-no-such-time", f"{text}:{minute:02d}")
    return hour * 60 + minute, len(text) == 2


def _check_day(month: int, day: int, text: str) -> None:
    if not (1 <= month <= 12 and 1 <= day <= MONTH_DAYS[month - 1]):
        raise UnreadableHours("hours-no-such-day", text)


def _months(group: _Group, text: str) -> list[tuple[int, int]]:
    if group["months"]:
        listed = [int(part) for part in re.findall(r"\d+", group["months"])]
        pairs = [(month, month) for month in listed]
    else:
        pairs = [(int(group["from_month"] or 0), int(group["to_month"] or 0))]
    for pair in pairs:
        for month in pair:
            _check_day(month, 1, text)
    return pairs


def _month_days(group: _Group, shown: str) -> list[tuple[int, int]]:
    found = []
    for part in re.split("[、,和及]", group["mdays"] or ""):
        bounds = [int(number) for number in re.findall(r"\d+", part)]
        if not 1 <= len(bounds) <= 2 or not 1 <= bounds[0] <= bounds[-1] <= 31:
            raise UnreadableHours("hours-no-such-day", shown)
        found.append((bounds[0], bounds[-1]))
    return found


def _weekday(sign: str, text: str) -> int:
    number = {"日": 6, "天": 6, "7": 6}.get(sign)
    if number is None:
        number = "一二三四五六".find(sign) if not sign.isdigit() else int(sign) - 1
    if number < 0:
        raise UnreadableHours("hours-unreadable", text)
    return number


def _weekdays(group: _Group, shown: str) -> tuple[int, ...]:
    """Return weekdays, Monday = 0, of 一至五, 二、四, 六日 …."""
    text = group["weekdays"] or ""
    if text == "末":
        return 5, 6
    signs = re.findall(rf"(-?)\s*{_WEEK}?({_DAY})", re.sub(r"[、,和及与]", " ", text))
    found: list[int] = []
    for join, sign in signs:
        day = _weekday(sign, shown)
        if join and found:
            span = (day - found[-1]) % 7
            if span == 0:
                raise UnreadableHours("hours-no-such-day", shown)
            found += [(found[-1] + step) % 7 for step in range(1, span + 1)]
        else:
            found.append(day)
    if len(set(found)) != len(found):
        raise UnreadableHours("hours-contradict", shown)
    return tuple(sorted(found))


_VALUES: dict[str, Callable[[_Group, str], Any]] = {
    "lunar": _lunar, "time": _time, "zao": _morning_evening, "date": _date, "months": _months, "mdays": _month_days,
    "dayonly": lambda group, _: int(group["dayonly"] or 0), "weekdays": _weekdays, "nth": _nth,
}  # fmt: skip
