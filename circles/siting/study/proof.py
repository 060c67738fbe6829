"""The answer put on the area as a scenario: what a run then counts, and which verdicts change."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.coverage import people
from circles.foundation.limits import reached
from circles.siting.study.problem import Problem

__all__ = ["as_scenario", "covered_by_run", "toml_of", "verdict_changes"]

_KEYS = ["township_code", "township", "rule_id", "category", "measure", "threshold", "rule_status"]
_CHANGING = ["verdict", "value", "numerator", "shortfall"]


def as_scenario(problem: Problem, sites: gpd.GeoDataFrame, name: str) -> dict[str, Any]:
    """Return the answer as a scenario: a mapping the way ``scenario.toml`` holds it.

    A building that several categories share is one facility of each, with one ``site_id``.
    """
    wish = problem.wish
    added = []
    for row in sites[sites["action"] == "add"].itertuples():
        place = {"lon": float(row.lon), "lat": float(row.lat), "township_code": str(row.township_code)}
        for number, (category, _) in enumerate(wish.categories):
            entry: dict[str, Any] = {"id": row.id if number == 0 else f"{row.id}-{category}", "name": row.name}
            entry |= {"category": category, **{key: value for key, value in place.items() if value not in ("", "NONE")}}
            if len(wish.categories) > 1:
                entry["site_id"] = row.id
            if number == 0 and problem.capacity is not None:
                entry["capacity"] = float(row.capacity)
            added.append(entry)
    closed = [{"id": str(name)} for name in sites.loc[sites["action"] == "close", "id"]]
    head = {"id": f"site-{wish.category}-{len(added)}".lower()[:80], "name": name}
    return {"scenario": head, "add": added, **({"close": closed} if closed else {})}


def toml_of(content: Mapping[str, Any]) -> str:
    """Return a scenario as TOML text."""
    lines = ["[scenario]", *(f"{key} = {_value(value)}" for key, value in content["scenario"].items())]
    for block in ("add", "close"):
        for entry in content.get(block, ()):
            lines += ["", f"[[{block}]]", *(f"{key} = {_value(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


def covered_by_run(walks: Walks, category: str, group: str, limit_min: float) -> float:
    """Return the people of a group whom a run counts as covered.

    Parameters
    ----------
    walks : residents and facilities, snapped to the network
    category : id of the facility category
    group : ``population`` or an age group
    limit_min : minutes, inclusive
    """
    found = walks.to_category(category, walks.area.walker(category))
    weights = people(pd.DataFrame(walks.residents.drop(columns="geometry")), group)
    return math.fsum(weights[reached(found.seconds / 60.0, limit_min)].tolist())


def verdict_changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``verdict_changes``: every verdict whose word or number differs, those that turn first.

    Parameters
    ----------
    before, after : tables ``check``
    """
    both = before[[*_KEYS, *_CHANGING]].merge(
        after[["township_code", "rule_id", *_CHANGING]], on=["township_code", "rule_id"], suffixes=("_before", "_after")
    )
    both["has_turned"] = both["verdict_before"] != both["verdict_after"]
    one, other = both["numerator_before"].to_numpy(float), both["numerator_after"].to_numpy(float)
    value, later = both["value_before"].to_numpy(float), both["value_after"].to_numpy(float)
    differs = ~(
        np.isclose(one, other, rtol=0, atol=1e-9, equal_nan=True) & np.isclose(value, later, rtol=0, equal_nan=True)
    )
    changed = both[both["has_turned"] | differs].sort_values("has_turned", ascending=False, kind="stable")
    pairs = [f"{name}_{when}" for name in _CHANGING for when in ("before", "after")]
    out: pd.DataFrame = changed[[*_KEYS, "has_turned", *pairs]].reset_index(drop=True)
    return out
