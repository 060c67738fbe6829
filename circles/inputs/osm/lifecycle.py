"""What the tags beside a service say of it: that it is no more, is still to come, or is for some people only."""

from __future__ import annotations

from collections.abc import Mapping

from circles.foundation.dates import as_span
from circles.foundation.schema.tables import Status
from circles.inputs.readers import cells, working

_GONE = (
    "disused", "abandoned", "demolished", "destroyed", "razed", "removed", "ruins", "was", "dismantled", "closed", "vacant",
)  # fmt: skip
"""Keys that say, beside the tag of a service, that it is no more, and beginnings of keys that say it of one tag."""
_GONE_ALONE = (*_GONE, "historic:disused")
_GONE_BUILDING = tuple(f"{word}:building" for word in ("demolished", "destroyed", "razed", "removed", "dismantled"))
"""Keys of a building that is no more: what was in it is no more either."""
_TO_COME = {"construction": Status.UNDER_CONSTRUCTION, "proposed": Status.PLANNED, "planned": Status.PLANNED}
_SHUT = ("off", "closed")
_OPENS = ("opening_date", "start_date", "opened_on")
_ENDS = ("end_date", "closing_date", "closed_on")
_NOT_PUBLIC = ("private", "no", "members", "permit", "military", "residents", "employees")
_REMARKS = (
    "status",
    "state",
    "lifecycle",
    "operational_status",
    "note",
    "description",
    "fixme",
    "note:zh",
    "description:zh",
)
_MOST = 60
"""Characters of a remark that are shown."""


def status(tags: Mapping[str, str]) -> Status:
    """Return what the tags beside the service say of it.

    >>> status({"amenity": "clinic", "disused:amenity": "clinic"}), status({"amenity": "clinic", "disused:amenity": "bank"})
    (<Status.CLOSED: 'closed'>, <Status.EXISTING: 'existing'>)
    """
    if any(_says(tags, key) for key in _GONE_ALONE) or any(key.startswith(_GONE_BUILDING) for key in tags):
        return Status.CLOSED
    if any(_says_of_one(tags, word) for word in _GONE):
        return Status.CLOSED
    if tags.get("opening_hours", "").strip().lower() in _SHUT or tags.get("operational_status", "").lower() == "closed":
        return Status.CLOSED
    return next((s for key, s in _TO_COME.items() if _says(tags, key) or _says_of_one(tags, key)), Status.EXISTING)


def _says(tags: Mapping[str, str], key: str) -> bool:
    return tags.get(key, "no").strip().lower() not in ("no", "")


def _says_of_one(tags: Mapping[str, str], word: str) -> bool:
    """Return whether a tag stands a second time behind a word: ``disused:amenity=clinic`` beside ``amenity=clinic``."""
    behind = {key.removeprefix(f"{word}:"): value for key, value in tags.items() if key.startswith(f"{word}:")}
    return any(tags.get(key) == value for key, value in behind.items())


def is_private(tags: Mapping[str, str]) -> bool:
    """Return whether a place is for some people only, by each of the values (``no;private``) of its access."""
    values = {value.strip().lower() for value in tags.get("access", "").split(";")} - {""}
    return bool(values) and values <= set(_NOT_PUBLIC)


def opened_on(tags: Mapping[str, str]) -> str:
    """Return the day on which a service opens or opened, as it stands in the tags; '' where none is understood."""
    return _day(tags, _OPENS)


def closed_on(tags: Mapping[str, str]) -> str:
    """Return the day on which a service ends or ended, as it stands in the tags; '' where none is understood."""
    return _day(tags, _ENDS)


def _day(tags: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if as_span(text := tags.get(key, "").strip()) is not None), "")


def said(tags: Mapping[str, str]) -> str:
    """Return the words in the name or a remark that say the place does not work; '' where none do."""
    notes = [note for key in ("name", "name:zh") for note in cells.notes(tags.get(key, "")[:1000])]
    remarks = [tags[key] for key in _REMARKS if key in tags]
    return next((text[:_MOST] for text in (*notes, *remarks) if working.said_by(text)), "")
