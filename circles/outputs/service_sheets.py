"""Sheets of service beyond the walk to one place: delivered and mobile, 一老一小 in one building, competition for places."""

from __future__ import annotations

from collections.abc import Iterator

from circles.foundation import words
from circles.outputs.blocks import NUMBER, PEOPLE, RATE, RATIO, SHARE, Block, Column, Sheet, place
from circles.outputs.report import Report


def service_sheets(report: Report) -> Iterator[Sheet]:
    """Yield a sheet for each of these tables that has rows."""
    if len(report.tables.served_otherwise):
        yield served_otherwise(report)
    if len(report.tables.elder_child):
        yield elder_child(report)
    if len(report.tables.competition):
        yield competition(report)


def served_otherwise(report: Report) -> Sheet:
    """Return who walks, who is served at home or in the village, and who neither."""
    word, people = report.word, report.people
    columns = (
        Column(word("township")), Column(word("category")), Column(word("group")),
        *(
            Column(word(name) + words.aside(people, report.lang), PEOPLE)
            for name in ("population", "col_walked_there", "col_served_otherwise", "col_delivered", "col_mobile", "col_not_served")
        ),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), report.category_name(row["category"]),
            report.group_name(row["group"]), row["population"], row["covered"], row["served_otherwise"], row["delivered"],
            row["mobile"], row["not_served"],
        )
        for row in report.tables.served_otherwise.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_served_otherwise"), (Block(columns, rows),), word("served_otherwise_note"), is_wide=True)


def elder_child(report: Report) -> Sheet:
    """Return the buildings with services for the old and the very young, and who walks there."""
    word, people = report.word, report.people
    names = dict(zip(report.tables.facilities["id"].astype(str), report.tables.facilities["name"], strict=True))

    def named(ids: str) -> str:
        return word("list_comma").join(str(names.get(one, one)) for one in ids.split("+"))

    sites = [
        (row["site_id"], place(report, row["township_code"]), named(row["elder"]), named(row["child"]))
        for row in report.tables.elder_child.to_dict("records")
    ]
    first = Block(
        (Column(word("col_site")), Column(word("township")), Column(word("col_for_elder")), Column(word("col_for_child"))),
        sites, word("elder_child_sites", count=len(sites)),
    )  # fmt: skip
    columns = (
        Column(word("township")), Column(word("col_audience")), Column(word("group")),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("col_walked_there") + words.aside(people, report.lang), PEOPLE),
        Column(word("walked_share"), SHARE),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), word(f"col_for_{row['audience']}"),
            report.group_name(row["group"]), row["population"], row["covered"], row["share"],
        )
        for row in report.tables.elder_child_coverage.to_dict("records")
    ]  # fmt: skip
    second = Block(columns, rows, word("elder_child_reached"))
    return Sheet(word("sheet_elder_child"), (first, second), word("elder_child_note"), is_wide=True)


def competition(report: Report) -> Sheet:
    """Return three ways to share places among those who reach them, side by side."""
    word, people = report.word, report.people
    columns = (
        Column(word("township")), Column(word("category")), Column(word("group")),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("col_two_step"), RATE),
        Column(word("col_available"), NUMBER), Column(word("col_balanced"), RATIO),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), report.category_name(row["category"]),
            report.group_name(row["group"]), row["population"], row["two_step_per_1000"], row["available"],
            row["balanced_level"],
        )
        for row in report.tables.competition.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_competition"), (Block(columns, rows),), word("competition_note"), is_wide=True)
