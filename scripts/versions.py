"""Run the tests with the lowest or the newest versions of the libraries that ``pyproject.toml`` admits.

``python scripts/versions.py lowest`` makes ``build/lowest-3.11`` (with the version of the Python that runs it, or of
``--python``), installs the lowest version of each library that is named and has a ready-made wheel for this Python, and runs the normal tests
there. ``newest`` takes the newest ones. What follows ``--`` goes to pytest instead of the normal tests:

    python scripts/versions.py lowest -- tests/test_kernel.py
    python scripts/versions.py newest --python python3.13
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
NORMAL = ["-m", "not long", "-q"]
SOURCE_ONLY = ("circles",)
"""What is built from source; of all else a version without a ready-made wheel is passed over."""


def python_of(home: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def version_of(python: str) -> str:
    """Return a Python's version as ``3.11``."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()


def sources(python: Path) -> list[str]:
    """Return pip's own sources of packages as options of uv, which does not read pip's settings."""
    asked = subprocess.run([python, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    options = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links"}
    found: list[str] = []
    for line in asked.splitlines():
        key, _, value = line.partition("=")
        option = options.get(key.rpartition(".")[2])
        for item in value.strip("'\"").split() if option else []:
            found += [str(option), item]
    return found


def make(home: Path, python: str, resolution: str) -> None:
    """Make the environment and install the project with its tests' libraries into it, editable."""
    if not python_of(home).is_file():
        subprocess.run([python, "-m", "venv", home], check=True)
    own = python_of(home)
    subprocess.run([own, "-m", "pip", "install", "--quiet", "uv"], check=True)
    sourced = [word for name in SOURCE_ONLY for word in ("--no-binary", name)]
    install = [own, "-m", "uv", "pip", "install", "--python", own, "--resolution", resolution, "--upgrade"]
    subprocess.run(
        [*install, "--only-binary", ":all:", *sourced, *sources(own), "--editable", f"{ROOT}[test]"], check=True
    )


def main(arguments: list[str]) -> int:
    """Make the environment, show what is in it, and return the exit code of the tests."""
    parser = argparse.ArgumentParser(description="Run the tests with the lowest or the newest libraries.")
    parser.add_argument("which", choices=sorted(RESOLUTIONS))
    parser.add_argument("--python", default=sys.executable, help="the Python to run with")
    parser.add_argument("--keep", action="store_true", help="take the environment as it stands; install nothing")
    parser.add_argument("tests", nargs="*", help="arguments of pytest, after --")
    wanted = parser.parse_args(arguments)
    home = ROOT / "build" / f"{wanted.which}-{version_of(wanted.python)}"
    if not wanted.keep:
        make(home, wanted.python, RESOLUTIONS[wanted.which])
    own = python_of(home)
    subprocess.run([own, "-m", "uv", "pip", "list", "--python", own], check=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [own, "-m", "pytest", *(wanted.tests or NORMAL)], check=False, cwd=ROOT, env=environment
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
