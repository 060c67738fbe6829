# ruff: noqa: DTZ001 - local times without a zone, as hours are
"""Opening hours: what is read means what a person reads, what is not read is refused."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

from circles.foundation import words
from circles.inputs.hours import Seasons, UnreadableHours, calendar_of, openings, read_hours

CHINA = calendar_of("Asia/Shanghai")
PLAIN = dt.datetime(2024, 5, 13)  # Monday of a week without holidays
HOLIDAY = dt.datetime(2024, 4, 29)  # Wednesday 1 to Sunday 5 May were days off
MAKE_UP = dt.datetime(2024, 5, 6)  # Saturday 11 May was worked
WINTER = dt.datetime(2024, 1, 8)
WEEK_MIN = 7 * 24 * 60

# text; the open times of a week, worked out by hand: days of the week, then hhmm-hhmm, ? before what is unknown
CASES = """
周一至周五8:30-12:00，14:00-17:30（夏季14:30-18:00）；法定节假日休息 | 1-5 0830-1200 ?1400-1430 1430-1730 ?1730-1800
全天 | 1-7 0000-2400
全天开放 | 1-7 0000-2400
24小时 | 1-7 0000-2400
二十四小时 | 1-7 0000-2400
急诊24小时开诊 | 1-7 0000-2400
周一至周五 24小时 | 1-5 0000-2400
上午9点到下午5点 | 1-7 0900-1700
每天10:30—12:30 | 1-7 1030-1230
逢周一闭馆 | 2-7 ?0000-2400
工作日 | 1-5 ?0000-2400
双休日休息 | 1-5 ?0000-2400
周末及节假日 9:00-16:00 | 67 0900-1600
早8晚5 | 1-7 0800-1700
早9晚9 | 1-7 0900-2100
朝九晚五 | 1-7 0900-1700
8:00至20:00，中午不休息 | 1-7 0800-2000
8:00-12:00，14:00-17:00，双休日休息 | 1-5 0800-1200 1400-1700
每周二、四下午 | 24 ?1200-1430 1430-1630 ?1630-1800
每周二、四下午2:00-4:00 | 24 1400-1600
每月1、15日上午 | 3 ?0600-0900 0900-1100 ?1100-1200
每月1、15日上午8:00-11:00 | 3 0800-1100
每月13日至16日 9:00-10:00 | 1-4 0900-1000
5月1日—9月30日 7:00-18:00，其余 8:00-17:00 | 1-7 0700-1800
6月1日—9月30日 7:00-18:00，其余 8:00-17:00 | 1-7 0800-1700
午餐10:30-12:00 晚餐16:30-17:30 | 1-7 1030-1200 1630-1730
早餐6:30-8:00，午餐10:30-12:00，晚餐16:30-17:30 | 1-7 0630-0800 1030-1200 1630-1730
08:00~18:00 | 1-7 0800-1800
7：30-17：30 | 1-7 0730-1730
09：00-17：00 (周一至周五，法定节假日除外) | 1-5 0900-1700
周一至周五：09:30~21:00 周六至周日：09:00~22:00 | 1-5 0930-2100 | 67 0900-2200
周一~周五 8:00~11:30 13:30~17:00；周六、周日 8:00~11:30 | 1-5 0800-1130 1330-1700 | 67 0800-1130
周二至周日：09:00~17:00（16:00停止入馆） 周一闭馆（国家法定节假日除外） | 2-7 0900-1700
9:00-16:00(每周二闭馆） | 13-7 0900-1600
9:00-17:00 每周一闭馆，逢国定假日周一开馆 | 2-7 0900-1700
4~10月：07:00~18:30 11~3月：07:30~17:30 | 1-7 0700-1830
夏季（5月~10月）：8:00-18:00 冬季（11月~次年4月）：8:30-17:00 | 1-7 0800-1800
旺季(4月1日~10月7日)：8:00-18:00 淡季(10月8日~3月31日)：9:00-16:00 | 1-7 0800-1800
夏季：8:00-18:00 冬季：8:30-17:00 | 1-7 ?0800-0830 0830-1700 ?1700-1800
冬季（11月15日至次年3月15日），09:00~17:30 停止售票时间：16:00 | -
上午09:00~12:00 下午15:30~16:30 | 1-7 0900-1200 1530-1630
工作日上午 8:30 至 12:00，下午 2:00 至 5:30 | 1-5 0830-1200 1400-1730
上午从八点半到十一点半，下午一点半到五点整 | 1-7 0830-1130 1330-1700
上午八点一刻到十一点三刻 | 1-7 0815-1145
周末、节假日：09:00~17:30 | 67 0900-1730
周六、日及公众假期 9:00-12:00 | 67 0900-1200
8:00 - 18:00，节假日照常 | 1-7 0800-1800
每晚 17:00 — 凌晨 02:00 | 1-7 1700-2600
06:00~02:00 | 1-7 0600-2600
22:00-6:00 | 1-7 2200-3000
7:00-11:00,13:00-次日2:00 | 1-7 0700-1100 1300-2600
9:00~21:00（每周一上午例行检修，不对外开放） | 1 ?1100-1200 1200-2100 | 2-7 0900-2100
5、6、9、10月：8:00-17:00 7、8月：7:00-18:00 | 1-7 0800-1700
8:00-17:00，夏季略有延长 | 1-7 0800-1700
每天8:00-17:00，周日休息 | 1-6 0800-1700
工作日9:00-17:00，双休日休息 | 1-5 0900-1700
每月第一个周六 9:00-11:00 | -
每月第三个周六 9:00-11:00 | 6 0900-1100
每月最后一个周五 9:00-11:00 | -
除周一外每天9:00-17:00 | 2-7 0900-1700
8:00-20:00，午休12:00-13:00 | 1-7 0800-1200 1300-2000
工作日8:30-17:00，周末9:00-16:00，节假日休息 | 1-5 0830-1700 | 67 0900-1600
周一到周五8点-17点 | 1-5 0800-1700
周一到五8点-17点 | 1-5 0800-1700
星期一至星期六 上午8:00-11:30 下午1:30-5:00 星期日休息 | 1-6 0800-1130 1330-1700
礼拜天 9:00-10:00 | 7 0900-1000
8:00-17:00（周日休息） | 1-6 0800-1700
周一、三、五上午8:00-11:00 | 135 0800-1100
周一三五 8:00-11:00 | 135 0800-1100
早上8点到晚上8点 | 1-7 0800-2000
晚上7点到9点 | 1-7 1900-2100
中午11:30-下午1:00 | 1-7 1130-1300
周一至周五8:00-17:00，周六8:00-12:00，周日及法定节假日休息 | 1-5 0800-1700 | 6 0800-1200
周一至周日 全天 | 1-7 0000-2400
10:00-14:00,16:00-21:00 周二休 | 13-7 1000-1400 1600-2100
周一至周五:夏季8:00-17:00,冬季8:30-16:30 | 1-5 ?0800-0830 0830-1630 ?1630-1700
夏季8:00-17:00 | 1-7 ?0800-1700
8:00-17:00（旺季） | 1-7 ?0800-1700
6:00至21:00(夏季)，6:30至20:30(冬季) | 1-7 ?0600-0630 0630-2030 ?2030-2100
8:00-17:00（周一至周五），9:00-12:00（周六） | 1-5 0800-1700 | 6 0900-1200
8:00-12:00（周六、周日） 8:00-17:00（周一至周五） | 1-5 0800-1700 | 6-7 0800-1200
8:00-17:00（周一至周五），9:00-12:00（周六），周日休息 | 1-5 0800-1700 | 6 0900-1200
周一至周五8:00-17:00（夏季），8:30-16:30（冬季），周六9:00-12:00 | 1-5 ?0800-0830 0830-1630 ?1630-1700 | 6 0900-1200
上午8:00-11:00（夏季），上午8:30-11:30（冬季） | 1-7 ?0800-0830 0830-1100 ?1100-1130
8:00-17:00（5月-9月），8:30-16:30（10月-次年4月） | 1-7 0800-1700
5月1日至5月14日 8:00-9:00 | 12 0800-0900
5月1日至14日 8:00-9:00 | 12 0800-0900
周五至周一 9:00-12:00 | 1567 0900-1200
营业时间：周一至周日09:00-22:00 | 1-7 0900-2200
开放时间:周二至周日 9:00-17:00(16:30停止入馆),周一闭馆 | 2-7 0900-1700
门诊时间 周一至周六 8:00—11:00，13:30—16:30 | 1-6 0800-1100 1330-1630
法定工作日 8:30-17:30 | 1-5 0830-1730
周一上午8:00-11:00、周三下午1:30-4:00 | 1 0800-1100 | 3 1330-1600
2月1日-4月30日 8:00-9:00；5月1日-6月30日 9:00-10:00 | 1-7 0900-1000
3月-10月8:00-18:00，11月-2月8:30-17:00 | 1-7 0800-1800
8:00 - 17:00 周一至周五 | 1-5 0800-1700
10:00-12:00、14:00-16:00 | 1-7 1000-1200 1400-1600
全年无休 8:00-20:00 | 1-7 0800-2000
节假日不休息，8:30-16:30 | 1-7 0830-1630
8:00-18:00，周二上午休息 | 2 ?0800-0900 ?1100-1200 1200-1800 | 13-7 0800-1800
法定节假日及周末休息，其他时间9:00-17:00 | 1-5 0900-1700
周日至周四10:00-22:00，周五、周六10:00-23:00 | 1-47 1000-2200 | 56 1000-2300
Mo-Fr 08:00-17:00; PH off | 1-5 0800-1700
Mo–Fr 08:00–17:00 | 1-5 0800-1700
Mo-Su,PH 10:00-12:00 | 1-7 1000-1200
"""

SPECIAL = """
holiday | 工作日8:30-17:00 | 12 0830-1700
holiday | 周一至周五8:30-17:00 | 1-5 0830-1700
holiday | 周一至周五8:30-17:00；法定节假日休息 | 12 0830-1700
holiday | 双休日休息，其余时间 8:00-9:00 | !
holiday | 8:00-9:00，双休日休息 | 1-5 0800-0900
holiday | 周末及节假日 9:00-16:00 | 3-7 0900-1600
holiday | 09：00-17：00 (周一至周五，法定节假日除外) | 12 0900-1700
holiday | 周二至周日：09:00~17:00 周三闭馆（国家法定节假日除外） | 23-7 0900-1700
holiday | 8:00 - 18:00，节假日照常 | 1-7 0800-1800
holiday | 8:00-18:00，节假日休息 | 12 0800-1800
holiday | Mo-Fr 08:00-17:00; PH off | 12 0800-1700
holiday | Mo-Fr,PH 08:00-17:00 | 1-7 0800-1700
holiday | Mo-Fr 08:00-17:00; PH 10:00-12:00 | 12 0800-1700 | 3-7 1000-1200
holiday | Jun-Sep PH 10:00-12:00 | -
holiday | May PH 10:00-12:00 | 3-7 1000-1200
makeup | 工作日8:30-17:00 | 1-6 0830-1700
makeup | 周一至周五8:30-17:00 | 1-5 0830-1700
makeup | 8:30-17:00，双休日休息 | 1-6 0830-1700
makeup | 8:30-17:00，周六、周日休息 | 1-5 0830-1700
makeup | 工作日8:30-17:00，周末9:00-16:00 | 1-6 0830-1700 | 7 0900-1600
makeup | 周末9:00-16:00 | 67 0900-1600
makeup | Mo-Fr 08:00-17:00; PH off | 1-5 0800-1700
winter | 4~10月：07:00~18:30 11~3月：07:30~17:30 | 1-7 0730-1730
winter | 冬季（11月15日至次年3月15日），09:00~17:30 停止售票时间：16:00 | 1-7 0900-1730
winter | 旺季(4月1日~10月7日)：8:00-18:00 淡季(10月8日~3月31日)：9:00-16:00 | 1-7 0900-1600
winter | 5月1日—9月30日 7:00-18:00，其余 8:00-17:00 | 1-7 0800-1700
winter | 每月1、15日上午8:00-11:00 | -
winter | 每月第二个周六 9:00-11:00 | 6 0900-1100
winter | 10、11、12、1月 8:00-9:00 | 1-7 0800-0900
"""

REFUSED = """
农历逢3、6、9 | hours-other-calendar
逢五、逢十 | hours-other-calendar
除夕、初一、初二闭馆 | hours-other-calendar
9:00-17:00，春节休息 | hours-other-calendar
单周周三 9:00-11:00 | hours-other-calendar
Mo-Fr 08:00-12:00; SH off | hours-other-calendar
夏季8:30-6:00 | hours-ends-first
8:30-11:30（工作日），14:00-17:00 | hours-unreadable
8:00-17:00（周一）（周二） | hours-unreadable
8:30-8:30 | hours-ends-first
8:30-12:00 2:00-5:30 | hours-contradict
周一休息；周一8:00-12:00 | hours-contradict
周一至周五 8:00-17:00；周一至周五 9:00-18:00 | hours-contradict
门诊8:00-17:00，急诊24小时 | hours-contradict
Mo 08:00-12:00; Mo 14:00-18:00 | hours-contradict
2月30日 8:00-9:00 | hours-no-such-day
13月 8:00-9:00 | hours-no-such-day
每月32日 8:00-9:00 | hours-no-such-day
Feb 30 08:00-10:00 | hours-no-such-day
Jun 31-Jul 05 08:00-10:00 | hours-no-such-day
25:00-26:00 周一 | hours-no-such-time
8:75-9:00 | hours-no-such-time
上午14:00-15:00 | hours-no-such-time
周八 8:00-9:00 | hours-unreadable
看情况 | hours-unreadable
全年开放 | hours-unreadable
9:00 | hours-unreadable
周一至周五 | !
9am-5pm | hours-unreadable
Mo-Xx 08:00-09:00 | hours-unreadable
Mo 10:00+ | hours-unreadable
电话联系 | hours-unreadable
8:00-9:00（ | hours-unreadable
8:00-17:00周一至周五，9:00-12:00周六 | hours-unreadable
"""


def _lines(text: str) -> list[tuple[str, ...]]:
    rows = [line.split(" | ") for line in text.strip().splitlines()]
    return [(*row[:1], " | ".join(row[1:])) for row in rows]


def _expected(text: str) -> np.ndarray:
    """Return the state of each minute of a week, and of the day after its end, as a person wrote it down."""
    state = np.zeros(WEEK_MIN + 24 * 60, dtype=np.int64)
    if text == "-":
        return state
    for part in text.split(" | "):
        days, *times = part.split()
        chosen: list[int] = []
        for sign in re.findall(r"\d-\d|\d", days):
            chosen += range(int(sign[0]), int(sign[-1]) + 1)
        for span in times:
            first, last = (int(one[:2]) * 60 + int(one[2:]) for one in span.strip("?").split("-"))
            for day in set(chosen):
                start = (day - 1) * 24 * 60
                state[start + first : start + last] = 1 if span.startswith("?") else 2
            if last > 24 * 60 and 7 in chosen:  # the night before the first day
                state[: last - 24 * 60] = 2
    return state


def _found(text: str, monday: dt.datetime) -> np.ndarray:
    hours = read_hours(text)
    assert hours is not None
    week = openings(hours, monday, monday + dt.timedelta(days=8), calendar=CHINA)
    return week.at(np.arange(WEEK_MIN) * 60.0)


@pytest.mark.parametrize(("text", "expected"), _lines(CASES), ids=lambda text: text[:30])
def test_hours_mean_what_a_person_reads(text: str, expected: str) -> None:
    """The open and unknown minutes of a plain week are those written down by hand."""
    assert np.array_equal(_found(text, PLAIN), _expected(expected)[:WEEK_MIN])


@pytest.mark.parametrize("line", [row for row in SPECIAL.strip().splitlines() if not row.endswith("!")])
def test_holidays_make_up_days_and_seasons(line: str) -> None:
    """工作日 and 双休日 follow the announced days, 周一至周五 and 周末 the calendar."""
    week, text, *expected = line.split(" | ")
    monday = {"holiday": HOLIDAY, "makeup": MAKE_UP, "winter": WINTER}[week]
    assert np.array_equal(_found(text, monday), _expected(" | ".join(expected))[:WEEK_MIN])


def _spelt_otherwise(text: str) -> list[str]:
    wide = text.translate({ord(a): chr(ord(a) + 0xFEE0) for a in "0123456789:"})
    return [
        wide,
        *(re.sub(r"[-~～—–至到]+", join, text) for join in ("～", "—", "–", "‐", "至", " - ", "〜")),
        text.replace("周", "星期"),
        text.replace("（", "(").replace("）", ")").replace("，", ",").replace("；", ";"),
        text.replace("；", "\n"),
    ]


@pytest.mark.parametrize(("text", "expected"), [row for row in _lines(CASES) if re.search("[\u4e00-\u9fff]", row[0])])
def test_joiners_widths_and_brackets_do_not_matter(text: str, expected: str) -> None:
    """Full-width digits, every joiner and every bracket mean the same."""
    wanted = _expected(expected)[:WEEK_MIN]
    for other in _spelt_otherwise(text):
        assert np.array_equal(_found(other, PLAIN), wanted), other


@pytest.mark.parametrize(("text", "code"), [row for row in _lines(REFUSED) if row[1] != "!"])
def test_what_is_not_read_is_refused_with_its_reason(text: str, code: str) -> None:
    """What cannot be read without a guess is refused, with a code that has its sentence in both languages."""
    with pytest.raises(UnreadableHours) as caught:
        read_hours(text)
    assert caught.value.code == code
    assert words.finding_codes()[code]["zh"]


def test_osm_examples_agree_with_its_reference_implementation() -> None:
    """OpenStreetMap's own examples open in the minutes that opening_hours.js, evaluated beforehand, gives."""
    cases = json.loads((Path(__file__).parent / "hours_osm.json").read_text(encoding="utf-8"))
    assert len(cases) >= 60
    for text, spans in cases.items():
        wanted = np.zeros(WEEK_MIN, dtype=np.int64)
        for first, last, state in spans:
            wanted[first:last] = state
        assert np.array_equal(_found(text, PLAIN), wanted), text


def test_an_area_s_table_of_seasons_settles_what_the_text_leaves_open() -> None:
    """With dates for 夏季 and times for 下午, nothing is unknown."""
    seasons = Seasons({"summer": ((5, 1, 9, 30),)}, afternoon=(13 * 60 + 30, 17 * 60))
    for text, expected in (
        ("周一至周五8:30-12:00，14:00-17:30（夏季14:30-18:00）", "1-5 0830-1200 1430-1800"),
        ("每周二、四下午", "24 1330-1700"),
    ):
        hours = read_hours(text, seasons)
        assert hours is not None
        assert not hours.notes
        week = openings(hours, PLAIN, PLAIN + dt.timedelta(days=8), calendar=CHINA)
        assert np.array_equal(week.at(np.arange(WEEK_MIN) * 60.0), _expected(expected)[:WEEK_MIN])


def test_the_sun_rises_where_the_place_is() -> None:
    """Sunrise is that of the coordinates: on Shengsi in mid-May before five and not at the library's seven."""
    hours = read_hours("sunrise-sunset")
    assert hours is not None
    day = openings(
        hours, PLAIN, PLAIN + dt.timedelta(days=1), calendar=CHINA, place=(30.72, 122.45), time_zone="Asia/Shanghai"
    )
    opens = day.bounds_s[list(day.state).index(2)] / 3600
    assert 4.7 < opens < 5.1


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_mutated_strings_raise_only_what_findings_say(count: int) -> None:
    """Whatever is typed, the reader returns hours that evaluate, or refuses with a code."""
    rng = random.Random(7)
    stock = [row[0] for row in (*_lines(CASES), *_lines(REFUSED))]
    signs = '周一二日月点:-~（），；0123456789 休息节假除外上下午夏季PHMoWD"|[]+\u3000\x00😀'
    for _ in range(count):
        text = list(rng.choice(stock))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text) + 1)
            kind = rng.randrange(3)
            if kind == 0:
                text.insert(at, rng.choice(signs))
            elif kind == 1 and at < len(text):
                text[at] = rng.choice(signs)
            elif at < len(text):
                del text[at : at + rng.randint(1, 3)]
        try:
            hours = read_hours("".join(text))
            if hours is not None:
                openings(hours, PLAIN, PLAIN + dt.timedelta(days=7), calendar=CHINA)
        except UnreadableHours as e:
            assert e.code in words.finding_codes()  # noqa: PT017 - most strings are read


