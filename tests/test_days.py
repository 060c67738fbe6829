"""Days of opening and closing, in every spelling, and which facilities count by them."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from circles.foundation.dates import as_span
from circles.foundation.schema.counted import is_over, opens_later


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
    assert opens_later(pd.DataFrame({"opened_on": days}), dt.date(2024, 12, 31)).tolist() == [
        False, False, True, True, False, False,
    ]  # fmt: skip
    assert is_over(days, dt.date(2024, 12, 31)).tolist() == [True, True, False, False, False, False]
    assert not is_over(days, dt.date(2024, 6, 30)).any()
