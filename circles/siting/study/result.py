"""The answer: tables, what it promises and what a run counts, and the folder it leaves."""

from __future__ import annotations

import hashlib
import html
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.scenario import Scenario, read_scenario
from circles.area import Area
from circles.foundation import words
from circles.foundation.errors import Finding
from circles.foundation.version import CONTRACT, __version__
from circles.foundation.words import Lang
from circles.inputs.loading import Inputs
from circles.siting.study import proof, report
from circles.siting.study.wish import Wish

__all__ = ["Study"]


@dataclass(frozen=True, eq=False)
class Study:
    """Where to build, what it brings, and how sure that is.

    Attributes
    ----------
    area, wish : what was asked
    sites : one row per new facility in the order of what each brings (``action`` add), then those closed (close);
        ``gain`` is people of the group newly covered, ``gain_<group>`` the same for every group
    gain : the best choice for every number of new facilities
    gain_by_township : who is newly covered by each, by township and group
    alternatives : the best different answers, one row per answer and site
    verdict_changes : verdicts of the area with the new sites against those without
    status, objective, bound, gap, seconds : see `siting.Answer`; minutes, people or facilities
    population, covered_before, covered_promised, covered_after : people of the group: all, within the limit today, as
        the model promises, and as the analysis of the area with the new sites counts them
    served_before, served_after : with capacities, the people who find a place within the limit; else NaN
    is_complete : False where the time ran out before the curve and the alternatives were done
    content : the scenario, the way its file holds it
    findings : what is doubtful
    inputs : what the area's files hold
    """

    area: Area
    wish: Wish
    sites: gpd.GeoDataFrame
    gain: pd.DataFrame
    gain_by_township: pd.DataFrame
    alternatives: gpd.GeoDataFrame
    verdict_changes: pd.DataFrame
    candidates: gpd.GeoDataFrame
    status: str
    objective: float
    bound: float
    gap: float
    seconds: float
    population: float
    covered_before: float
    covered_promised: float
    covered_after: float
    served_before: float
    served_after: float
    is_complete: bool
    content: Mapping[str, Any]
    findings: tuple[Finding, ...]
    inputs: Inputs = field(repr=False)
    lang: Lang

    @property
    def scenario(self) -> Scenario:
        """Return the answer as a scenario of the area, for `circles.analyse`."""
        return read_scenario(self.content, self.area, digest=self._digest)

    @property
    def _digest(self) -> str:
        return hashlib.sha256(proof.toml_of(self.content).encode("utf-8")).hexdigest()

    def run(self) -> dict[str, Any]:
        """Return ``run.json`` without the digests of the outputs."""
        wish = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self.wish).items()}
        key = json.dumps(
            [dict(self.inputs.digests), wish, __version__], sort_keys=True, ensure_ascii=False, default=str
        )
        return {
            "program": "circles", "contract": CONTRACT, "command": "site", "area": self.area.id,
            "area_name": self.area.name, "version": __version__, "demonstration": self.area.demonstration,
            "run_id": hashlib.sha256(key.encode()).hexdigest()[:12],
            "parameters": {"lang": self.lang, "limit_min": self.area.walk.limit_min, **wish}, "inputs": dict(self.inputs.digests),
            "answer": {
                "status": self.status, "objective": self.objective, "bound": self.bound, "gap": self.gap,
                "is_complete": self.is_complete, "population": self.population, "covered_before": self.covered_before,
                "covered_promised": self.covered_promised, "served_before": self.served_before,
                "served_after": self.served_after, "covered_after": self.covered_after,
                "candidates": len(self.candidates), "sites": list(self.sites["id"]),
            },
            "seconds": {"solve": round(self.seconds, 3)},
        }  # fmt: skip

    def explore(self, **options: Any) -> Any:
        """Return a map of the new sites, as GeoDataFrames do; it needs the network for its background."""
        return self.sites[["order", "name", "gain", "covered", "geometry"]].explore(**({"column": "order"} | options))

    def _repr_html_(self) -> str:
        shown = self.sites[self.sites["action"] == "add"][["order", "place", "gain", "covered", "share"]].copy()
        shown["share"] = [shown_percent(value) for value in shown["share"]]
        shown.columns = pd.Index(
            [words.text(f"placement.column_{name}", self.lang, unit=report.unit(self)) for name in shown.columns]
        )
        body = shown.to_html(index=False, float_format=lambda value: f"{value:,.0f}")
        return f"<p>{html.escape(self.summary())}</p>{body}"

    def __repr__(self) -> str:
        """Return the summary."""
        return self.summary()

    def text(self) -> str:
        """Return the answer as text for a terminal."""
        return report.as_text(self)

    def summary(self) -> str:
        """Return the answer in a sentence or two."""
        if math.isnan(self.served_after):
            return self._sentence()
        return self._sentence() + words.text(
            "placement.summary_places", self.lang, unit=report.unit(self), before=f"{self.served_before:,.0f}",
            after=f"{self.served_after:,.0f}", gain=f"{self.served_after - self.served_before:,.0f}",
        )  # fmt: skip

    def _sentence(self) -> str:
        before, after = (
            self.covered_before / max(self.population, 1e-9),
            self.covered_after / max(self.population, 1e-9),
        )
        return words.text(
            "placement.summary", self.lang, area=self.area.name, category=self.area.category(self.wish.category).name,
            count=int((self.sites["action"] == "add").sum()), group=report.group_title(self.wish.group, self.lang, self.area), unit=report.unit(self),
            before=f"{self.covered_before:,.0f}", after=f"{self.covered_after:,.0f}", gain=f"{self.covered_after - self.covered_before:,.0f}",
            share_before=shown_percent(before), share_after=shown_percent(after), limit=f"{self.area.walk.limit_min:g}",
            status=words.text(f"placement.status_{self.status}", self.lang, gap=f"{self.gap:.2%}"),
        )  # fmt: skip
