"""A month into the folder ``months/``: its tables in a folder of their own, then the list, so that nothing is half there."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import shapely

from circles.analysis.months import Book, Month
from circles.analysis.months.book import KIND, MARK, TABLES
from circles.foundation import atomic, errors
from circles.foundation.errors import CallError
from circles.outputs import text
from circles.outputs.folder import CONTRACT, PROGRAM

_SIMPLE_DEG = 5e-5
"""Outlines are kept to about five metres: they are looked at, never measured."""


def keep(month: Month, folder: Path, book: Book | None) -> None:
    """Add a month, or put it in the place of the last one of the same date.

    Raises
    ------
    CallError
        It could not be written; what was there is unchanged.
    """
    day, run_id = month.as_of.isoformat(), str(month.state.run["run_id"])
    entries = [] if book is None else [dict(entry) for entry in book.index["months"]]
    gone = [entry for entry in entries if entry["as_of"] == day]
    name = f"{day}-{run_id}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic.folder_in_place(folder / name) as fresh:
            _write(month, fresh)
        files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted((folder / name).iterdir())}
        entry = {
            "as_of": day,
            "run_id": run_id,
            "folder": name,
            "files": files,
            "differs": [list(d) for d in month.differs],
        }
        entries = [*(item for item in entries if item["as_of"] != day), entry]
        index: dict[str, Any] = {
            "program": PROGRAM, "contract": CONTRACT, "kind": KIND, "area": month.state.run["area"], "months": entries,
        }  # fmt: skip
        body = json.dumps(index, ensure_ascii=False, sort_keys=True, indent=2) + "\n"
        atomic.write_file(folder / MARK, text.without_surrogates(body).encode("utf-8"))
        for item in gone:
            if item["folder"] != name:
                shutil.rmtree(folder / item["folder"], ignore_errors=True)
    except OSError as e:
        raise CallError(
            errors.error("out-not-written", str(folder), path=str(folder), detail=e.strerror or str(e))
        ) from e


def _write(month: Month, folder: Path) -> None:
    for name in TABLES:
        table = text.each_text(getattr(month.state, name), text.without_surrogates)
        table.to_parquet(folder / f"{name}.parquet", index=False)
    run = {**month.state.run, "computed": dict(month.computed)}
    towns = {code: _outline(shape) for code, shape in month.shapes.townships.items()}
    shapes = {"townships": towns, "land": [_outline(shape) for shape in month.shapes.land]}
    for name, content in (("run", run), ("shapes", shapes)):
        body = json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n"
        (folder / f"{name}.json").write_bytes(text.without_surrogates(body).encode("utf-8"))


def _outline(shape: shapely.Geometry) -> str:
    simple = shapely.simplify(shape, _SIMPLE_DEG)
    return str(shapely.to_wkt(simple if not simple.is_empty else shape, rounding_precision=5))
