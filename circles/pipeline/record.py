"""What ``run.json`` says of a run: its parameters, inputs and counts, and the id that follows from them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import geopandas as gpd
import pandas as pd

from circles.foundation.version import CONTRACT, __version__
from circles.foundation.words import Lang
from circles.inputs.loading import Inputs


def record(
    inputs: Inputs,
    lang: Lang,
    seconds: dict[str, float],
    access: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    n_runs: int = 0,
) -> dict[str, Any]:
    """Return the content of ``run.json`` without the digests of the outputs.

    The run's id is a digest of inputs, parameters and version.

    Parameters
    ----------
    inputs : the area's checked tables
    lang : language of the run
    seconds : seconds of each stage
    access : table ``access``
    facilities : table ``facilities``, with ``is_counted``
    n_runs : runs with drawn doubts; 0 = none were made, and nothing is said of them
    """
    area = inputs.area
    parameters = {
        "lang": lang, "crs": area.crs, "as_of": area.as_of.isoformat(), "demonstration": area.demonstration,
        "walk": area.walk.model_dump(mode="json", exclude=set() if area.walk.cross_squares else {"cross_squares"}),
        "categories": [c.model_dump(mode="json") for c in area.categories],
        "rules": [r.model_dump(mode="json") for r in area.rules],
        "time_zone": area.time_zone, "hours": area.hours.model_dump(mode="json", exclude_none=True),
        "populations": [one.model_dump(mode="json", exclude_none=True) for one in area.populations],
        "journeys": [journey.model_dump(mode="json") for journey in area.journeys],
        "moments": [{"id": m.id, "name": m.name, "at": m.at.isoformat()} for m in area.moments],
        "map": area.map.model_dump(mode="json", exclude={"tianditu_key"}),
        "walkers": {
            name: {"speed_m_per_s": w.speed_m_per_s, "steps_m_per_s": w.steps_m_per_s, "uses_slope": w.uses_slope}
            for name, w in sorted(area.walkers.items())
        },
    }  # fmt: skip
    if n_runs:
        parameters["sure"] = {"runs": n_runs, **area.sure.model_dump(mode="json")}
    key = json.dumps([inputs.digests, parameters, __version__], sort_keys=True, ensure_ascii=False)
    return {
        "program": "circles", "contract": CONTRACT, "area": area.id, "area_name": area.name,
        "version": __version__, "run_id": hashlib.sha256(key.encode()).hexdigest()[:12],
        "demonstration": area.demonstration, "counts_points": area.counts_points,
        "parameters": parameters, "inputs": inputs.digests, "network_sha256": inputs.network.digest(),
        "counts": {
            "facilities": len(facilities), "facilities_counted": int(facilities["is_counted"].sum()),
            "residents": len(inputs.residents), "townships": len(inputs.townships), "access": len(access),
            "edges": len(inputs.network.edges), "nodes": inputs.network.n_nodes,
            "components": int(inputs.network.graph(area.walkers["adult"]).components().max(initial=-1)) + 1,
        },
        "seconds": {name: round(s, 3) for name, s in seconds.items()},
    }  # fmt: skip
