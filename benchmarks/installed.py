"""What an installation holds, library by library: ``python benchmarks/installed.py [EXTRA …]``.

Without an extra: what a user of ``pip install circles`` gets. The files of each distribution are counted as they lie on the
disk, compiled Python left out, since it is made later; what is only needed by an extra is listed where that extra is named.
"""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement


def needed(extras: tuple[str, ...]) -> dict[str, metadata.Distribution]:
    """Return every distribution that ``circles`` with these extras pulls in, by name."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [("circles", extras)]
    asked = set()
    while waiting:
        name, own = waiting.pop()
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            print(f"{name}: not installed", file=sys.stderr)
            continue
        found[distribution.metadata["Name"]] = distribution
        for text in distribution.requires or ():
            wanted = Requirement(text)
            holds = any(wanted.marker is None or wanted.marker.evaluate({"extra": extra}) for extra in ("", *own))
            key = (wanted.name.lower(), tuple(sorted(wanted.extras)))
            if holds and key not in asked:
                asked.add(key)
                waiting.append((wanted.name, tuple(wanted.extras)))
    return found


def megabytes(distribution: metadata.Distribution) -> float:
    """Return the size of a distribution's files."""
    files = [Path(str(file.locate())) for file in distribution.files or () if file.suffix != ".pyc"]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main() -> None:
    """Print one table."""
    extras = tuple(sys.argv[1:])
    size = {name: megabytes(distribution) for name, distribution in needed(extras).items()}
    print("| library | MB |\n|---|---:|")
    for name in sorted(size, key=size.__getitem__, reverse=True)[:25]:
        print(f"| {name} | {size[name]:.1f} |")
    print(f"| all {len(size)} | {sum(size.values()):.0f} |")


if __name__ == "__main__":
    main()
