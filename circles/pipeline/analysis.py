"""The whole analysis as one function: load → reach → coverage → check → draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from circles.analysis import certainty, gaps, isochrone_tables
from circles.analysis.access import access_table, walks_of
from circles.analysis.entrances import entrances, with_doors
from circles.analysis.missing import missing
from circles.analysis.provenance import provenance
from circles.analysis.results import Drawn, Tables
from circles.analysis.robustness import full
from circles.analysis.verdicts import clause_doubts
from circles.analysis.verdicts import doubts as rule_doubts
from circles.analysis.verdicts import problems as rule_problems
from circles.analysis.verdicts.clauses import Clauses
from circles.analysis.verdicts.of_area import Verdicts
from circles.area import Area
from circles.foundation.errors import AreaError
from circles.foundation.schema.tables import findings_frame
from circles.foundation.words import DEFAULT_LANG, Lang
from circles.inputs import fragments, snapped_places
from circles.inputs.guards.child import reading
from circles.inputs.loading import Inputs, load
from circles.network import junctions
from circles.network.streets import build
from circles.outputs import folder
from circles.outputs.clerk import Clerk
from circles.pipeline.record import record
from circles.pipeline.tables import by_boat, by_population, by_time, covered, names_of, snapped_facilities, street_table

if TYPE_CHECKING:
    from circles.analysis.scenario import Scenario
    from circles.outputs.notebook import Page

Progress = Callable[[str], None]


@dataclass
class _Clock:
    """Seconds per stage."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.progress(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


class Result(Tables):
    """The tables of one analysis, which can be saved as a folder of files."""

    def save(
        self,
        out: str | Path,
        *,
        progress: Progress = lambda _: None,
        browser: Path | None = None,
        clerk: Clerk | None = None,
    ) -> Path:
        """Write all files of the contract's section 4; ``out`` is replaced atomically.

        Parameters
        ----------
        out : the folder
        progress : called with the name of each stage as it begins
        browser : from `outputs.pdf.find_browser`: also print the map to ``map.pdf``
        clerk : a second process that shares the work

        Returns
        -------
        Path
            ``out``.

        Raises
        ------
        CallError
            ``out`` exists and is neither empty nor a result of this program, or the map was not printed.
        """
        from circles.outputs import documents, files, pdf  # noqa: PLC0415 - as below
        from circles.outputs import map as html_map  # noqa: PLC0415 - who only asks for numbers need not wait

        lang: Lang = self.run["parameters"]["lang"]
        clock = _Clock(progress)
        with folder.replaced(out, makes_parents=True) as target:
            with (clerk or Clerk(is_wanted=False)).working(documents.for_documents(self)) as handed:
                for work in documents.works(target, lang):
                    handed.add(work)
                for work in documents.tables_works(target):
                    handed.add(work, is_shared=True)
                with clock.stage("draw"):
                    self.drawn.tables()
                with clock.stage("map"):
                    handed.add(documents.map_work(html_map.data(self, lang=lang), target, lang))
                with clock.stage("files"):
                    files.write_gpkg(self, target / "circles.gpkg", lang=lang)
                with clock.stage("documents"):
                    clock.seconds.update(handed.results())
            if browser is not None:
                with clock.stage("pdf"):
                    pdf.write(target / "index.html", target / "map.pdf", browser=browser, as_of=self.area.as_of)
            run = dict(self.run)
            run["seconds"] = {**run["seconds"], **{name: round(s, 3) for name, s in clock.seconds.items()}}
            files.write_run(run, target)
        return Path(out)

    def explore(self, *, height_px: int = 640) -> Page:
        """Return the map, which a notebook shows in a frame; ``result.explore().text`` is the page itself."""
        from circles.outputs import map as html_map  # noqa: PLC0415 - as above
        from circles.outputs import notebook  # noqa: PLC0415 - as above

        return notebook.Page(html_map.page(self, lang=self.run["parameters"]["lang"]), height_px)

    def __repr__(self) -> str:
        return f"<Result of {self.area!r}: {len(self.residents)} residents, {len(self.facilities)} facilities>"

    def _repr_html_(self) -> str:
        from circles.outputs import notebook  # noqa: PLC0415 - as above

        return notebook.matrix_html(self, self.run["parameters"]["lang"])


