"""Columns of what a survey says of the streets."""

from __future__ import annotations

from circles.foundation.schema.columns import table

SURVEY_MATCH = table(
    "survey_match",
    "what `circles survey match` shows and writes: one row per piece of a surveyed line, in the order surveyed",
    ("file", "str", "", "file of the survey"),
    ("row", "int64", "", "number of the track in the file, or of the row in the table"),
    ("part", "int64", "", "number of the piece within it, from 1"),
    ("id", "str", "", "the row's id; of a track its number and that of its segment"),
    ("name", "str", "", "its name"),
    ("state", "str", "", "agree | new | contradict | apart (meets no street)"),
    (
        "why",
        "str",
        "",
        "along | absent (gone, and not mapped) | missing | parallel | dead_end | closed | gone | kind | length | apart",
    ),
    ("highway", "str", "", "steps | footway | path: what would be added; empty where streets have it"),
    ("length_m", "float64", "m", "length of the piece: walked, as measured, or straight"),
    (
        "network_m",
        "float64",
        "m",
        "between its ends over the streets; inf = no way, empty = only one end meets a street",
    ),
    ("off_m", "float64", "m", "how far it gets from every street; of a row, its further end"),
    ("street_ids", "str", "", "streets that it follows, or would close; separated by ;"),
    ("steps", "float64", "", "steps as counted"),
    ("width_m", "float64", "m", "width as measured"),
    ("surveyed_on", "str", "", "date"),
    ("source", "str", "", "who surveyed it, or the file"),
    ("lon_from", "float64", "degrees", "its beginning, WGS 84"),
    ("lat_from", "float64", "degrees", "its beginning, WGS 84"),
    ("lon_to", "float64", "degrees", "its end, WGS 84"),
    ("lat_to", "float64", "degrees", "its end, WGS 84"),
    ("geometry", "LineString", "", "its course; in a CSV as well-known text"),
)
"""The pieces of surveyed lines and what the streets say of them."""
