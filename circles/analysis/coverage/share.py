"""Minutes and residents → how many people are covered, per township, island and village.

Sums are exact (``math.fsum``), so no order of rows changes a published number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.area import Area
from circles.foundation.limits import reached
from circles.foundation.schema.tables import ALL, NONE, TABLES, group_columns
from circles.foundation.types import F64, I64, Bools


@dataclass(frozen=True)
class Unit:
    """One row of a coverage table: its code, its name and the positions of its residents."""

    code: str
    name: str
    rows: I64


def groups(residents: pd.DataFrame) -> list[str]:
    """Return the groups of people: ``population`` first, then every other numeric column, in column order.

    The fixed columns of the table ``residents`` and coordinates are no groups, nor are columns of text or of booleans.
    """
    return ["population", *group_columns(residents)]


def people(residents: pd.DataFrame, group: str) -> F64:
    """Return the people of ``group`` at each resident point, shape (n,); a missing number counts as 0."""
    weights: F64 = residents[group].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(weights), 0.0, weights)


def shown_percent(value: float | None, threshold: float | None = None) -> str:
    """Return a share as people read it: percent with one decimal; '–' where there is none.

    Rounded half to even, on the decimal digits of the number; but a value below its threshold never shows as reaching
    it, nor one below 1 as 100.0%: these are rounded down. The verdict beside it is then never contradicted.

    >>> shown_percent(0.89996), shown_percent(0.89996, 0.9), shown_percent(0.99999), shown_percent(0.1225)
    ('90.0%', '89.9%', '99.9%', '12.2%')
    """
    if value is None or not math.isfinite(value):
        return "–"
    exact, tenth = Decimal(repr(float(value))) * 100, Decimal("0.1")
    rounded = exact.quantize(tenth, ROUND_HALF_EVEN)
    bars = [1.0] if threshold is None or not math.isfinite(threshold) else [1.0, threshold]
    is_below = any(value < bar - 1e-12 and rounded >= Decimal(repr(float(bar))) * 100 for bar in bars)
    return f"{exact.quantize(tenth, ROUND_FLOOR) if is_below else rounded:,}%"


def total(weights: F64, rows: I64 | Bools) -> float:
    """Return the exact sum of ``weights[rows]``."""
    return math.fsum(weights[rows].tolist())


def text_codes(values: pd.Series) -> npt.NDArray[np.object_]:
    """Return codes as text, with ``NONE`` for an empty or missing one."""
    texts, number = _numbered(values)
    return texts[number]


def _numbered(values: pd.Series) -> tuple[npt.NDArray[np.object_], I64]:
    """Return the distinct codes as text, and which of them each is."""
    number, distinct = pd.factorize(values)
    found = [*(str(code) or NONE for code in distinct), NONE]  # a missing code has the number -1
    place = {text: at for at, text in enumerate(dict.fromkeys(found))}
    return np.array(list(place), dtype=object), np.array([place[text] for text in found], dtype=np.intp)[number]


def units(values: pd.Series, codes: Iterable[str], names: Iterable[str]) -> list[Unit]:
    """Return the units of a table: those known, in their order, then codes that only residents have, then NONE if any.

    A code that only residents have keeps a row of its own, named by itself: no person falls out of the sum.
    """
    texts, number = _numbered(values)
    counts = np.bincount(number, minlength=len(texts))
    members = np.split(np.argsort(number, kind="stable"), np.cumsum(counts)[:-1])
    rows = {text: mine for text, mine in zip(texts.tolist(), members, strict=True) if len(mine)}
    known = {str(code): str(name) for code, name in zip(codes, names, strict=True) if str(code) not in ("", NONE)}
    others = sorted(code for code in rows if code not in known and code != NONE)
    nobody = np.zeros(0, dtype=np.intp)
    found = [Unit(code, name, rows.get(code, nobody)) for code, name in known.items()]
    found += [Unit(code, code, rows[code]) for code in others]
    if NONE in rows:
        found.append(Unit(NONE, NONE, rows[NONE]))
    return found


def township_units(residents: pd.DataFrame, townships: pd.DataFrame) -> list[Unit]:
    """Return one unit per township, in the order of ``townships``, then unknown codes, then NONE if any."""
    return units(residents["township_code"], townships["code"], townships["name"])


def units_and_all(residents: pd.DataFrame, townships: pd.DataFrame, name: str) -> list[Unit]:
    """Return `township_units` and, last, ``ALL``: everybody, under the area's name."""
    return [*township_units(residents, townships), _all(residents, name)]


def aligned(minutes: pd.Series, residents: pd.DataFrame) -> F64:
    """Return ``minutes`` (index: resident id) in the order of ``residents``, shape (n,); NaN where there are none."""
    ids = pd.Index(residents["id"])
    known = minutes if minutes.index.equals(ids) else minutes.reindex(ids)
    return known.to_numpy(dtype=np.float64, na_value=np.nan)


def minutes_to(category: str, access: pd.DataFrame, residents: pd.DataFrame) -> F64:
    """Return the minutes of the table ``access`` to a category, as :func:`aligned` does."""
    own = (access["category"] == category).to_numpy(dtype=bool)
    minutes = pd.Series(access["minutes"].to_numpy()[own], index=pd.Index(access["resident_id"].array[own]))
    return aligned(minutes, residents)