@reading()
def analyse(
    area: Area,
    *,
    scenario: Scenario | str | Path | None = None,
    lang: Lang = DEFAULT_LANG,
    is_full: bool = False,
    sure: int | None = None,
    sure_kept: Path | None = None,
    progress: Progress = lambda _: None,
) -> Result:
    """Analyse an area.

    Parameters
    ----------
    area : from `circles.load_area`
    scenario : what would be different, or the file or folder that says it; the result is then the scenario's, with
        the area as it stands in ``base``
    lang : language of findings and documents
    is_full : also stability of verdicts and least changes
    sure : also how sure each verdict is, by so many runs with all doubts drawn together
    sure_kept : where an interrupted call leaves the runs it made, and this one goes on from
    progress : called with the name of each stage as it begins

    Raises
    ------
    InputError
        With every problem of every input; ``ScenarioError`` with every problem of the scenario.
    CallError
        ``sure`` is no number of runs.
    """
    clock = _Clock(progress)
    if sure is not None:
        certainty.checked(sure)
    if isinstance(scenario, str | Path):
        from circles.analysis.scenario import load_scenario  # noqa: PLC0415 - most runs have none

        scenario = load_scenario(scenario, area)
    if wrong := rule_problems(area):
        raise AreaError(wrong)
    with clock.stage("load"):
        inputs = load(area)
    return analyse_inputs(
        inputs, scenario=scenario, lang=lang, is_full=is_full, sure=sure, sure_kept=sure_kept, clock=clock
    )


def analyse_inputs(
    inputs: Inputs,
    *,
    scenario: Scenario | None = None,
    lang: Lang = DEFAULT_LANG,
    is_full: bool = False,
    sure: int | None = None,
    sure_kept: Path | None = None,
    clock: _Clock | None = None,
) -> Result:
    """Analyse inputs that have been read; what `analyse` does, for several scenarios of one area.

    Parameters
    ----------
    inputs : the area's checked tables and its network
    scenario : changes to analyse; the result then holds the unchanged area's result as ``base``
    lang : language of the messages in the tables
    is_full : whether stability and least change of each verdict are computed, which takes several times as long
    sure, sure_kept : as in `analyse`
    clock : measures each stage

    Raises
    ------
    ScenarioError
        The scenario does not fit the area.
    """
    clock = clock or _Clock(lambda _: None)
    wanted = _Wanted(is_full, sure, sure_kept)
    if scenario is None:
        return _analysed(inputs, lang=lang, wanted=wanted, clock=clock)
    from circles.analysis.scenario import apply  # noqa: PLC0415 - as above

    with clock.stage("scenario"):
        changed = apply(inputs, scenario)
    base = _analysed(inputs, lang=lang, wanted=_Wanted(), clock=clock)
    result = _analysed(changed, lang=lang, wanted=wanted, clock=clock)
    about = {
        "id": scenario.id, "name": scenario.name, "file": scenario.file, "sha256": scenario.digest,
        "changes": scenario.counts(), "base_run_id": base.run["run_id"], "base_parameters": base.run["parameters"],
    }  # fmt: skip
    if scenario.content.relocate:
        from circles.analysis.scenario.relocating import facility_people  # noqa: PLC0415 - as above

        moved = facility_people(
            result.facilities, before=(base.access, base.residents), after=(result.access, result.residents),
            limit_min=(base.area.walk.limit_min, result.area.walk.limit_min),
        )  # fmt: skip
        result = replace(result, facility_people=moved)
    return replace(result, base=base, run={**result.run, "scenario": about})


