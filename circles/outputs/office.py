"""What Word and Excel files share: fixed times, so that the same content gives the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

_STAMP = (1980, 1, 1, 0, 0, 0)


def restamped(data: bytes) -> bytes:
    """Return a zip archive with the same members in the same order, all of them stamped 1980-01-01."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, date_time=_STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            new.writestr(info, old.read(name))
    return out.getvalue()


def midnight(day: dt.date) -> dt.datetime:
    """Return the moment that stands for a date in a file's properties."""
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a fixed stamp, no moment in time
