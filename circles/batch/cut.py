"""One large extract → one small area per region (placeholder while the list mode is built)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from circles.batch.regions import ExtractPlan, Region


def cut(plan: ExtractPlan, folder: Path, *, tell: Callable[[str], None]) -> tuple[Region, ...]:
    """Cut."""
    raise NotImplementedError