@dataclass(frozen=True)
class _Wanted:
    """What is asked for beyond the plain analysis."""

    is_full: bool = False
    sure: int | None = None
    sure_kept: Path | None = None

    def runs(self, inputs: Inputs) -> int:
        """Return how many runs with drawn doubts are made."""
        return self.sure if self.sure is not None else certainty.runs_in_full(inputs) if self.is_full else 0


def _analysed(inputs: Inputs, *, lang: Lang, wanted: _Wanted, clock: _Clock) -> Result:
    area = inputs.area
    with clock.stage("reach"):
        walks = walks_of(inputs)
        reaches = {c.id: walks.to_category(c.id, area.walkers[c.profile]) for c in area.categories}
        access = with_doors(access_table(walks, reaches), walks, reaches)
    with clock.stage("coverage"):
        people, shops = (pd.DataFrame(t.drop(columns="geometry")) for t in (inputs.residents, inputs.facilities))
        found = [
            *inputs.findings,
            *snapped_places.doubts(walks),
            *fragments.fragment_doubts(walks),
            *rule_doubts(area, people, shops, inputs.townships),
            *clause_doubts(area, Clauses(inputs, walks), inputs.townships),
        ]
        tables = covered(inputs, walks, reaches, access)
    with clock.stage("check"):
        state = Verdicts(inputs, walks)
        verdicts = state.judged()
    timed, unknown_years = by_time(inputs, walks)
    tables |= timed | by_boat(inputs, walks) | by_population(inputs, reaches)
    tables |= {"provenance": provenance(inputs), "entrances": entrances(walks, reaches)}
    found += unknown_years
    if wanted.is_full:
        with clock.stage("full"):
            tables["stability"] = full.stability(inputs, walks, verdicts)
            tables["least_change"] = full.least_change(inputs, walks, verdicts)
    if n_runs := wanted.runs(inputs):
        with clock.stage("sure"):
            drawn, doubts = certainty.certainty_tables(
                inputs, walks, verdicts, n_runs=n_runs, kept=wanted.sure_kept,
                progress=lambda made, of: clock.progress(f"sure {made}/{of}"),
            )  # fmt: skip
            tables |= drawn
            found += doubts
    with clock.stage("gaps"):
        villages = names_of(inputs.villages)
        tables["missing"] = missing(
            area, verdicts, people, state.facts().access_lookup, access=access, village_names=villages,
            least_change=tables.get("least_change", pd.DataFrame()),
        )  # fmt: skip
        tables["gaps"], tables["gaps_any"] = gaps.gaps(walks, reaches, villages)
    facilities = snapped_facilities(inputs.facilities, reaches)
    return Result(
        area=area, facilities=facilities, residents=inputs.residents, townships=inputs.townships,
        villages=inputs.villages, land=inputs.land, streets=street_table(inputs), access=access, check=verdicts,
        findings=findings_frame(found, lang), network=inputs.network, places=walks.places(),
        reconciliation=inputs.reconciliation,
        run=record(inputs, lang, clock.seconds, access, facilities, n_runs=n_runs), drawn=Drawn(lambda: isochrone_tables.draw(walks, reaches)),
        **tables,
    )  # fmt: skip


@reading()
def keep_network(area: Area, file: Path, *, node_crossings: bool = False) -> tuple[int, int]:
    """Write the walked network of an area to a GeoPackage (contract, section 1).

    Parameters
    ----------
    area, file : whose network, and where to
    node_crossings : also let streets of one level meet where they cross, or end within half a metre of each other

    Returns
    -------
    The number of edges, and of the places that were made to meet.
    """
    inputs = load(area)
    from circles.outputs import kept_network  # noqa: PLC0415

    network, made = inputs.network, 0
    if node_crossings:
        streets, made = junctions.noded(inputs.streets)
        network = build(streets, network.islands, crs=area.crs, heights=inputs.heights)
    kept = network.kept()
    kept_network.write(kept, file, as_of=area.as_of)
    return len(kept), made
