"""Odd and damaged OpenStreetMap files, each by itself: the right townships, services and streets, or a finding that says why not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import odd_osm
import pytest

from circles.foundation.errors import InputError
from circles.inputs.guards.child import Child
from circles.inputs.osm import child as osm_child
from circles.inputs.osm.extract import Extract, read_extract

WANTED = {
    "crs": "EPSG:32633",
    "tags_by_category": {"clinic": {"amenity": ["clinic"]}},
    "admin_level": 8,
    "want_land": True,
}


def tiers(names: Iterable[str]) -> list[Any]:
    """Return one file of six for the normal tier, the others for the long one: all together take some 15 s."""
    return [name if at % 6 == 0 else pytest.param(name, marks=pytest.mark.long) for at, name in enumerate(names)]


class _Shared:
    """A reading process that outlives its block: one for all files of this module."""

    def __init__(self, folder: Path) -> None:
        self.child = Child(folder)

    def __call__(self, folder: Path) -> _Shared:
        del folder
        return self

    def ask(self, *arguments, **options):
        return self.child.ask(*arguments, **options)

    def close(self) -> None:
        """Stay for the next file."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    """Where all files of this module are written and read, by one process."""
    place = tmp_path_factory.mktemp("odd")
    shared = _Shared(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(place))
        patch.setattr(osm_child, "Child", shared)
        yield place
    shared.child.close()


def read(folder: Path, content: bytes) -> tuple[Extract | None, set[str]]:
    """Return what a file holds, None where it is refused, and the codes of its findings, each a sentence in both languages."""
    file = folder / "odd.osm"
    file.write_bytes(content)
    try:
        extract = read_extract(file, **WANTED)
    except InputError as e:
        extract, findings = None, e.findings
    else:
        findings = extract.findings
    assert all(item.line(language) for item in findings for language in ("zh", "en"))
    return extract, {item.code for item in findings} - {"osm-no-coastline", "osm-no-townships"}


def squares(extract: Extract) -> list[float]:
    """Areas of the townships in squares of a thousandth of a degree."""
    towns = extract.townships
    return [] if towns is None else sorted(float(shape.area) * 1e6 for shape in towns.geometry)


def metres(extract: Extract) -> float:
    """Length of all footways."""
    streets = extract.streets
    assert streets is not None
    line = np.repeat(np.arange(len(streets.lines)), np.diff(streets.offsets))
    steps = np.hypot(*np.diff(streets.xy, axis=0).T)
    return float(steps[line[1:] == line[:-1]].sum())


def usual(extract: Extract, *, length_m: float = 90.18, clinics: int = 1) -> None:
    """The footway and the clinic that every file holds are there, whatever is odd about it."""
    assert metres(extract) == pytest.approx(length_m, rel=2e-3)
    assert extract.facilities is not None
    assert len(extract.facilities) == clinics


@pytest.mark.parametrize("name", tiers(odd_osm.RINGS))
def test_a_boundary_has_its_area_or_a_word_why_not(name: str, folder: Path) -> None:
    """A boundary with odd rings has the area that its lines enclose; what cannot be closed is told, and nothing else is lost."""
    rings, areas, told = odd_osm.RINGS[name]
    extract, codes = read(folder, odd_osm.osm(*rings.parts()).encode())
    assert extract is not None
    assert squares(extract) == pytest.approx(list(areas), abs=1e-6)
    assert bool(codes & told) == bool(told), codes
    usual(extract)


@pytest.mark.parametrize("name", tiers(odd_osm.PIECES))
def test_odd_nodes_and_ways_leave_the_rest_as_it_is(name: str, folder: Path) -> None:
    """A file with an odd node, way or relation is refused as damaged, or holds its footway and clinic and tells what is odd."""
    parts, length_m, clinics, told = odd_osm.PIECES[name]
    extract, codes = read(folder, odd_osm.osm(usual=parts).encode())
    assert bool(codes & told) == bool(told), codes
    if extract is None:
        assert codes & odd_osm.DAMAGED & told
    else:
        usual(extract, length_m=length_m, clinics=clinics)


@pytest.mark.parametrize("name", tiers(odd_osm.FILES))
def test_odd_files_are_read_whole_or_refused(name: str, folder: Path) -> None:
    """A file that is packed, encoded or damaged oddly gives its footway and clinic, or is refused with what is wrong."""
    content, refusals = odd_osm.FILES[name]
    extract, codes = read(folder, content)
    if extract is None:
        assert codes & refusals, codes
    else:
        usual(extract)
