"""A table of factors → one factor per resident: by village, else by township, else ``ALL``; nothing is assumed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circles.area import Area, PlacesFile
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import ALL
from circles.foundation.types import F64
from circles.inputs.readers.columns import code_column, require_columns
from circles.inputs.readers.coordinates import numeric
from circles.inputs.readers.people import WHOLE_COUNTY
from circles.inputs.readers.sheets import read_sheet


def factors_of(area: Area, given: str | PlacesFile, residents: pd.DataFrame, population: str) -> F64:
    """Return the factor of each resident.

    Parameters
    ----------
    area : gives the folder and the column names
    given : the table: ``village_code`` or ``township_code`` (``ALL``: everybody else), ``factor``
    residents : ``village_code, township_code``
    population : id, for findings

    Raises
    ------
    InputError
        A factor that is none or negative, a code twice, a code nobody lives in, residents without a factor.
    """
    entry = PlacesFile(file=given) if isinstance(given, str) else given
    sheet = read_sheet(area.path(entry.file), entry, "factors")
    errs: list[Finding] = []
    require_columns(sheet, ["factor"], errs)
    villages, townships = code_column(sheet, "village_code", errs), code_column(sheet, "township_code", errs)
    ids = [village or township for village, township in zip(villages, townships, strict=True)]
    values = numeric(sheet, "factor", ids, errs, is_positive=True)
    own = (set(residents["village_code"].astype(str)), set(residents["township_code"].astype(str)))
    known: dict[str, float] = {}
    for row, village, township, value in zip(sheet.rows.tolist(), villages, townships, values.tolist(), strict=True):
        code = village or (ALL if township.casefold() in WHOLE_COUNTY else township)
        if not code or np.isnan(value):
            errs.append(
                errors.error("value-missing", sheet.file, row, code, column="factor" if code else "village_code")
            )
        elif code in known:
            errs.append(errors.error("factor-twice", sheet.file, row, code, value=code))
        elif code != ALL and code not in own[0] | own[1]:
            errs.append(errors.error("factor-unknown", sheet.file, row, code, value=code))
        known[code] = value
    if errs:
        raise InputError(errs)
    found = residents["village_code"].astype(str).map(known)
    found = found.fillna(residents["township_code"].astype(str).map(known)).fillna(known.get(ALL, np.nan))
    lacking = sorted(set(residents.loc[found.isna(), "village_code"].astype(str)))
    if lacking:
        sample = tuple(lacking[:5])
        raise InputError(errors.error("factor-missing", sheet.file, id=population, count=len(lacking), sample=sample))
    return np.asarray(found, dtype=np.float64)