def coverage(residents: pd.DataFrame, access: pd.DataFrame, area: Area, townships: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``coverage``: people within the limit per township × category × group.

    Parameters
    ----------
    residents, access, townships : tables of these names
    area : gives categories, their walkers and the limit

    Returns
    -------
    DataFrame
        Columns of ``tables.TABLES["coverage"]``. Every township has rows, with residents or not; ``NONE`` only where
        some resident belongs to no township; ``ALL`` is the sum. ``share`` is NaN where ``population`` is 0.
    """
    rows = units_and_all(residents, townships, area.name)
    return _frame("coverage", _count(residents, rows, _own(residents, access, area)))


def by_island(residents: pd.DataFrame, access: pd.DataFrame, area: Area, islands: Sequence[str] = ()) -> pd.DataFrame:
    """Return the table ``coverage_by_island``; residents at sea are in the row ``NONE``, the total is ``ALL``.

    Parameters
    ----------
    residents : table ``residents``
    access : table ``access``: one row per resident and category
    area : gives categories, groups and limits
    islands : islands that get a row even without residents, in this order; all others follow by name
    """
    named = [name for name in islands if name]
    rows = [*units(residents["island"], named, named), _all(residents, area.name)]
    return _frame("coverage_by_island", _count(residents, rows, _own(residents, access, area)))


def by_village(residents: pd.DataFrame, access: pd.DataFrame, area: Area, villages: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``coverage_by_village``; residents without a village are in the row ``NONE``.

    Parameters
    ----------
    residents : table ``residents``
    access : table ``access``: one row per resident and category
    area : gives categories, groups and limits
    villages : table ``villages`` (``code, name``); without these columns there are no villages
    """
    known = villages if "code" in villages.columns else TABLES["villages"].empty()
    rows = [*units(residents["village_code"], known["code"], known["name"]), _all(residents, area.name)]
    return _frame("coverage_by_village", _count(residents, rows, _own(residents, access, area)))


def variants(
    residents: pd.DataFrame,
    minutes_by_profile: Mapping[tuple[str, str], pd.Series],
    area: Area,
    townships: pd.DataFrame,
) -> pd.DataFrame:
    """Return the table ``coverage_variants``: coverage at every break and at the limit, for every walker given.

    Parameters
    ----------
    residents, townships : tables of these names
    minutes_by_profile : ``(category, profile)`` → minutes, indexed by resident id, NaN where there are none
    area : gives categories, breaks and limits

    Notes
    -----
    A break beyond the horizon is left out: minutes end there, and a count of them would be too low.
    """
    limits = sorted({*area.walk.breaks_min, area.walk.limit_min})
    limits = [limit for limit in limits if limit <= area.horizon_min]
    order = {category.id: number for number, category in enumerate(area.categories)}
    keys = sorted(minutes_by_profile, key=lambda key: (order.get(key[0], len(order)), key[0], _profile_rank(area, key)))
    bands = [
        (category, profile, limit, aligned(minutes_by_profile[category, profile], residents))
        for category, profile in keys
        for limit in limits
    ]
    rows = units_and_all(residents, townships, area.name)
    return _frame("coverage_variants", _count(residents, rows, bands))


_Band = tuple[str, str, float, F64]


def _profile_rank(area: Area, key: tuple[str, str]) -> tuple[bool, str]:
    own = {category.id: category.profile for category in area.categories}.get(key[0])
    return key[1] != own, key[1]


def _all(residents: pd.DataFrame, name: str) -> Unit:
    return Unit(ALL, name, np.arange(len(residents), dtype=np.intp))


def _own(residents: pd.DataFrame, access: pd.DataFrame, area: Area) -> list[_Band]:
    """Return one band per category: its own walker, the area's limit, minutes in the order of ``residents``."""
    return [
        (category.id, category.profile, area.walk.limit_min, minutes_to(category.id, access, residents))
        for category in area.categories
    ]


def _count(
    residents: pd.DataFrame, rows: Sequence[Unit], bands: Sequence[_Band]
) -> list[tuple[str, str, str, str, float, str, float, float, float]]:
    names = groups(residents)
    weights = {group: people(residents, group) for group in names}
    population = {(unit.code, group): total(weights[group], unit.rows) for unit in rows for group in names}
    within = [reached(minutes, limit) for _, _, limit, minutes in bands]
    counted = []
    for unit in rows:
        for (category, profile, limit, _), inside in zip(bands, within, strict=True):
            covered_rows = unit.rows[inside[unit.rows]]
            for group in names:
                everyone = population[unit.code, group]
                covered = total(weights[group], covered_rows)
                share = covered / everyone if everyone > 0 else math.nan
                counted.append((unit.code, unit.name, category, profile, limit, group, everyone, covered, share))
    return counted


def _frame(table: str, rows: list[tuple[str, str, str, str, float, str, float, float, float]]) -> pd.DataFrame:
    columns = TABLES[table].columns
    is_named = len(columns) == len(TABLES["coverage"].columns)
    values = rows if is_named else [(row[0], *row[2:]) for row in rows]
    frame = pd.DataFrame(values, columns=[column.name for column in columns])
    return frame.astype({column.name: column.dtype for column in columns})
