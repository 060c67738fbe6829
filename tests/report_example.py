"""Invented results for the real townships of the embedded area: minutes are drawn from a seeded generator."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.analysis.coverage import equity, poverty
from circles.analysis.results import Drawn, Tables
from circles.area import load_area
from circles.foundation import errors
from circles.foundation.schema.tables import TABLES, findings_frame

GIS = Path(__file__).resolve().parents[1] / "data" / "gis" / "shengsi"


def _points(frame):
    return gpd.GeoDataFrame(
        frame.drop(columns=["lon", "lat"]), geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326
    )


def _csv(name):
    text = {"id": str, "code": str, "township_code": str, "village_code": str}
    return _points(pd.read_csv(GIS / name, dtype=text, keep_default_na=True))


def _frames():
    townships = gpd.read_file(GIS / "townships.geojson")[["code", "name", "class", "geometry"]]
    land = gpd.read_file(GIS / "land.geojson")[["island", "geometry"]].head(40)
    villages = _csv("villages.csv")[TABLES["villages"].names]
    residents = _csv("residents.csv")
    residents["island"] = residents["village_code"].map(villages.set_index("code")["island"]).fillna("")
    facilities = _csv("facilities.csv").reindex(columns=TABLES["facilities"].names)
    facilities = gpd.GeoDataFrame(facilities, geometry="geometry", crs=4326).astype({"capacity": float})
    facilities["is_counted"] = facilities["status"].isin(["existing", "example"])
    facilities["island"], facilities["file"], facilities["row"] = "", "facilities.csv", range(2, len(facilities) + 2)
    facilities["leg_m"], facilities["reason"] = 12.5, ""
    for name in ("kind", "site_id", "opened_on", "opening_hours", "updated_on", "reported_by", "source"):
        facilities[name] = facilities[name].astype(object).fillna("")
    return townships, land, villages, residents, facilities


def _access(area, residents, facilities):
    rng = np.random.default_rng(7)
    parts = []
    for number, category in enumerate(area.categories):
        minutes = rng.gamma(2.0, 4.0 + number, len(residents))
        lost = rng.random(len(residents)) < 0.03
        near = facilities.loc[facilities["category"].isin([category.id, category.name]), "id"]
        parts.append(
            pd.DataFrame(
                {
                    "resident_id": residents["id"],
                    "category": category.id,
                    "profile": category.profile,
                    "minutes": np.where(lost | (minutes > 60), np.nan, minutes),
                    "facility_id": np.where(lost | (minutes > 60), "", near.iloc[0]),
                    "leg_m": np.where(lost, np.nan, 10.0),
                    "reason": np.where(lost, "not_joined", np.where(minutes > 60, "beyond_horizon", "")),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _coverage(area, residents, access, by, names):
    rows = []
    keys = list(names)
    for category in area.categories:
        chosen = access[access["category"] == category.id]["minutes"].to_numpy() <= area.walk.limit_min
        for group in ("population", "age_0_2", "age_60_plus"):
            for key in [*keys, "ALL"]:
                mine = np.ones(len(residents), bool) if key == "ALL" else (residents[by] == key).to_numpy()
                people = float(residents.loc[mine, group].sum())
                reached = float(residents.loc[mine & chosen, group].sum())
                rows.append(
                    {
                        by: key,
                        "township": names.get(key, "合计"),
                        "category": category.id,
                        "profile": category.profile,
                        "limit_min": area.walk.limit_min,
                        "group": group,
                        "population": people,
                        "covered": reached,
                        "share": reached / people if people else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def _check(area, coverage, townships):
    rows = []
    for _, town in townships.iterrows():
        verdicts = []
        for rule in area.rules:
            if rule.applies_to not in ("all", town["class"]) or rule.measure == "facility_count":
                continue
            one = coverage[
                (coverage["township_code"] == town["code"])
                & (coverage["category"] == rule.category_ids[0])
                & (coverage["group"] == rule.group)
            ].iloc[0]
            met = one["share"] >= rule.threshold
            missing = 0 if met else np.ceil(rule.threshold * one["population"] - one["covered"])
            empty = town["code"] == "330922203" and rule.category == "sports"
            verdicts.append("met" if met else "not_met")
            rows.append(
                (town["code"], town["name"], rule.id, "+".join(rule.category_ids), str(rule.measure))
                + ((np.nan,) * 3 if empty else (one["covered"], one["population"], one["share"]))
                + (rule.threshold, "no_data" if empty else verdicts[-1], np.nan if empty else missing, rule.status)
            )
        overall = "met" if set(verdicts) == {"met"} else "not_met"
        counted = (verdicts.count("met"), len(verdicts), verdicts.count("met") / len(verdicts))
        rows.append(
            (
                town["code"],
                town["name"],
                "overall",
                "",
                "",
                *counted,
                np.nan,
                overall,
                len(verdicts) - counted[0],
                "assumed",
            )
        )
    later = (np.nan, "", np.nan, np.nan)  # no targets by year, no rule with a radius
    return pd.DataFrame([(*row, *later) for row in rows], columns=TABLES["check"].names)


def _gaps(area, coverage, townships):
    rows = []
    everyone = coverage[(coverage["group"] == "population") & (coverage["township_code"] != "ALL")]
    for category in area.categories:
        for _, one in everyone[everyone["category"] == category.id].iterrows():
            where = townships.set_index("code").geometry[one["township_code"]].representative_point()
            line = shapely.LineString([(where.x, where.y), (where.x + 0.01, where.y + 0.004)])
            rows.append((one["township_code"], category.id, one["population"] - one["covered"], 22.5, "too_far", line))
    frame = pd.DataFrame(rows, columns=[*TABLES["gaps"].names[1:6], "geometry"])
    frame.insert(0, "gap_id", [f"{c}-{n}" for n, c in enumerate(frame["category"], start=1)])
    frame = frame.assign(
        townships=frame["township_code"], residents=3, reasons="too_far not_joined", islands="岛", villages="村"
    )
    frame = frame.assign(age_0_2=1.0, age_60_plus=2.0)[
        [*TABLES["gaps"].names[:-1], "age_0_2", "age_60_plus", "geometry"]
    ]
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)


def _capacity(area, coverage):
    """Two places for every ten people covered, in the same rows as coverage."""
    frame = coverage[coverage["category"].isin(["childcare", "meals"])]
    out = pd.DataFrame(
        {
            **{name: frame[name] for name in ("township_code", "township", "category", "profile", "limit_min")},
            "method": "2sfca", "group": frame["group"], "people": frame["population"],
            "access_per_1000": frame["share"] * 200, "norm_per_1000": 20.0, "norm_rule": "seats",
            "below_norm": frame["population"] - frame["covered"],
            "places_short": (frame["population"] - frame["covered"]) / 50, "supply": frame["covered"] / 5,
            "supply_reached": frame["covered"] / 5, "facilities": 2, "without_capacity": 0,
        }
    )  # fmt: skip
    return pd.concat([out, out.assign(method="e2sfca")], ignore_index=True)[TABLES["capacity"].names]


def _circle(coverage):
    """Every tenth person beyond the limit lives within the circle."""
    more = (coverage["population"] - coverage["covered"]) // 10
    out = coverage.assign(radius_m=828.0, in_circle=coverage["covered"] + more, overstated=more)
    return out.assign(circle_share=out["in_circle"] / out["population"])[TABLES["straight_line"].names]


def example_tables(*, demonstration: bool = True) -> Tables:
    """Return tables of every kind, the full analysis's included."""
    area = dataclasses.replace(load_area(GIS / "area.toml"), demonstration=demonstration)
    townships, land, villages, residents, facilities = _frames()
    access = _access(area, residents, facilities)
    coverage = _coverage(area, residents, access, "township_code", dict(townships[["code", "name"]].to_numpy()))
    islands = {name: name for name in sorted(set(residents["island"]) - {""})}
    by_island = _coverage(area, residents, access, "island", islands).drop(columns="township")
    by_village = _coverage(area, residents, access, "village_code", dict(villages[["code", "name"]].to_numpy()))
    by_village = by_village.rename(columns={"township": "village"})
    gaps = _gaps(area, coverage, townships)
    reached = gpd.GeoDataFrame(
        {
            "category": [c.id for c in area.categories],
            "limit_min": 15.0,
            "street_id": range(len(area.categories)),
            "geometry": list(gaps.geometry[:4]),
        },
        crs=4326,
    )
    circles = gpd.GeoDataFrame(
        {
            "category": reached["category"],
            "facility_id": "",
            "limit_min": 15.0,
            "geometry": shapely.buffer(reached.geometry.to_numpy(), 0.01),
        },
        crs=4326,
    )
    plain = pd.DataFrame(residents.drop(columns="geometry"))
    findings = findings_frame(
        [
            errors.warning("area-crs-unknown", "area.toml", None, "area.crs", value="x"),
            errors.info("out-is-file", path="y"),
        ]
    )
    run = {
        "program": "circles",
        "contract": 1,
        "area": area.id,
        "version": "0.1.0",
        "run_id": "0123456789ab",
        "parameters": {"limit_min": 15.0, "snap_max_m": 200.0, "profiles": {"elder": {"speed_m_per_s": 0.92}}},
        "inputs": {"facilities.csv": "0" * 64},
        "counts": {"residents": len(residents)},
        "seconds": {"reach": 1.25},
    }
    streets = gpd.GeoDataFrame(
        {"street_id": [0], "name": ["路"], "is_passable": [True]}, geometry=[gaps.geometry[0]], crs=4326
    )
    return Tables(
        area=area, facilities=facilities, residents=residents, townships=townships, villages=villages, land=land,
        streets=streets, access=access, coverage=coverage, coverage_by_island=by_island, coverage_by_village=by_village,
        coverage_variants=coverage.iloc[:0], check=_check(area, coverage, townships), gaps=gaps,
        drawn=Drawn(lambda: (circles, reached)), findings=findings, network=None, run=run,
        poverty=poverty(plain, access, area, townships, villages), capacity=_capacity(area, coverage),
        equity=equity(plain, access, area, townships), straight_line=_circle(coverage),
        gaps_any=gaps.iloc[:8].assign(category=["any"] * 4 + ["all"] * 4, gap_id=[f"any-{n}" for n in range(8)]),
    )  # fmt: skip


