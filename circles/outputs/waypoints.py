"""Places to visit as GPX, which a telephone or a hand-held receiver opens."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd

from circles.foundation.control import on_one_line

_NAMESPACE = "http://www.topografix.com/GPX/1/1"


def write(survey: pd.DataFrame, file: Path, *, as_of: dt.date) -> None:
    """Write the table ``survey`` as waypoints, the one that settles most first."""
    from circles.analysis.certainty import places_to_visit  # noqa: PLC0415 - it needs numba, the documents' clerk does not

    root = ET.Element("gpx", {"version": "1.1", "creator": "circles", "xmlns": _NAMESPACE})
    metadata = ET.SubElement(root, "metadata")
    ET.SubElement(metadata, "time").text = f"{as_of.isoformat()}T00:00:00Z"
    for number, row in enumerate(places_to_visit(survey).to_dict("records"), start=1):
        if not (math.isfinite(row["lat"]) and math.isfinite(row["lon"])):
            continue
        point = ET.SubElement(root, "wpt", {"lat": f"{row['lat']:.7f}", "lon": f"{row['lon']:.7f}"})
        ET.SubElement(point, "name").text = on_one_line(f"{number} {row['name']}")
        ET.SubElement(point, "desc").text = on_one_line(f"{row['kind']} {row['item_id']}")
    ET.indent(root)
    file.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
