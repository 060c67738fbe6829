"""The map, the brief and the workbook as pieces of work that two processes can share."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation.words import Lang

if TYPE_CHECKING:  # a clerk is started before these take their time to load
    from circles.analysis.results import Tables

LIBRARIES = (
    "circles.outputs.brief", "circles.outputs.workbook", "circles.outputs.map", "folium", "pypinyin",
    "circles.outputs.files", "pyarrow.parquet",
)  # fmt: skip
"""What a clerk loads beforehand."""
Work = Callable[["Tables"], tuple[str, float]]
"""Writes a document, and returns its name and its seconds."""


def for_documents(tables: Tables) -> Tables:
    """Return the tables that documents need: without the network, so that the second process need not load numba."""
    from circles.analysis.results import Tables as Plain  # noqa: PLC0415 - as below

    kept = {item.name: getattr(tables, item.name) for item in fields(Plain)}
    return Plain(**kept | {"network": None, "places": None, "base": None})


def works(target: Path, lang: Lang) -> list[Work]:
    """Return what writes the brief and the workbook into the folder ``target``."""
    return [partial(_timed, name, target, lang) for name in ("brief", "workbook")]


def tables_works(target: Path) -> list[Work]:
    """Return what writes the tables that are not drawn, in pieces for two to share."""
    return [partial(_tables, name, target) for name in ("access", "places", "sheets")]


def map_work(content: dict[str, Any], target: Path, lang: Lang) -> Work:
    """Return what writes ``index.html`` of `atlas.data`; the tables are no longer needed."""
    return partial(_map, content, target, lang)


def _timed(name: str, target: Path, lang: Lang, tables: Tables) -> tuple[str, float]:
    start = time.perf_counter()
    room = importlib.import_module(f"circles.outputs.{name}")  # each library only where it is used
    room.write(tables, target / {"workbook": "report.xlsx", "brief": "report.docx"}[name], lang=lang)
    return name, time.perf_counter() - start


def _tables(name: str, target: Path, tables: Tables) -> tuple[str, float]:
    from circles.outputs import files  # noqa: PLC0415 - as above

    start = time.perf_counter()
    {"access": files.write_access, "places": files.write_places, "sheets": files.write_sheets}[name](tables, target)
    return name, time.perf_counter() - start


def _map(content: dict[str, Any], target: Path, lang: Lang, _: Tables) -> tuple[str, float]:
    from circles.outputs import map as html_map  # noqa: PLC0415 - as above

    start = time.perf_counter()
    html_map.write_data(content, target / "index.html", lang=lang)
    return "page", time.perf_counter() - start
