"""Days of opening and closing, in every spelling, and which facilities count by them."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from circles.foundation.dates import as_span
from circles.foundation.schema.counted import is_over, opens_later
from circles.inputs.osm import lifecycle
from circles.inputs.readers.line_values import of_another_time


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2030-05-07", "2030-05-07", "2030-05-07"), ("2030/5/7", "2030-05-07", "2030-05-07"),
        ("07.05.2030", "2030-05-07", "2030-05-07"), ("7 May 2030", "2030-05-07", "2030-05-07"),
        ("2030-05-07T08:00:00Z", "2030-05-07", "2030-05-07"), ("20300507", "2030-05-07", "2030-05-07"),
        ("2030-05", "2030-05-01", "2030-05-31"), ("2030年5月", "2030-05-01", "2030-05-31"),
        ("May 2030", "2030-05-01", "2030-05-31"), ("2030", "2030-01-01", "2030-12-31"),
        ("2030年", "2030-01-01", "2030-12-31"), ("~2030", "2030-01-01", "2030-12-31"),
        ("预计2030年开业", "2030-01-01", "2030-12-31"), ("2030-Q2", "2030-04-01", "2030-06-30"),
        ("2030年第二季度", "2030-04-01", "2030-06-30"), ("2030年下半年", "2030-07-01", "2030-12-31"),
        ("2030s", "2030-01-01", "2039-12-31"), ("2028..2030-02", "2028-01-01", "2030-02-28"),
    ],
)  # fmt: skip
def test_a_span_of_days_in_any_spelling(text: str, first: str, last: str) -> None:
    """A day, month, quarter, year or range is understood as its first and last day."""
    assert as_span(text) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize("text", ["", "soon", "C21", "2030-13", "2030-02-30", "明年", "9" * 50, "1..2..3"])
def test_what_is_no_day_is_none(text: str) -> None:
    """Nothing is guessed from words that name no time."""
    assert as_span(text) is None


def test_what_opens_later_or_is_over_by_the_date_of_the_data() -> None:
    """Of a span its first day opens and its last day closes; the day itself is already open, and already closed."""
    days = pd.Series(["2024-12-31", "2024", "2025", "2025年1月", "", "soon"])
    assert opens_later(days, dt.date(2024, 12, 31)).tolist() == [
        False, False, True, True, False, False,
    ]  # fmt: skip
    assert is_over(days, dt.date(2024, 12, 31)).tolist() == [True, True, False, False, False, False]
    assert not is_over(days, dt.date(2024, 6, 30)).any()


def test_tags_of_an_object_say_whether_it_works() -> None:
    """A service that is marked as gone or to come does not count, one whose remark says so is reported."""
    clinic = {"amenity": "clinic"}
    for tags, status in (
        ({"disused:amenity": "clinic"}, "closed"), ({"disused:amenity": "bank"}, "existing"), ({"disused": "Yes"}, "closed"),
        ({"vacant": "yes"}, "closed"), ({"construction:amenity": "clinic"}, "under_construction"), ({"planned": "no"}, "existing"),
    ):  # fmt: skip
        assert lifecycle.status(clinic | tags).value == status
    assert lifecycle.said({"name": "卫生院（已停用）"}) == "已停用"
    assert lifecycle.said({"name": "卫生院", "note": "open"}) == ""
    assert lifecycle.is_private({"access": "no;Private"})
    assert not lifecycle.is_private({"access": "private;customers"})
    assert lifecycle.closed_on({"end_date": "C19", "closing_date": "2020年3月"}) == "2020年3月"


def test_streets_of_another_time_are_reported() -> None:
    """A way that opens later or has ended by the date of the data is named; it counts as walked."""
    lines = pd.DataFrame(
        {"street_id": [1, 2, 3, 4], "start_date": ["2030", "1950", "", ""], "end_date": ["", "", "2015", "2031"]}
    )
    (found,) = of_another_time(lines, dt.date(2024, 12, 31), "n.gpkg")
    assert (found.code, found.id, "1, 3" in found.message()) == ("lines-of-another-time", "1", True)
