"""The answer of a siting study as a folder: tables, a scenario to run, the map with the new sites."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from circles.analysis.results import Tables
from circles.analysis.scenario import FILE
from circles.outputs import files, folder, text
from circles.outputs import map as html_map
from circles.siting.study.proof import toml_of
from circles.siting.study.result import Study

__all__ = ["write"]

_TABLES = ("sites", "gain", "gain_by_township", "alternatives", "verdict_changes")


def write(
    found: Study, out: str | Path, *, analysed: Callable[[], Tables], progress: Callable[[str], None] = lambda _: None
) -> Path:
    """Write all files of an answer; ``out`` is replaced atomically.

    Parameters
    ----------
    found : the answer
    out : the folder
    analysed : returns the analysis of the area with the new sites, for the map
    progress : called with the name of each stage as it begins

    Raises
    ------
    CallError
        ``out`` exists and is neither empty nor a result of this program.
    """
    with folder.replaced(out, makes_parents=True) as target:
        for name in _TABLES:
            files.write_csv(pd.DataFrame(getattr(found, name)), target / f"{name}.csv")
        _write_gpkg(found, target / "sites.gpkg")
        (target / "scenario").mkdir()
        (target / "scenario" / FILE).write_bytes(toml_of(found.content).encode("utf-8"))
        progress("map")
        html_map.write(analysed(), target / "index.html", lang=found.lang)
        files.write_run(found.run(), target)
    return Path(out)


def _write_gpkg(found: Study, file: Path) -> None:
    layers = {"sites": found.sites, "alternatives": found.alternatives, "candidates": found.candidates}
    with files.gdal_date(found.area.as_of):
        for number, (name, frame) in enumerate(layers.items()):
            safe = text.each_text(frame, lambda value: text.without_surrogates(value).replace("\x00", "␀"))
            layer = gpd.GeoDataFrame(safe, geometry="geometry", crs="EPSG:4326")
            layer.to_file(file, layer=name, driver="GPKG", engine="pyogrio", append=number > 0)
