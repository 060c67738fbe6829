"""Which facilities count (contract, section 2): defined once for reading, checking and comparing."""

from __future__ import annotations

import pandas as pd

from circles.foundation.schema.tables import ServiceMode, Status


def counted_statuses(*, is_demonstration: bool) -> frozenset[str]:
    """Return the statuses of facilities that are there: those that exist, and examples in a demonstration."""
    return frozenset({Status.EXISTING.value, Status.EXAMPLE.value} if is_demonstration else {Status.EXISTING.value})


def is_counted(facilities: pd.DataFrame, *, is_demonstration: bool) -> pd.Series:
    """Return whether each facility counts: it is there by its ``status``, and its ``service_mode`` is at a fixed place.

    Files without ``service_mode`` hold facilities at fixed places only.
    """
    there = facilities["status"].isin(counted_statuses(is_demonstration=is_demonstration))
    return there & facilities["service_mode"].eq(ServiceMode.FIXED.value) if "service_mode" in facilities else there
