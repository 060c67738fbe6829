"""The user's own list of candidates, and what building at each costs: tables as bureaus keep them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.loading import Inputs
from circles.inputs.readers.columns import code_column, duplicate_ids, id_column, raised, require_columns
from circles.inputs.readers.coordinates import locate
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import Sheet, read_sheet
from circles.siting.candidates.table import Candidates, located

__all__ = ["price_list", "read_candidates"]


def read_candidates(inputs: Inputs, file: Path) -> Candidates:
    """Read candidates from a table: ``id, lon, lat`` (or ``x, y``) and optional ``name, crs, township_code, cost, capacity``.

    Any format of the area's other tables will do.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    sheet = _sheet(file)
    errs: list[Finding] = []
    require_columns(sheet, ["id"], errs)
    ids = id_column(sheet, errs)
    lon, lat, bad = locate(sheet, ids, crs=None, area_crs=inputs.area.crs)
    errs += bad
    table = pd.DataFrame(
        {
            "id": ids,
            "name": [text.strip() for text in sheet.column("name")],
            "kind": "own",
            "township_code": code_column(sheet, "township_code", errs),
            "cost": numeric(sheet, "cost", ids, errs, is_positive=True),
            "capacity": numeric(sheet, "capacity", ids, errs, is_positive=True),
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )
    errs += duplicate_ids([table])
    reported = raised(errs)
    found = located(inputs, table, (*sheet.findings, *reported))
    lost = np.flatnonzero(found.island < 0)
    notes = [
        errors.warning("candidate-at-sea", sheet.file, int(sheet.rows[at]), ids[at], within=inputs.area.walk.snap_max_m)
        for at in lost.tolist()
    ]
    return Candidates(found.table, found.xy, found.island, (*found.findings, *notes))


def price_list(file: Path) -> dict[str, float]:
    """Read what building at each candidate costs: ``id, cost``, in any currency.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    sheet = _sheet(file)
    errs: list[Finding] = []
    require_columns(sheet, ["id", "cost"], errs)
    ids = id_column(sheet, errs)
    cost = numeric(sheet, "cost", ids, errs, is_positive=True)
    errs += [
        errors.error("value-missing", sheet.file, int(row), id_, column="cost")
        for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column("cost"), strict=True)
        if "cost" in sheet.columns and not text
    ]
    errs += duplicate_ids([pd.DataFrame({"id": ids, "file": sheet.file, "row": sheet.rows})])
    raised(errs)
    return dict(zip(ids, cost.tolist(), strict=True))


def _sheet(file: Path) -> Sheet:
    if not file.is_file():
        raise InputError(errors.error("candidates-missing", str(file), path=str(file)))
    return read_sheet(file, file.name, "candidates")
