"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="session", autouse=True)
def compiled_modules_are_kept() -> None:
    """Processes that tests start load the package as compiled once, whatever the shell says; else each compiles 300 modules."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session", autouse=True)
def one_reading_process() -> Iterator[None]:
    """One process takes all files of all tests apart; each test would otherwise wait for its own to start."""
    from circles.inputs.guards.child import reading

    with reading():
        yield
