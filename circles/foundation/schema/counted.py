"""Which facilities count (contract, section 2): defined once for reading, checking and comparing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd

from circles.foundation.dates import Span, as_span
from circles.foundation.schema.tables import ServiceMode, Status


def counted_statuses(*, is_demonstration: bool) -> frozenset[str]:
    """Return the statuses of facilities that are there: those that exist, and examples in a demonstration."""
    return frozenset({Status.EXISTING.value, Status.EXAMPLE.value} if is_demonstration else {Status.EXISTING.value})


def opens_later(opened_on: pd.Series, as_of: dt.date) -> pd.Series:
    """Return which facilities or streets open after the date of the data; of a year or a month its first day counts."""
    return _each(opened_on, lambda span: span[0] > as_of)


def is_over(closed_on: pd.Series, as_of: dt.date) -> pd.Series:
    """Return which facilities or streets are over by the date of the data; of a year or a month its last day counts."""
    return _each(closed_on, lambda span: span[1] <= as_of)


def _each(days: pd.Series, holds: Callable[[Span], bool]) -> pd.Series:
    """Return for which texts a condition holds on their span of days; not where they mean no time that is known."""
    texts = days.fillna("").astype(str)
    known = {text: (span := as_span(text)) is not None and holds(span) for text in texts.unique() if text}
    return texts.map(lambda text: known.get(text, False)).astype(bool)


def is_counted(facilities: pd.DataFrame, *, is_demonstration: bool) -> pd.Series:
    """Return whether each facility counts: it is there by its ``status``, and its ``service_mode`` is at a fixed place.

    Files without ``service_mode`` hold facilities at fixed places only.
    """
    there = facilities["status"].isin(counted_statuses(is_demonstration=is_demonstration))
    return there & facilities["service_mode"].eq(ServiceMode.FIXED.value) if "service_mode" in facilities else there
