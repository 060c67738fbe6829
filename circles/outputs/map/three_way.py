"""Two states of an area on one page: 现状, 方案 and 差值, with every difference computed here and none in the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from circles.analysis.verdicts.measures import is_lower_better
from circles.foundation import errors, words
from circles.foundation.errors import Finding, InputError
from circles.foundation.words import Lang
from circles.outputs.map import form

Payload = dict[str, Any]


class DifferentParametersError(InputError):
    """Two runs that walk differently: their minutes must not be compared. One finding per parameter that differs."""


def read(file: Path) -> Payload:
    """Return the data block of a map that this program wrote; a run's folder stands for its ``index.html``.

    Raises
    ------
    InputError
        There is no such file, or it is no such map.
    """
    file = file / "index.html" if file.is_dir() else file
    try:
        found: Payload = form.read(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        raise InputError(errors.error("map-unreadable", str(file), path=str(file), detail=str(e))) from e
    if "walking" not in found.get("area", {}):
        raise InputError(errors.error("map-not-ours", str(file), path=str(file)))
    found.pop("before", None)
    found.pop("difference", None)
    return found


def differing(before: Payload, after: Payload) -> list[Finding]:
    """Return one finding per walking parameter in which two maps differ: limit, snapping, direction, CRS, walkers."""
    one, other = _flat(before["area"]["walking"]), _flat(after["area"]["walking"])
    return [
        errors.error(
            "run-parameters-differ", parameter=name, before=_value_text(one, name), after=_value_text(other, name)
        )
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    ]


def together(before: Payload, after: Payload, lang: Lang) -> Payload:
    """Return the data of the three-way page: ``after``, what was otherwise ``before``, and the difference.

    Raises
    ------
    DifferentParametersError
        The two walk differently; every parameter is named.
    """
    if found := differing(before, after):
        raise DifferentParametersError(found)
    return {**after, "before": less(before, after), "difference": difference(before, after, lang)}


def less(before: Payload, after: Payload) -> Payload:
    """Return what of ``before`` is not the same in ``after``: whole entries in ``is``, and ``within`` tables of the same keys."""
    out: Payload = {"is": {}, "within": {}}
    for key, value in sorted(before.items()):  # in the same order whether made or read back
        other = after.get(key)
        if key in after and form.same(value, other):
            continue
        if isinstance(value, dict) and isinstance(other, dict) and value.keys() == other.keys():
            out["within"][key] = less(value, other)
        else:
            out["is"][key] = value
    return out


def difference(before: Payload, after: Payload, lang: Lang) -> dict[str, Any]:
    """Return what changed: per check, per coverage row, per place where people live, per facility, and why.

    ``checks`` holds ``[township, rule, row in before or -1, row in after or -1, change]``, change in the unit of the
    value, +1 or −1 in ``sign`` where it is a gain or a loss. ``changed`` holds, per category, +1 where the people of a
    place come within the limit and −1 where they no longer are; places are matched by position.
    """
    here, there = _matched(before["residents"], after["residents"])
    changed, coverage = _people(before, after, here, there)
    return {
        "checks": _checks(before["verdicts"]["checks"], after["verdicts"]["checks"]),
        "coverage": coverage,
        "changed": changed,
        "facilities": _facilities(before["facilities"], after["facilities"]),
        "why": _why(before, after, len(here), lang),
    }


def _checks(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    place = {(row["township_code"], row["rule_id"]): i for i, row in enumerate(before)}
    rows = []
    for j, row in enumerate(after):
        i = place.pop((row["township_code"], row["rule_id"]), -1)
        rows.append((i, j))
    rows += [(i, -1) for i in place.values()]
    out = []
    for i, j in rows:
        row = after[j] if j >= 0 else before[i]
        old, new = (before[i]["value"] if i >= 0 else None), (after[j]["value"] if j >= 0 else None)
        change = None if old is None or new is None else new - old
        lower = is_lower_better(str(row["measure"]))
        sign = 0 if not change or abs(change) < 1e-9 else int(math.copysign(1, change)) * (-1 if lower else 1)
        out.append([row["township_code"], row["rule_id"], i, j, change, sign])
    return out


def _matched(before: Payload, after: Payload) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return rows of the places where people live in both, matched by position and order among equals."""

    def keys(residents: Payload) -> dict[tuple[int, int, int], int]:
        xy = np.cumsum(np.array(residents["at"], dtype=np.int64).reshape(-1, 2), axis=0)
        out: dict[tuple[int, int, int], int] = {}
        seen: dict[tuple[int, int], int] = {}
        for i, (x, y) in enumerate(xy.tolist()):
            number = seen.get((x, y), 0)
            seen[x, y] = number + 1
            out[x, y, number] = i
        return out

    if np.array_equal(before["at"], after["at"]):
        every = np.arange(len(after["population"]), dtype=np.int64)
        return every, every
    one, other = keys(before), keys(after)
    pairs = [(i, other[key]) for key, i in one.items() if key in other]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _people(
    before: Payload, after: Payload, here: npt.NDArray[np.int64], there: npt.NDArray[np.int64]
) -> tuple[list[npt.NDArray[np.int64]], dict[str, list[Any]]]:
    """Return who is gained or lost per place, and per township and category with the covered people of both tables."""
    limit = after["area"]["limit"] * 100
    ids = [c["id"] for c in before["categories"]]
    residents = after["residents"]
    people = {
        group: np.nan_to_num(np.asarray(values, dtype=np.float64))
        for group, values in {"population": residents["population"], **residents["groups"]}.items()
    }
    town = np.array(after["residents"]["township"], dtype=np.int64)
    codes = after["townships"]["code"]
    was, now = _covered(before), _covered(after)
    changed: list[npt.NDArray[np.int64]] = []
    out: dict[str, list[Any]] = {
        "code": [], "category": [], "group": [], "population": [], "before": [], "after": [], "gained": [], "lost": []
    }  # fmt: skip
    for c, category in enumerate(after["categories"]):
        signs = np.zeros(len(town), dtype=np.int64)
        if category["id"] in ids:
            old = _within(before["residents"]["minutes"][ids.index(category["id"])], limit)[here]
            new = _within(after["residents"]["minutes"][c], limit)[there]
            signs[there] = new.astype(np.int64) - old.astype(np.int64)
        changed.append(signs)
        for code in [*codes, "NONE", "ALL"]:
            mine = np.ones(len(town), dtype=bool)
            if code != "ALL":
                mine = town == (codes.index(code) if code in codes else -1)
            for group, count in people.items():
                key = code, category["id"], group
                if key not in was and key not in now:
                    continue
                row = [
                    code, c, group, now.get(key, (None, None))[0], was.get(key, (None, None))[1],
                    now.get(key, (None, None))[1], *(_whole(math.fsum(count[mine & own].tolist())) for own in (signs > 0, signs < 0)),
                ]  # fmt: skip
                for name, value in zip(out, row, strict=True):
                    out[name].append(value)
    return changed, out


