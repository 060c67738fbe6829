"""What a table is: named columns, each with a type, a unit and a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column: its name, dtype, unit (empty = none) and meaning."""

    name: str
    dtype: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table: its name, columns in order, and one sentence."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Return the column names in order."""
        return [column.name for column in self.columns]

    def frame(self, rows: Sequence[Any]) -> pd.DataFrame:
        """Return these rows, tuples in the order of the columns or mappings, as a table with these columns and dtypes."""
        frame = pd.DataFrame(list(rows), columns=self.names)
        return frame.astype({column.name: column.dtype for column in self.columns})

    def empty(self) -> pd.DataFrame:
        """Return a table of no rows with these columns and dtypes (geometry as object)."""
        return pd.DataFrame(
            {c.name: pd.Series(dtype="object" if c.dtype == "geometry" else c.dtype) for c in self.columns}
        )


def table(name: str, meaning: str, *rows: tuple[str, str, str, str]) -> Table:
    """Return a table of these columns: name, dtype, unit, meaning."""
    return Table(name, meaning, tuple(Column(*row) for row in rows))
