"""Run two checkouts of this project on the same areas and compare what they leave, byte for byte.

``python scripts/compare_checkouts.py OLD NEW [AREA.toml …]``: each checkout's own ``.venv`` is used where there is one.
Of ``run.json`` the seconds are left out; of everything else each byte counts. Without areas: the embedded Shengsi.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

UNSTABLE = ("seconds",)
"""Keys of ``run.json`` that differ between two runs of one program."""


def main(old: Path, new: Path, areas: list[str]) -> int:
    """Compare; return 1 where anything differs."""
    differs = 0
    for area in areas or [""]:
        with tempfile.TemporaryDirectory() as folder:
            outs = [_run(checkout, area, Path(folder) / name) for name, checkout in (("old", old), ("new", new))]
            found = differences(*outs)
        print(f"{area or 'shengsi'}: {'the same' if not found else ', '.join(found)}")
        differs |= bool(found)
    return differs


def _run(checkout: Path, area: str, out: Path) -> Path:
    own = checkout / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    python = str(own) if own.exists() else sys.executable
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [python, "-m", "circles", "run", *([area] if area else []), "--out", str(out)]
    subprocess.run(command, check=True, cwd=checkout, env=environment, capture_output=True)
    return out


def differences(one: Path, other: Path) -> list[str]:
    """Return the names of files that only one folder has, or that differ."""
    names = {
        file.relative_to(folder).as_posix() for folder in (one, other) for file in folder.rglob("*") if file.is_file()
    }
    return [name for name in sorted(names) if _content(one / name) != _content(other / name)]


def _content(file: Path) -> bytes | None:
    if not file.is_file():
        return None
    if file.name != "run.json":
        return file.read_bytes()
    run = json.loads(file.read_text(encoding="utf-8"))
    return json.dumps({key: value for key, value in run.items() if key not in UNSTABLE}, sort_keys=True).encode()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:]))