def test_a_thousand_texts_are_evaluated_for_a_week() -> None:
    """1,000 different texts × 168 hours: each is open in some hours and shut in others (timed in benchmarks/hours.py)."""
    texts = [
        f"周一至周五{7 + k % 3}:{k % 60:02d}-12:00，13:{k % 60:02d}-{16 + k // 60 % 4}:30；法定节假日休息"
        for k in range(1000)
    ]
    moments = np.arange(168) * 3600.0
    for text in texts:
        hours = read_hours(text)
        assert hours is not None
        open_hours = int((openings(hours, PLAIN, PLAIN + dt.timedelta(days=7), calendar=CHINA).at(moments) == 2).sum())
        assert 0 < open_hours < 168


def test_holidays_outside_china_are_those_of_the_country() -> None:
    """On Malta, Freedom Day (31 March) is off; in China that Monday is a day like any other."""
    hours = read_hours("Mo-Fr 08:00-17:00; PH off")
    assert hours is not None
    day = dt.datetime(2025, 3, 31)
    malta = openings(
        hours, day, day + dt.timedelta(days=1), calendar=None, place=(35.9, 14.45), time_zone="Europe/Malta"
    )
    china = openings(hours, day, day + dt.timedelta(days=1), calendar=CHINA)
    assert (2 in malta.state, 2 in china.state) == (False, True)
