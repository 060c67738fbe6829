"""Whether two runs walk alike: only then does a difference say something about the place."""

from __future__ import annotations

from typing import Any

from circles.analysis.compare.state import State


def differing(before: State, after: State) -> list[tuple[str, str, str]]:
    """Return ``(name, before, after)`` of each walking parameter that differs.

    They are: the CRS, ``[walk]`` limit, snapping distance and direction, each category's walker, and the speeds of the
    walkers that categories use. Rules, breaks, names and the map's options are none.
    """
    one, two = _walking(before), _walking(after)
    return [
        (name, _shown(one.get(name)), _shown(two.get(name)))
        for name in dict.fromkeys([*one, *two])
        if name in one and name in two and one[name] != two[name]
    ]


def _walking(state: State) -> dict[str, Any]:
    parameters = state.run["parameters"]
    found = {"crs": parameters["crs"]}
    found |= {f"walk.{key}": parameters["walk"][key] for key in ("limit_min", "snap_max_m", "direction")}
    profiles = {}
    for id_, category in state.categories.items():
        found[f"categories.{id_}.profile"] = profiles[id_] = category["profile"]
    for walker in sorted(set(profiles.values())):
        found |= {f"walkers.{walker}.{key}": value for key, value in parameters["walkers"][walker].items()}
    return found


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)
