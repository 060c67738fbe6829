"""Made-up tables for the tests of the map: real land, streets and places of Shengsi, invented minutes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.area import load_area

RULE_COLUMNS = ["township_code", "township", "rule_id", "category", "measure", "numerator", "denominator", "value", "threshold",
                "verdict", "shortfall", "rule_status"]  # fmt: skip


def points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Rows with ``lon`` and ``lat`` as points."""
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326")


def shengsi(folder: Path) -> Any:
    """Tables as the analysis leaves them, with minutes invented from straight distance."""
    area = load_area(folder / "area.toml")
    land = gpd.read_file(folder / "land.geojson")[["island", "geometry"]].dissolve("island").reset_index()
    townships = gpd.read_file(folder / "townships.geojson")[["code", "name", "class", "geometry"]].astype({"code": str})
    streets = gpd.read_file(folder / "streets.gpkg").to_crs("EPSG:4326").rename(columns={"id": "street_id"})
    facilities = points(pd.read_csv(folder / "facilities.csv", dtype={"township_code": str}))
    facilities["is_counted"] = facilities["status"].isin(["existing", "example"])
    facilities["leg_m"], facilities["reason"], facilities["island"] = 12.5, "", "泗礁山(岛)"
    residents = points(pd.read_csv(folder / "residents.csv", dtype={"township_code": str, "village_code": str}))
    residents["island"] = "泗礁山(岛)"
    villages = points(pd.read_csv(folder / "villages.csv", dtype={"code": str, "township_code": str}))
    categories = [c.id for c in area.categories]
    access = _access(residents, facilities, categories)
    coverage, check, gaps, areas = _results(area, residents, townships, facilities, access, categories)
    empty = pd.DataFrame()
    return SimpleNamespace(
        area=area, facilities=facilities, residents=residents, townships=townships, villages=villages, land=land, streets=streets,
        access=access, coverage=coverage, coverage_by_island=empty, coverage_by_village=empty,
        coverage_variants=coverage.iloc[:0], check=check, gaps=gaps, service_areas=areas, reached_streets=empty, findings=empty,
        network=None, run={"run_id": "0123456789ab", "version": "0"}, stability=empty, least_change=empty,
        base=None, poverty=empty, capacity=empty, straight_line=empty, by_boat=empty, provenance=empty, missing=empty, certainty_residents=empty, week=None, places=None, inside=lambda: None,
    )  # fmt: skip


def _access(residents: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, categories: list[str]) -> pd.DataFrame:
    frames = []
    for category in categories:
        own = facilities[(facilities["category"] == category) & facilities["is_counted"]]
        tree = shapely.STRtree(own.geometry.values)
        near, distance = tree.query_nearest(residents.geometry.values, return_distance=True, all_matches=False)
        minutes = distance * 1e5 / 60
        frames.append(pd.DataFrame({
            "resident_id": residents["id"], "category": category, "profile": "adult",
            "minutes": np.where(minutes > 60, np.nan, minutes),
            "facility_id": np.where(minutes > 60, "", own["id"].to_numpy()[near[1]]), "leg_m": 3.0,
            "reason": np.where(minutes > 60, "no_facility_on_island", ""),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _results(area, residents, townships, facilities, access, categories):  # noqa: PLR0917
    coverage, check, gaps, areas = [], [], [], []
    for category in categories:
        rows = access[access["category"] == category].reset_index(drop=True)
        inside = (rows["minutes"] <= area.walk.limit_min).to_numpy()
        for code, name in zip(townships["code"], townships["name"], strict=True):
            own = (residents["township_code"] == code).to_numpy()
            for group in ("population", "age_0_2", "age_60_plus"):
                total = float(residents[group][own].sum())
                covered = float(residents[group][own & inside].sum())
                coverage.append(
                    (code, name, category, "adult", 15.0, group, total, covered, covered / total if total else None)
                )
            left = residents[own & ~inside]
            if len(left):
                gaps.append((f"{category}-{len(gaps)}", code, category, float(left["population"].sum()), 22.4, "too_far",
                             shapely.union_all(np.asarray(left.geometry.values, dtype=object))))  # fmt: skip
        places = facilities[(facilities["category"] == category) & facilities["is_counted"]].geometry
        shapes = np.asarray(places.values, dtype=object)
        areas += [
            (category, "", limit, shapely.union_all(shapely.buffer(shapes, limit * 60 * 0.8 / 1e5)))
            for limit in area.walk.breaks_min
        ]
    tail = ["category", "profile", "limit_min", "group", "population", "covered", "share"]
    cover = pd.DataFrame(coverage, columns=["township_code", "township", *tail])
    kinds = dict(zip(townships["code"], townships["class"], strict=True))
    for code, name in zip(townships["code"], townships["name"], strict=True):
        verdicts = []
        for rule in area.rules:
            if rule.applies_to not in ("all", kinds[code]):
                continue
            row = cover[
                (cover["township_code"] == code)
                & (cover["category"] == rule.category_ids[0])
                & (cover["group"] == rule.group)
            ].iloc[0]
            numerator, denominator = (
                (row["covered"], row["population"]) if rule.measure == "population_share" else (1.0, 1.0)
            )
            value = numerator / denominator
            met = value >= rule.threshold
            verdicts.append(met)
            check.append((code, name, rule.id, "+".join(rule.category_ids), str(rule.measure), numerator, denominator, value, rule.threshold,
                          "met" if met else "not_met", 0 if met else np.ceil(rule.threshold * denominator - numerator), rule.status))  # fmt: skip
        check.append(
            (code, name, "overall", "", "", None, None, None, None, "met" if all(verdicts) else "not_met", None, "")
        )
    gap_columns = ["gap_id", "township_code", "category", "population", "nearest_minutes_median", "reason", "geometry"]
    return (
        cover,
        pd.DataFrame(check, columns=RULE_COLUMNS),
        gpd.GeoDataFrame(pd.DataFrame(gaps, columns=gap_columns), geometry="geometry", crs="EPSG:4326"),
        gpd.GeoDataFrame(
            pd.DataFrame(areas, columns=["category", "facility_id", "limit_min", "geometry"]),
            geometry="geometry",
            crs="EPSG:4326",
        ),
    )
