"""Sheets and sentences of what depends on the hour, on boats and on which people are meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from circles.foundation import words
from circles.foundation.schema.tables import ALL
from circles.outputs.blocks import COUNT, PEOPLE, SHARE, Block, Column, Sheet, place
from circles.outputs.report import Report

FIRST_HOUR, LAST_HOUR = 8, 17
"""The hours of leaving among which the worst is named: at night everything is shut."""
_Name = Callable[[str], str]


def time_sheets(report: Report) -> Iterator[Sheet]:
    """Yield a sheet for each of these tables that has rows."""
    tables = report.tables
    for frame, make in (
        (tables.coverage_by_time, moments), (tables.coverage_by_hour, hours), (tables.boats_by_place, boats),
        (tables.coverage_by_population, populations),
    ):  # fmt: skip
        if len(frame):
            yield make(report)


def moments(report: Report) -> Sheet:
    """Return coverage at each moment, unknown hours as shut and as open."""
    word, people = report.word, report.people
    columns = (
        Column(word("moment")), Column(word("township")), Column(word("category")), Column(word("group")),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("covered_then") + words.aside(people, report.lang), PEOPLE),
        Column(word("share"), SHARE), Column(word("covered_if_open") + words.aside(people, report.lang), PEOPLE),
    )  # fmt: skip
    names = {
        moment.id: moment.name + words.aside(f"{moment.at:%Y-%m-%d %H:%M}", report.lang)
        for moment in report.area.moments
    }
    rows = [
        (
            names.get(row["moment"], row["moment"]), place(report, row["township_code"], row["township"]),
            report.category_name(row["category"]), report.group_name(row["group"]), row["population"], row["covered"],
            row["share"], row["covered_if_unknown_open"],
        )
        for row in report.tables.coverage_by_time.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_moments"), (Block(columns, rows),), word("moments_note", limit=report.limit), is_wide=True)


def worst_hours(report: Report) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return, per kind, its worst and its best hour of the day in the whole area: rows of ``coverage_by_hour``."""
    table = report.tables.coverage_by_hour
    if not len(table):
        return []
    whole = table[(table["township_code"] == ALL) & table["hour"].between(FIRST_HOUR, LAST_HOUR)]
    found = []
    for category, own in whole.groupby("category", sort=False):
        ordered = own.sort_values(["covered", "weekday", "hour"], kind="stable")
        best = own.sort_values(["covered", "weekday", "hour"], ascending=[False, True, True], kind="stable")
        low, high = ({str(key): value for key, value in rows.iloc[0].items()} for rows in (ordered, best))
        found.append((str(category), low, high))
    return found


def hours(report: Report) -> Sheet:
    """Return the worst hour of each kind, then the share of people covered at each of the 168 hours."""
    word = report.word
    columns = (
        Column(word("category")), Column(word("worst_hour")), Column(word("covered_then") + words.aside(report.people, report.lang), PEOPLE),
        Column(word("share"), SHARE), Column(word("best_hour")), Column(word("covered_then") + words.aside(report.people, report.lang), PEOPLE),
        Column(word("share"), SHARE),
    )  # fmt: skip
    worst = worst_hours(report)
    rows: list[tuple[Any, ...]] = [
        (
            report.category_name(category), _hour(report, low), low["covered"], low["share"], _hour(report, high),
            high["covered"], high["share"],
        )
        for category, low, high in worst
    ]  # fmt: skip
    blocks = [Block(columns, rows, word("worst_hours", first=FIRST_HOUR, last=LAST_HOUR))]
    table = report.tables.coverage_by_hour
    whole = table[table["township_code"] == ALL]
    for category, own in whole.groupby("category", sort=False):
        grid = own.pivot_table(index="weekday", columns="hour", values="share", dropna=False)
        heads = (Column(word("weekday")), *(Column(f"{hour}:00", SHARE) for hour in grid.columns))
        lines = [(word(f"weekday_{day}"), *grid.loc[day].tolist()) for day in grid.index]
        blocks.append(Block(heads, lines, report.category_name(str(category))))
    return Sheet(word("sheet_hours"), tuple(blocks), word("hours_note", limit=report.limit), is_wide=True)


def _hour(report: Report, row: dict[str, Any]) -> str:
    return report.word("hour_of", day=report.word(f"weekday_{row['weekday']}"), hour=row["hour"])


