"""Which tests belong to which room, and the script that checks one room."""

from __future__ import annotations

import runpy
import tomllib

import pytest


@pytest.fixture(scope="module")
def rooms(repository):
    return tomllib.loads((repository / "tests/rooms.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def quick(repository):
    return runpy.run_path(str(repository / "scripts/quick.py"))


def test_every_test_has_one_room(repository, rooms):
    """Each file of tests stands in `tests/rooms.toml` exactly once, and what stands there exists."""
    listed = [name for room in rooms.values() for names in room.values() for name in names]
    files = sorted(file.stem for file in (repository / "tests").glob("test_*.py"))
    assert sorted(listed) == files, f"put these into one room of tests/rooms.toml: {sorted(set(files) ^ set(listed))}"


def test_every_room_has_tests(repository, rooms, quick):
    """Every folder and module at the top of the package has quick tests of its own, and every room its code."""
    tops = {
        item.stem
        for item in (repository / "circles").iterdir()
        if item.suffix == ".py" or (item / "__init__.py").is_file()
    }
    assert set(rooms) == tops - {"__init__", "__main__"} | {quick["HOUSE"]}
    assert all(set(room) <= {"quick", "slow"} and room["quick"] for room in rooms.values())
    assert all((repository / source).exists() for room in rooms for source in quick["source_of"](room))


def test_a_room_is_checked_by_style_types_layers_and_its_tests(rooms, quick):
    """The commands name the room's own code and tests, and nothing of other rooms."""
    steps = quick["steps"]("network", quick["tests_of"](rooms["network"], also_slow=False))
    assert list(steps) == ["style", "format", "types", "layers", "tests"]
    assert all("circles/network" in steps[name] for name in ("style", "format", "types"))
    assert "tests/test_kernel.py" in steps["tests"]
    assert "tests/test_uncompiled.py" not in steps["tests"]
    assert "tests/test_uncompiled.py" in quick["tests_of"](rooms["network"], also_slow=True)
