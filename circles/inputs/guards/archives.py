"""How many parts an archive holds, before anything lists them: listing takes a second per 30,000."""

from __future__ import annotations

from pathlib import Path

MOST_LISTED = 10_000
"""Parts of an archive, hidden ones included, that are listed at all."""
_END = b"PK\x05\x06"
_END_BYTES = 66_000
"""The last record of an archive with the longest remark that may stand behind it."""
_ENTRY_BYTES = 300
"""More than the directory's entry of one part takes, as a rule."""


def is_endless(path: Path) -> bool:
    """Return whether an archive says, in its last bytes, that it has more parts than are listed."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        end = file.read()
    at = end.rfind(_END)
    if at < 0 or len(end) < at + 22:
        return False  # no archive: who opens it says so
    count, directory = (
        int.from_bytes(end[at + 10 : at + 12], "little"),
        int.from_bytes(end[at + 12 : at + 16], "little"),
    )
    return max(count, directory // _ENTRY_BYTES) > MOST_LISTED
