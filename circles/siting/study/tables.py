"""An answer in columns → tables that people read: sites in order, the gain curve, alternatives, where each site is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from circles.analysis.coverage import groups, people
from circles.foundation import words
from circles.foundation.schema.tables import NONE
from circles.foundation.types import F64
from circles.foundation.words import Lang
from circles.inputs.loading import Inputs
from circles.inputs.locating import project
from circles.siting import models
from circles.siting.models.flows import Flows, served_by
from circles.siting.study.problem import Problem
from circles.siting.study.solving import Outcome, Solved, new_sites
from circles.siting.study.wish import Objective

__all__ = ["StudyTables"]


@dataclass(frozen=True, eq=False)
class StudyTables:
    """A solved problem and what is needed to name its places."""

    inputs: Inputs
    problem: Problem
    solved: Solved
    lang: Lang

    @cached_property
    def within(self) -> sparse.csr_array:
        """Return who (row) is within the limit of which column."""
        seconds = self.problem.main.seconds
        return sparse.csr_array(self._near(seconds))

    def _near(self, seconds: sparse.csr_matrix) -> sparse.csr_array:
        entries = sparse.coo_array(seconds)
        keep = entries.data <= self.problem.limit_s + models.LIMIT_TOLERANCE
        at = (entries.coords[0][keep], entries.coords[1][keep])
        return sparse.csr_array((np.ones(int(keep.sum())), at), shape=entries.shape)

    def brought(self, sites: tuple[int, ...]) -> float:
        """Return what counts as covered: people within the limit or, with capacities, those who find a place there."""
        return self.covered(sites) if self.problem.capacity is None else self.served(sites)

    def served(self, sites: tuple[int, ...]) -> float:
        """Return the most people whom these columns can serve within the limit, none beyond its capacity."""
        service, problem = self.problem.main, self.problem
        entries = sparse.coo_array(service.seconds)
        row, site = entries.coords[0].astype(np.int64), entries.coords[1].astype(np.int64)
        keep = (entries.data <= problem.limit_s + models.LIMIT_TOLERANCE) & (service.weights[row] > 0)
        capacity = np.zeros(entries.shape[1]) if problem.capacity is None else problem.capacity
        keep &= capacity[site] > 0
        flows = Flows(
            "cover", row[keep], site[keep], entries.data[keep], service.weights, capacity, single_source=False
        )
        amount = served_by(flows, np.asarray(sites, dtype=np.int64))
        return 0.0 if amount is None else math.fsum(amount.tolist())

    def covered(self, sites: tuple[int, ...]) -> float:
        """Return the people of the group within the limit of any of these columns."""
        hit = self.within[:, list(sites)].sum(axis=1) > 0 if sites else np.zeros(self.within.shape[0], dtype=bool)
        return math.fsum(self.problem.main.weights[np.asarray(hit).ravel()].tolist())

    @cached_property
    def today(self) -> float:
        """Return the people of the group who are covered today."""
        return self.brought(tuple(range(self.problem.n_existing)))

    @cached_property
    def population(self) -> float:
        """Return all people of the group."""
        return math.fsum(self.problem.main.weights.tolist())

    def share(self, covered: float) -> float:
        """Return a share of the group; NaN where the group is empty."""
        return covered / self.population if self.population > 0 else math.nan

    @cached_property
    def closed(self) -> tuple[int, ...]:
        """Return the existing columns that the best answer closes."""
        return tuple(sorted(set(range(self.problem.n_existing)) - set(self.solved.best.sites)))

    @cached_property
    def order(self) -> pd.DataFrame:
        """Return the new columns in the order in which each brings most, with what it brings of every group."""
        best, service = self.solved.best, self.problem.main
        kept = [site for site in best.sites if site < self.problem.n_existing]
        homes = pd.DataFrame(self.inputs.residents.drop(columns="geometry"))
        others = {f"gain_{name}": people(homes, name) for name in groups(homes)}
        order = models.marginal_order(
            best.sites, service.seconds, self.problem.limit_s, service.weights, kept, groups=others
        )
        return order if self.problem.capacity is None else self._by_places(order, kept)

    def _by_places(self, order: pd.DataFrame, kept: list[int]) -> pd.DataFrame:
        """Return the order by the people who find a place, one site after the other."""
        had, left = list(kept), order["site"].tolist()
        rows: list[tuple[int, int, float, float]] = []
        now = self.served(tuple(had))
        while left:
            then = {site: self.served((*had, site)) for site in left}
            best = max(left, key=lambda site: then[site])
            rows.append((len(rows) + 1, best, then[best] - now, then[best]))
            now = then[best]
            had.append(best)
            left.remove(best)
        shown = pd.DataFrame(rows, columns=["order", "site", "gain", "covered"])
        return shown.merge(order.drop(columns=["order", "gain", "covered"]), on="site", how="left")

    @cached_property
    def ids(self) -> dict[int, str]:
        """Return the new facilities' ids by column; none is taken already."""
        taken = set(self.inputs.facilities["id"].astype(str))
        stem = f"new-{self.problem.wish.category}"
        while any(name.startswith(f"{stem}-") for name in taken):
            stem += "-x"
        return {site: f"{stem}-{order}" for order, site in zip(self.order["order"], self.order["site"], strict=True)}

    @cached_property
    def places(self) -> pd.DataFrame:
        """Return, per candidate, township, village and street by name, and what to call the place."""
        table, at = self.problem.candidates.table, self._candidate_columns()
        names = dict(zip(self.inputs.townships["code"], self.inputs.townships["name"], strict=True))
        township = [str(names.get(code, "" if code == NONE else code)) for code in table["township_code"]]
        snapped = self.problem.main.snapped
        edges = self.inputs.network.edges
        street = edges["name"].to_numpy(dtype=object)[snapped.edge[at]]
        shown = [name if kind == "corner" and name else own for name, own, kind in
                zip(table["name"], street, table["kind"], strict=True)]  # fmt: skip
        villages = self._villages()
        return pd.DataFrame(
            {
                "township": township, "village": villages, "street": shown, "leg_m": snapped.leg_m[at],
                "place": [
                    self._place(*row) for row in zip(table["kind"], table["name"], township, villages, shown, strict=True)
                ],
            }
        )  # fmt: skip

    def _candidate_columns(self) -> slice:
        return slice(self.problem.n_existing, None)

    def _villages(self) -> list[str]:
        """Return the village whose centre is nearest on the same island, '' where there is none."""
        table, villages = self.problem.candidates.table, self.inputs.villages
        found = np.full(len(table), "", dtype=object)
        if not len(villages):
            return found.tolist()
        xy = project(villages, self.inputs.area.crs)
        own = self.inputs.network.islands.of_points(xy, within_m=self.inputs.area.walk.snap_max_m)[0]
        names = villages["name"].to_numpy(dtype=object)
        for island in np.unique(self.problem.candidates.island):
            rows, near = np.flatnonzero(self.problem.candidates.island == island), np.flatnonzero(own == island)
            if len(near):
                found[rows] = names[near[cKDTree(xy[near]).query(self.problem.candidates.xy[rows])[1]]]
        return [str(name) for name in found]

    def _place(self, kind: str, name: str, township: str, village: str, street: str) -> str:
        if kind != "corner" and name:
            return str(name)
        parts = [township, village and words.text("placement.near_village", self.lang, village=village), street]
        return " · ".join(part for part in parts if part) or words.text("placement.nameless", self.lang)

    def sites(self) -> gpd.GeoDataFrame:
        """Return the table ``sites``: one row per new facility in the order of what each brings, then those closed."""
        problem, order = self.problem, self.order
        at = order["site"].to_numpy(dtype=np.int64) - problem.n_existing
        table, places = problem.candidates.table.iloc[at], self.places.iloc[at]
        category = self.inputs.area.category(problem.wish.category).name
        price = problem.price[order["site"]]
        gain = order["gain"].to_numpy(dtype=np.float64)
        frame = pd.DataFrame(
            {
                "order": order["order"].to_numpy(), "action": "add",
                "id": [self.ids[site] for site in order["site"]],
                "name": self._new_names(category, order["order"].tolist(), places),
                "candidate_id": table["id"].to_numpy(), "kind": table["kind"].to_numpy(),
                "township_code": table["township_code"].to_numpy(), "township": places["township"].to_numpy(),
                "island": table["island"].to_numpy(), "village": places["village"].to_numpy(),
                "street": places["street"].to_numpy(), "place": places["place"].to_numpy(),
                "lon": shapely.get_x(table.geometry.to_numpy()), "lat": shapely.get_y(table.geometry.to_numpy()),
                "leg_m": places["leg_m"].to_numpy(),
                "gain": gain, "covered": order["covered"].to_numpy(),
                "share": [self.share(value) for value in order["covered"]],
                **{name: order[name].to_numpy() for name in order.columns if name.startswith("gain_")},
                "cost": price, "cost_per_person": np.divide(price, gain, out=np.full(len(gain), np.nan), where=gain > 0),
            }
        )  # fmt: skip
        if problem.capacity is not None:
            frame["capacity"] = problem.capacity[order["site"]]
            frame["served"] = self._served(order["site"])
        self._add_combined(frame)
        out = gpd.GeoDataFrame(frame, geometry=table.geometry.to_numpy(), crs="EPSG:4326")
        return self._with_closed(out)

    def _new_names(self, category: str, numbers: list[int], places: pd.DataFrame) -> list[str]:
        near = [
            words.text("placement.near_village", self.lang, village=village) if village else ""
            for village in places["village"]
        ]
        shown = [" ".join(part for part in parts if part) for parts in zip(places["township"], near, strict=True)]
        return [
            words.text("placement.new_name", self.lang, category=category, number=number, place=place)
            for number, place in zip(numbers, shown, strict=True)
        ]

    def _served(self, columns: pd.Series) -> F64:
        served = self.solved.best.served
        total = np.zeros(len(self.problem.price)) if served is None else np.asarray(served.sum(axis=0)).ravel()
        return np.asarray(total[columns.to_numpy()], dtype=np.float64)

    def _add_combined(self, frame: pd.DataFrame) -> None:
        """Add what each building brings for the category that shares it."""
        if len(self.problem.services) < 2:
            return
        other = self.problem.services[1]
        near = self._near(other.seconds).tocsc()
        seen = np.asarray(near[:, : len(other.existing)].sum(axis=1)).ravel() > 0
        gains = []
        for site in self.order["site"]:
            column = site - self.problem.n_existing + len(other.existing)
            rows = near.indices[near.indptr[column] : near.indptr[column + 1]]
            gains.append(math.fsum(other.weights[rows[~seen[rows]]].tolist()))
            seen[rows] = True
        frame["combined_gain"] = gains

    def _with_closed(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if not self.closed:
            return frame
        shops = self.inputs.facilities.iloc[self.problem.main.existing[list(self.closed)]]
        names = dict(zip(self.inputs.townships["code"], self.inputs.townships["name"], strict=True))
        rows = gpd.GeoDataFrame(
            {
                "action": "close", "id": shops["id"].to_numpy(), "name": shops["name"].to_numpy(),
                "township_code": shops["township_code"].to_numpy(),
                "township": [str(names.get(code, "")) for code in shops["township_code"]],
                "island": shops["island"].to_numpy(),
                "lon": shapely.get_x(shops.geometry.to_numpy()), "lat": shapely.get_y(shops.geometry.to_numpy()),
            },
            geometry=shops.geometry.to_numpy(), crs="EPSG:4326",
        )  # fmt: skip
        out = pd.concat([frame.astype({"order": "Int64"}), rows], ignore_index=True)
        texts = [name for name in out.columns if out[name].dtype == object]
        out[texts] = out[texts].fillna("")
        return gpd.GeoDataFrame(out, geometry="geometry", crs="EPSG:4326")

    def gain(self) -> pd.DataFrame:
        """Return the table ``gain``: what the best choice of every number of new facilities brings; 0 is today."""
        rows = [self._gain_row(0, None, is_today=True), *(self._gain_row(n, found) for n, found in self.solved.curve)]
        frame = pd.DataFrame(rows)
        frame.insert(6, "gain", frame["covered"].diff().where(frame["added"] > 0))
        return frame

    def _gain_row(self, added: int, found: Outcome | None, *, is_today: bool = False) -> dict[str, object]:
        wish = self.problem.wish
        head = {"added": added, "category": wish.category, "group": wish.group, "population": self.population}
        sites = tuple(range(self.problem.n_existing)) if is_today else () if found is None else found.sites
        if found is None and not is_today:
            rest = {"covered": math.nan, "share": math.nan, "objective": math.nan, "status": "infeasible"}
            return {**head, **rest, "gap": math.nan, "cost": math.nan, "candidates": ""}
        covered = self.brought(sites)
        new = [site for site in sites if site >= self.problem.n_existing]
        return {
            **head, "covered": covered, "share": self.share(covered),
            "objective": math.nan if found is None else self.shown_objective(found.objective),
            "status": "today" if found is None else found.status, "gap": 0.0 if found is None else found.gap,
            "cost": math.fsum(self.problem.price[new].tolist()), "candidates": self._named(sites),
        }  # fmt: skip

    def shown_objective(self, value: float) -> float:
        """Return an objective in people, facilities or minutes."""
        goal = self.problem.wish.objective
        if goal is Objective.WORST:
            return value / 60.0
        if goal is Objective.MEAN:
            return value / 60.0 / self._counted if self._counted > 0 else math.nan
        return value

    @cached_property
    def _counted(self) -> float:
        from circles.siting.study.solving import reachable  # noqa: PLC0415 - beside its one use

        return math.fsum(self.problem.main.weights[reachable(self.problem)].tolist())

    def _named(self, sites: tuple[int, ...]) -> str:
        ids = self.problem.candidates.table["id"].to_numpy()
        n = self.problem.n_existing
        return " ".join(str(ids[site - n]) for site in sites if site >= n)

    def alternatives(self) -> gpd.GeoDataFrame:
        """Return the table ``alternatives``: one row per answer and new facility, the best answer first."""
        best = set(new_sites(self.problem, self.solved.best))
        table, places, n = self.problem.candidates.table, self.places, self.problem.n_existing
        rows = []
        for rank, found in enumerate(self.solved.alternatives, 1):
            covered = self.brought(found.sites)
            loss = abs(found.objective - self.solved.best.objective) / max(abs(self.solved.best.objective), 1e-9)
            for site in new_sites(self.problem, found):
                own = table.iloc[site - n]
                rows.append(
                    {
                        "rank": rank, "objective": self.shown_objective(found.objective), "loss": loss,
                        "covered": covered, "share": self.share(covered), "status": found.status,
                        "candidate_id": own["id"], "township": places["township"].iloc[site - n],
                        "place": places["place"].iloc[site - n], "is_in_best": site in best,
                        "lon": own.geometry.x, "lat": own.geometry.y, "geometry": own.geometry,
                    }
                )  # fmt: skip
        return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:4326")

    def gain_by_township(self) -> pd.DataFrame:
        """Return the table ``gain_by_township``: who is newly covered by each new facility, by township and group."""
        homes = pd.DataFrame(self.inputs.residents.drop(columns="geometry"))
        names = dict(zip(self.inputs.townships["code"], self.inputs.townships["name"], strict=True))
        near = self.within.tocsc()
        kept = [site for site in self.solved.best.sites if site < self.problem.n_existing]
        seen = np.asarray(near[:, kept].sum(axis=1)).ravel() > 0
        code = homes["township_code"].astype(str).to_numpy(dtype=object)
        rows = []
        for site in self.order["site"]:
            own = near.indices[near.indptr[site] : near.indptr[site + 1]]
            new = own[~seen[own]]
            seen[own] = True
            for township in sorted(set(code[new])):
                mine = new[code[new] == township]
                for group in groups(homes):
                    gain = math.fsum(people(homes, group)[mine].tolist())
                    rows.append((self.ids[site], township, str(names.get(township, township)), group, gain))
        return pd.DataFrame(rows, columns=["id", "township_code", "township", "group", "gain"])
