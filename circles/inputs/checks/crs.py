"""The coordinate doctor: which system undeclared coordinates are in, by the evidence of streets, shore and townships.

Under each hypothesis the points are put on the map. Under the right one they are on land, near streets, and in the
townships that their rows name; a shift by some hundred metres, as GCJ-02 and BD-09 make, spoils all three. Nothing is
changed here: the doctor says how sure it is, and proposes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from circles.area.walkers import BUILT_IN
from circles.foundation import errors
from circles.foundation.crs import GEOD
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64
from circles.inputs.readers import datum

MIN_POINTS = 3
"""Fewer points than this are too few to tell GCJ-02 from WGS 84."""
FEW_POINTS = 10
SURE, SURE_OF_FEW = 0.95, 0.99
"""Confidence, between it and the declared system, from which a system is proposed; and for fewer than ``FEW_POINTS``, of
which the new system must also bring the half to half the distance from the streets."""
_FAR_M = 2000.0
_RIGHT = (22.0, 0.95)
_WRONG = (30.0, 1.6)
"""Median in metres and spread in ln(metres) of the distance from a place to the nearest street, rightly placed and
shifted: 648 schools, pharmacies, clinics and pitches of Malta gave 22 m (nearly none on the street itself, few far off)
and, shifted by a kilometre, 25 to 30 m with four times as many below 2 m and above 100 m."""
_AT_SEA = (0.01, 0.15)
_OTHER_TOWNSHIP = (0.05, 0.5)
"""Chance of lying outside the land, or outside the township that the row names: rightly placed, and shifted."""
_MAX_POINTS = 2000
"""More points than this say nothing new; an even sample is taken."""


@dataclass(frozen=True)
class _Hypothesis:
    name: str
    place: Callable[[F64, F64], tuple[F64, F64]]


def diagnose_crs(
    points: F64,
    land: gpd.GeoDataFrame | None,
    streets: Streets | None,
    townships: gpd.GeoDataFrame | None,
    *,
    crs: str,
    codes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return how likely each coordinate system is, most likely first.

    Parameters
    ----------
    points : (n, 2) the two numbers of each row as they stand: lon, lat or x, y
    land, townships : polygons in EPSG:4326, or None
    streets : the walking network in the area's CRS, or None
    crs : the area's metric CRS
    codes : township code of each row where it names one, '' where not

    Returns
    -------
    table : ``hypothesis`` (wgs84, gcj02, bd09, ``swapped``, ``swapped gcj02`` …, ``EPSG:<code>``, with ``north first``
        where X is north), ``confidence`` (sums to 1), ``share_at_sea``, ``street_median_m``, ``township_agreement``
        (NaN where there is nothing to go by), ``points``, and ``lon, lat`` of their middle
    """
    given = np.asarray(points, dtype=np.float64)
    keep = np.isfinite(given).all(axis=1)
    own = np.array(list(codes) if codes is not None else [""] * len(given), dtype=object)[keep]
    given = given[keep]
    step = max(1, -(-len(given) // _MAX_POINTS))
    given, own = given[::step], own[::step]
    evidence = _Evidence(land, streets, townships, crs)
    rows = []
    for hypothesis in _hypotheses(given, evidence.centre, crs) if len(given) else ():
        lon, lat = hypothesis.place(given[:, 0], given[:, 1])
        middle = {"lon": float(np.median(lon)), "lat": float(np.median(lat))}
        rows.append({"hypothesis": hypothesis.name, **evidence.weigh(lon, lat, own), "points": len(given), **middle})
    columns = [
        "hypothesis", "confidence", "share_at_sea", "street_median_m", "township_agreement", "points", "lon", "lat",
    ]  # fmt: skip
    if not rows:
        return pd.DataFrame({name: pd.Series(dtype="str" if name == "hypothesis" else "float64") for name in columns})
    table = pd.DataFrame(rows)
    odds = np.exp(table["score"] - table["score"].max())
    table["confidence"] = odds / odds.sum()
    order = table.sort_values(["score", "hypothesis"], ascending=[False, True], kind="stable")
    return order[columns].reset_index(drop=True)


def crs_finding(table: pd.DataFrame, file: str, *, declared: str = "wgs84") -> Finding | None:
    """Return a warning where the evidence speaks for another system than the declared one, else None.

    ``table`` is what :func:`diagnose_crs` returns; it must be sure that it is not the declared one, surer where it goes
    by few points.
    """
    if table.empty or int(table["points"].iloc[0]) < MIN_POINTS:
        return None
    best = table.iloc[0]
    alike = {"wgs84", "cgcs2000"}
    same = best["hypothesis"] == declared or {best["hypothesis"], declared} <= alike
    own = table.loc[table["hypothesis"] == ("wgs84" if declared in alike else declared), "confidence"]
    # it is the declared system that must be beaten: which of two others it is may stay less sure, and is reported
    if best["street_median_m"] >= _FAR_M or best["share_at_sea"] >= 1:
        return None  # none of the systems has the points here: it is something else
    is_few = int(best["points"]) < FEW_POINTS
    if same or best["confidence"] < (SURE_OF_FEW if is_few else SURE) * (best["confidence"] + float(own.sum())):
        return None
    if is_few and not _comes_nearer(table, best, declared):
        return None
    likely = _likely(table)
    is_order = likely[0].startswith("swapped") or likely[0].endswith("north first")
    first, second = ("x", "y") if likely[0].endswith("north first") else ("lon", "lat")
    return errors.warning(
        "crs-order" if is_order else "crs-doubtful",
        file,
        value=declared,
        likely=" / ".join(likely),
        crs=likely[0].removeprefix("swapped").removesuffix("north first").strip() or "wgs84",
        first=first,
        second=second,
        percent=f"{100 * best['confidence']:.0f}",
        metres=f"{best['street_median_m']:.0f}",
        sea=f"{100 * best['share_at_sea']:.0f}",
        n=int(best["points"]),
        **_shift(table, best, declared),
    )


def _comes_nearer(table: pd.DataFrame, best: pd.Series, declared: str) -> bool:
    """Return whether the likeliest system has its points at most half as far from the streets as the declared one."""
    own = table.loc[table["hypothesis"] == ("wgs84" if declared == "cgcs2000" else declared), "street_median_m"]
    return own.empty or bool(2 * best["street_median_m"] <= own.iloc[0])


def _likely(table: pd.DataFrame) -> list[str]:
    """Return the likeliest system, and the next ones while those before leave a doubt."""
    before = table["confidence"].cumsum() - table["confidence"]
    return [str(name) for name in table.loc[before < SURE, "hypothesis"].iloc[:3]]


def _shift(table: pd.DataFrame, best: pd.Series, declared: str) -> dict[str, Any]:
    """Return by how much the declared system misplaces the points, in metres and in minutes of walking."""
    name = "wgs84" if declared == "cgcs2000" else declared
    own = table[table["hypothesis"] == name]
    if own.empty:
        return {}
    metres = float(GEOD.inv(own["lon"].iloc[0], own["lat"].iloc[0], best["lon"], best["lat"])[2])
    minutes = metres / BUILT_IN["adult"].speed_m_per_s / 60
    return {"shift": f"{metres:,.0f}", "minutes": f"{minutes:,.0f}"} if np.isfinite(metres) else {}


class _Evidence:
    """What is known of the area, ready to weigh points by."""

    def __init__(
        self, land: gpd.GeoDataFrame | None, streets: Streets | None, townships: gpd.GeoDataFrame | None, crs: str
    ) -> None:
        self._metric = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._land = _tree(land)
        self._townships = _tree(townships)
        self._codes = np.array([], dtype=object) if townships is None else townships["code"].to_numpy(dtype=object)
        self._streets = None if streets is None or not len(streets.lines) else shapely.STRtree(_segments(streets))
        self.centre = self._centre(land, streets, townships, crs)

    @staticmethod
    def _centre(
        land: gpd.GeoDataFrame | None, streets: Streets | None, townships: gpd.GeoDataFrame | None, crs: str
    ) -> tuple[float, float] | None:
        for polygons in (land, townships):
            if polygons is not None and len(polygons):
                west, south, east, north = polygons.total_bounds
                return float(west + east) / 2, float(south + north) / 2
        if streets is not None and len(streets.xy):
            x, y = streets.xy.mean(axis=0)
            lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
            return float(lon), float(lat)
        return None

    def weigh(self, lon: F64, lat: F64, codes: npt.NDArray[np.object_]) -> dict[str, float]:
        """Return the log-likelihood of places, and what it is made of."""
        fine = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) < 90)
        spots = shapely.points(np.where(fine, lon, 0.0), np.where(fine, lat, 0.0))
        score = 0.0
        at_sea, metres, agreement = np.nan, np.nan, np.nan
        if self._land is not None:
            dry = _hits(self._land, spots) & fine
            at_sea = float(np.mean(~dry))
            score += _for_and_against(~dry, _AT_SEA)
        if self._streets is not None:
            away = self._street_metres(lon, lat, fine)
            metres = float(np.median(away))
            logs = np.log(np.maximum(away, 0.3))
            score += float(np.clip(_normal(logs, _RIGHT) - _normal(logs, _WRONG), -4.0, 4.0).sum())
        if self._townships is not None and len(codes) and np.isin(codes, self._codes).any():
            named = np.isin(codes, self._codes)
            right = self._in_own(spots, codes) & fine
            agreement = float(np.mean(right[named]))
            score += _for_and_against(~right[named], _OTHER_TOWNSHIP)
        return {"score": score, "share_at_sea": at_sea, "street_median_m": metres, "township_agreement": agreement}

    def _street_metres(self, lon: F64, lat: F64, fine: npt.NDArray[np.bool_]) -> F64:
        """Return the distance to the nearest street, at most ``_FAR_M``."""
        x, y = self._metric.transform(np.where(fine, lon, 0.0), np.where(fine, lat, 0.0))
        known = fine & np.isfinite(x) & np.isfinite(y)
        away = np.full(len(lon), _FAR_M)
        if self._streets is not None and known.any():
            spots = shapely.points(np.asarray(x)[known], np.asarray(y)[known])
            hit, distance = self._streets.query_nearest(
                spots, max_distance=_FAR_M, return_distance=True, all_matches=False
            )
            near = np.full(len(spots), _FAR_M)
            near[hit[0]] = distance
            away[known] = near
        return away

    def _in_own(self, spots: npt.NDArray[np.object_], codes: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        right = np.zeros(len(spots), dtype=bool)
        if self._townships is not None:
            at, polygon = self._townships.query(spots, predicate="intersects")
            right[at[self._codes[polygon] == codes[at]]] = True
        return right


def _for_and_against(is_bad: npt.NDArray[np.bool_], chances: tuple[float, float]) -> float:
    """Return the log of the likelihood ratio of yes-or-no evidence."""
    right, wrong = chances
    bad = float(np.count_nonzero(is_bad))
    return float(bad * np.log(right / wrong) + (len(is_bad) - bad) * np.log((1 - right) / (1 - wrong)))


def _normal(logs: F64, curve: tuple[float, float]) -> F64:
    """Return the log density, up to a constant, of a lognormal with this median and spread."""
    median, spread = curve
    return np.asarray(-0.5 * ((logs - np.log(median)) / spread) ** 2 - np.log(spread), dtype=np.float64)


def _tree(polygons: gpd.GeoDataFrame | None) -> shapely.STRtree | None:
    if polygons is None or not len(polygons):
        return None
    return shapely.STRtree(polygons.geometry.to_numpy())


def _hits(tree: shapely.STRtree, spots: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(spots), dtype=bool)
    found[tree.query(spots, predicate="intersects")[0]] = True
    return found


def _segments(streets: Streets) -> npt.NDArray[np.object_]:
    """Return every straight part of the streets."""
    inner = np.ones(len(streets.xy), dtype=bool)
    inner[streets.offsets[1:] - 1] = False
    start = np.flatnonzero(inner)
    ends = np.stack([streets.xy[start], streets.xy[start + 1]], axis=1)
    return np.asarray(shapely.linestrings(ends), dtype=object)


# --- hypotheses ------------------------------------------------------------------------------------------------------


def _hypotheses(given: F64, centre: tuple[float, float] | None, crs: str) -> list[_Hypothesis]:
    """Return the systems that the numbers may be in, by their size."""
    if np.median(np.abs(given).max(axis=1)) <= 360:
        return [
            _Hypothesis(f"{prefix}{name}" if name != "wgs84" or not prefix else "swapped", _degrees(name, bool(prefix)))
            for prefix in ("", "swapped ")
            for name in ("wgs84", "gcj02", "bd09")
        ]
    found: dict[str, _Hypothesis] = {}
    for name, system in _metric_systems(given, centre, crs):
        for north_first in (False, True):
            label = f"{name} north first" if north_first else name
            found.setdefault(label, _Hypothesis(label, _metres(system, north_first)))
    return list(found.values())


def _degrees(name: str, swapped: bool) -> Callable[[F64, F64], tuple[F64, F64]]:  # noqa: FBT001 - one caller
    def place(a: F64, b: F64) -> tuple[F64, F64]:
        lon, lat = (b, a) if swapped else (a, b)
        on_earth = np.abs(lat) < 90
        return datum.to_wgs84(np.where(on_earth, lon, np.nan), np.where(on_earth, lat, np.nan), name)

    return place


def _metres(system: CRS, north_first: bool) -> Callable[[F64, F64], tuple[F64, F64]]:  # noqa: FBT001 - one caller
    def place(a: F64, b: F64) -> tuple[F64, F64]:
        x, y = (b, a) if north_first else (a, b)
        lon, lat = Transformer.from_crs(system, "EPSG:4326", always_xy=True).transform(x, y)
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)

    return place


