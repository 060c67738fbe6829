"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_ledgers import book, location, postgres  # noqa: F401 - fixtures of the ledger's tests

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real data kept beside the checkout and never committed: OSM extracts, siting instances, the plan's text."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "osm" / "malta.osm.pbf").is_file():
        pytest.skip("the folder ../shared with real OSM extracts and published optima is not on this machine")
    return folder