def with_full_analysis(tables: Tables) -> Tables:
    """Return the tables with stability (each fourth verdict turned by speed) and a change for each verdict not met."""
    rows = []
    other = {"met": "not_met", "not_met": "met"}
    for number, row in enumerate(tables.check.to_dict("records")):
        turns = number % 4 == 0 and row["verdict"] in other
        stable = "" if row["verdict"] not in other else "borderline" if turns else f"stable_{row['verdict']}"
        for variant in ("base", "speed=0.8", "snap=50", "slope=off", "positions=1"):
            verdict = other[row["verdict"]] if turns and variant == "speed=0.8" else row["verdict"]
            turned_by = "speed=0.8" if turns else ""
            rows.append((row["township_code"], row["rule_id"], variant, row["value"], verdict, stable, turned_by))
    failed = tables.check[(tables.check["verdict"] == "not_met") & (tables.check["rule_id"] != "overall")]
    names = ["township_code", "township", "rule_id", "category", "measure"]
    change = failed[names].assign(
        change="facility", count=1.0, sites="v1", names="东海社区", newly_covered=1234.0, value=failed["threshold"],
        verdict="met", is_proven=True, coordinates="",
    )  # fmt: skip
    change = change[TABLES["least_change"].names].reset_index(drop=True)
    return dataclasses.replace(
        tables, stability=pd.DataFrame(rows, columns=TABLES["stability"].names), least_change=change
    )
