"""Check one room in under a minute: its style, its types, the layers, and its quick tests.

``python scripts/quick.py network`` (or ``make quick ROOM=network``); without a room, the rooms are listed. Which test
belongs to which room stands in ``tests/rooms.toml``. ``--all`` also runs the room's slower tests.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ROOT / "tests" / "rooms.toml"
HOUSE = "house"
"""The room of what holds for the whole repository: it has tests and no folder of its own."""


def tests_of(room: dict[str, list[str]], *, also_slow: bool) -> list[str]:
    """Return the paths of a room's tests, relative to the repository."""
    names = room["quick"] + (room.get("slow", []) if also_slow else [])
    return [f"tests/{name}.py" for name in names]


def source_of(room: str) -> list[str]:
    """Return the paths of a room's code, relative to the repository."""
    if room == HOUSE:
        return ["scripts"]
    return [f"circles/{room}"] if (ROOT / "circles" / room).is_dir() else [f"circles/{room}.py"]


def steps(room: str, tests: list[str]) -> dict[str, list[str]]:
    """Return the commands that check a room, by name."""
    source = source_of(room)
    run = [sys.executable, "-m"]
    types = [*run, "mypy", "--no-error-summary", *(["-p", "circles"] if room == HOUSE else source)]
    return {
        "style": [*run, "ruff", "check", "--quiet", *source, *tests],
        "format": [*run, "ruff", "format", "--quiet", "--check", *source, *tests],
        "types": types,
        "layers": [str(Path(sys.executable).parent / "lint-imports")],
        "tests": [*run, "pytest", "-q", "-x", "-m", "not long", *tests],
    }


def main(arguments: list[str]) -> int:
    """Run all steps side by side, show what each says, and return 0 if all are well."""
    rooms: dict[str, dict[str, list[str]]] = tomllib.loads(ROOMS.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description="Check one room in under a minute.")
    parser.add_argument("room", choices=sorted(rooms), help="a folder of circles/, or house for the whole repository")
    parser.add_argument("--all", action="store_true", help="also the room's slower tests")
    wanted = parser.parse_args(arguments)
    tests = tests_of(rooms[wanted.room], also_slow=wanted.all)
    begun = time.monotonic()
    # all at once: types and layers are done while the tests run
    working = {
        name: subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
        )
        for name, command in steps(wanted.room, tests).items()
    }
    failed = []
    for name, process in working.items():
        said, _ = process.communicate()
        if process.returncode:
            failed.append(name)
        if process.returncode or name == "tests":
            print(said.rstrip())
    print(
        f"{wanted.room}: {', '.join(failed) or 'all'} {'failed' if failed else 'well'}, {time.monotonic() - begun:.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