def _within(minutes: npt.ArrayLike, limit: float) -> npt.NDArray[np.bool_]:
    hundredths = np.array(minutes, dtype=np.int64)
    return np.asarray((hundredths >= 0) & (hundredths <= limit), dtype=np.bool_)


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value


def _covered(payload: Payload) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    """Return everybody and the covered of each row of the table ``coverage``."""
    table = next(t for t in payload["coverage"] if t["kind"] == "township")
    ids = [c["id"] for c in payload["categories"]]
    return {
        (code, ids[c], group): (total, covered)
        for code, c, group, total, covered in zip(
            table["code"], table["category"], table["group"], table["population"], table["covered"], strict=True
        )
        if c >= 0
    }


def _facilities(before: Payload, after: Payload) -> list[list[Any]]:
    """Return ``[what, row in before or -1, row in after or -1]``: added, removed, opened, closed, moved, resized."""
    place = {name: i for i, name in enumerate(before["id"])}
    one, other = (np.cumsum(np.array(f["at"], dtype=np.int64).reshape(-1, 2), axis=0).tolist() for f in (before, after))
    out: list[list[Any]] = []
    for j, name in enumerate(after["id"]):
        i = place.pop(name, -1)
        if i < 0:
            out.append(["added", -1, j])
        elif before["counted"][i] != after["counted"][j]:
            out.append(["opened" if after["counted"][j] else "closed", i, j])
        elif one[i] != other[j]:
            out.append(["moved", i, j])
        elif before["capacity"][i] != after["capacity"][j]:
            out.append(["resized", i, j])
    return out + [["removed", i, -1] for i in place.values()]


def _why(before: Payload, after: Payload, matched: int, lang: Lang) -> list[str]:
    """Return what else differs, in words: nothing of it forbids the comparison, all of it explains it."""
    out = []
    if before["verdicts"]["rules"] != after["verdicts"]["rules"]:
        one, other = before["verdicts"]["rules"], after["verdicts"]["rules"]
        ids = sorted(k for k in {*one, *other} if one.get(k) != other.get(k))
        names = ((other.get(k) or one[k]).get("name", k) for k in ids)  # a page of an older program has no names
        out.append(words.text("atlas.why_rules", lang, rules=("、" if lang == "zh" else "; ").join(names)))
    if not form.same(_network(before), _network(after)):
        out.append(words.text("atlas.why_streets", lang))
    lone = len(before["residents"]["population"]) + len(after["residents"]["population"]) - 2 * matched
    if lone:
        out.append(words.text("atlas.why_places", lang, n=lone))
    if before["area"]["asOf"] != after["area"]["asOf"]:
        out.append(words.text("atlas.why_dates", lang, before=before["area"]["asOf"], after=after["area"]["asOf"]))
    return out


def _network(payload: Payload) -> list[Any]:
    walked = payload["walked"] or {}
    return [walked.get(name) for name in ("tail", "head", "kind", "seconds")]


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return a nested mapping as one of dotted names."""
    if not isinstance(value, Mapping):
        return {name: value}
    return {k: v for key, item in value.items() for k, v in _flat(item, f"{name}.{key}" if name else str(key)).items()}


def _value_text(values: Mapping[str, Any], name: str) -> str:
    return str(values[name]) if name in values else "–"