def _metric_systems(given: F64, centre: tuple[float, float] | None, crs: str) -> list[tuple[str, CRS]]:
    """Return the area's CRS, Web Mercator, UTM, and the Gauss-Kruger zones around the area, with and without zone number."""
    own = CRS.from_user_input(crs)
    found = [(f"EPSG:{own.to_epsg()}" if own.to_epsg() else crs, own), ("EPSG:3857", CRS("EPSG:3857"))]
    if centre is not None:
        utm = f"EPSG:{(32600 if centre[1] >= 0 else 32700) + min(60, int((centre[0] + 180) // 6) + 1)}"
        found.append((utm, CRS(utm)))
    middle = round((centre[0] if centre is not None else 120.0) / 3) * 3
    leading = {int(value // 1e6) for value in np.median(given, axis=0) if value >= 1e7}
    for meridian in range(middle - 6, middle + 7, 3):
        if not leading:
            found.append(_zone(meridian, None))
        found += [_zone(meridian, zone) for zone in sorted(leading) if meridian in (zone * 3, zone * 6 - 3)]
    return found


def _zone(meridian: int, number: int | None) -> tuple[str, CRS]:
    """Return name and CRS of a Gauss-Kruger zone on GRS 80; its EPSG code where CGCS2000 has one."""
    if number is not None:
        code = datum.zone_code(number * 1e6 + 5e5)
        east = number * 1e6 + 5e5
    else:
        code = 4534 + (meridian - 75) // 3 if 75 <= meridian <= 135 else None
        east = 5e5
    if code is not None:
        return f"EPSG:{code}", CRS.from_epsg(code)
    text = f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0={east:.0f} +y_0=0 +ellps=GRS80 +units=m"
    return text, CRS.from_user_input(f"{text} +type=crs")
