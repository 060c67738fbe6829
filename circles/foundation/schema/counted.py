"""Which facilities count (contract, section 2): defined once for reading, checking and comparing."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from circles.foundation.schema.tables import ServiceMode, Status


def counted_statuses(*, is_demonstration: bool) -> frozenset[str]:
    """Return the statuses of facilities that are there: those that exist, and examples in a demonstration."""
    return frozenset({Status.EXISTING.value, Status.EXAMPLE.value} if is_demonstration else {Status.EXISTING.value})


def opens_later(facilities: pd.DataFrame, as_of: dt.date) -> pd.Series:
    """Return which facilities open after the date of the data, by their ISO date."""
    opened = facilities["opened_on"].fillna("").astype(str)
    return opened.str.fullmatch(r"\d{4}-\d{2}-\d{2}") & (opened > as_of.isoformat())


def is_counted(facilities: pd.DataFrame, *, is_demonstration: bool) -> pd.Series:
    """Return whether each facility counts: it is there by its ``status``, and its ``service_mode`` is at a fixed place.

    Files without ``service_mode`` hold facilities at fixed places only.
    """
    there = facilities["status"].isin(counted_statuses(is_demonstration=is_demonstration))
    return there & facilities["service_mode"].eq(ServiceMode.FIXED.value) if "service_mode" in facilities else there
