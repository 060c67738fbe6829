"""What pages show and no command prints: files looked at in a process of their own, with limits of time, never in the server's.

``python -m circles.desk.tasks NAME LANG ARGUMENT …`` prints one JSON object: what was asked for, or ``{"wrong": [lines]}``.
"""

OURS = (
    "id",
    "name",
    "category",
    "lon",
    "lat",
    "x",
    "y",
    "township_code",
    "capacity",
    "status",
    "opening_hours",
    "site_id",
    "kind",
)
"""Columns of a table of facilities that may be chosen on its page; the others are known by their titles or not used."""