def boats(report: Report) -> Sheet:
    """Return journeys by township, island and village, then what each line alone contributes."""
    word, people, tables = report.word, report.people, report.tables
    names = {journey.id: journey.name or journey.id for journey in report.area.journeys}
    columns = (
        Column(word("journey")), Column(word("leaving")), Column(word("level")), Column(word("place")),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("boat_reached") + words.aside(people, report.lang), PEOPLE),
        Column(word("boat_within") + words.aside(people, report.lang), PEOPLE), Column(word("boat_same_day") + words.aside(people, report.lang), PEOPLE),
        Column(word("boat_minutes"), COUNT), Column(word("boat_stay"), COUNT), Column(word("boat_days"), SHARE),
    )  # fmt: skip
    rows = [
        (
            names[row["journey"]], row["moment"].replace("T", " "), word(f"level_{row['level']}"),
            place(report, row["code"], row["name"]) if row["level"] != "island" else row["name"], row["population"],
            row["reached"], row["within"], row["same_day"], row["minutes_p50"], row["stay_p50"], row["share_of_days"],
        )
        for row in tables.boats_by_place.to_dict("records")
    ]  # fmt: skip
    of_lines = (
        Column(word("journey")), Column(word("leaving")), Column(word("line")), Column(word("is_example")),
        Column(word("line_cut_off") + words.aside(people, report.lang), PEOPLE), Column(word("line_not_home") + words.aside(people, report.lang), PEOPLE),
        Column(word("line_slower") + words.aside(people, report.lang), PEOPLE),
    )  # fmt: skip
    lines = [
        (
            names[row["journey"]], row["moment"].replace("T", " "), row["line"], word("yes" if row["is_example"] else "no"),
            row["cut_off"], row["not_home"], row["slower"],
        )
        for row in tables.boats_by_line.to_dict("records")
    ]  # fmt: skip
    mark = word("boats_example") if tables.boats_by_line["is_example"].any() else ""
    blocks = (Block(columns, rows, word("boats_places")), Block(of_lines, lines, word("boats_lines")))
    return Sheet(word("sheet_boats"), blocks, mark + word("boats_note"), is_wide=True)


def populations(report: Report) -> Sheet:
    """Return coverage of each population."""
    word, people = report.word, report.people
    columns = (
        Column(word("population_of")), Column(word("township")), Column(word("category")), Column(word("group")),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("covered_then") + words.aside(people, report.lang), PEOPLE),
        Column(word("uncovered_then") + words.aside(people, report.lang), PEOPLE), Column(word("share"), SHARE),
    )  # fmt: skip
    rows = [
        (
            row["name"], place(report, row["township_code"], row["township"]), report.category_name(row["category"]),
            report.group_name(row["group"]), row["population"], row["covered"], row["uncovered"], row["share"],
        )
        for row in report.tables.coverage_by_population.to_dict("records")
    ]  # fmt: skip
    return Sheet(
        word("sheet_populations"), (Block(columns, rows),), word("populations_note", limit=report.limit), is_wide=True
    )


def worst_hour_sentence(report: Report, name: _Name) -> str:
    """Return the sentence that names the worst hour of each kind, '' without hours."""
    parts = [
        report.word(
            "brief_worst_hour_part", name=name(report.category_name(category)), hour=_hour(report, low),
            share=report.percent(low["share"]), best=_hour(report, high), best_share=report.percent(high["share"]),
        )
        for category, low, high in worst_hours(report)
        if low["share"] == low["share"]
    ]  # fmt: skip
    listed = report.word("list_semicolon").join(parts)
    return (
        report.word("brief_worst_hour", parts=listed, first=FIRST_HOUR, last=LAST_HOUR, limit=report.limit)
        if parts
        else ""
    )


def boat_sentence(report: Report, name: _Name) -> str:
    """Return one sentence per journey on who is home again the same day, and on how many days; '' without journeys."""
    table = report.tables.boats_by_place
    if not len(table):
        return ""
    is_example = bool(report.tables.boats_by_line["is_example"].any())
    shown = [
        report.word(
            "brief_boat", name=name(journey.name or journey.id), moment=row["moment"].replace("T", " "),
            reached=report.said_people(row["reached"]), same_day=report.said_people(row["same_day"]),
            people=report.people, days=report.percent(row["share_of_days"]),
        )
        for journey in report.area.journeys
        for row in table[(table["journey"] == journey.id) & (table["level"] == "all")].iloc[:1].to_dict("records")
    ]  # fmt: skip
    return (report.word("boats_example") if is_example else "") + words.in_a_row(shown, report.lang)
