"""A whole run against an older checkout's, row by row and in turns: what got cheaper, by how much, and what is aimed at.

    python benchmarks/rows.py --before ../older [--rounds 5] [--nodes 300000 1000000] [--osm malta.osm.pbf] [--only check help]

``--before`` is a checkout of the code to compare with; both run with the interpreter that runs this, each with its own
compiled loops, which one round that is not counted makes. Every command is a process of its own, from its start to its end:
wall seconds, processor seconds of it and of the readers it starts, and the peak memory of the largest. (A command smaller
than this script's own 130 MB shows those: it begins as a copy of it.) Rounds of both
codes take turns, so that other work on the machine meets them alike. ``one isochrone`` asks each checkout's own
``service_areas.py``. Sizes are of the files of the generated counties' last round. What is not compared in turns has its own
script: the page in Chromium ``map.py``, the batch ``batch.py``, what is installed ``installed.py``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import measure  # noqa: E402
import whole  # noqa: E402

WALL, CPU, MB = 0, 1, 2
UNITS = ("wall s", "CPU s", "MB")


@dataclass(frozen=True)
class Row:
    """A command, and what it should come to: ``(which, at most, of the older code's)`` each."""

    name: str
    arguments: tuple[str, ...]
    aims: tuple[tuple[int, float, bool], ...] = ()
    area: str = ""


ROWS = (
    Row("Shengsi", ("run", "--out", "out"), ((WALL, 1.8, False),)),
    Row("check", ("check",), ((CPU, 0.6, True),)),
    Row("help", ("--help",), ((WALL, 0.25, False),)),
    Row("plan status", ("plan", "status", "--as-of", "2024-06-05"), ((CPU, 0.5, True),)),
    Row("Malta raw", ("run", "malta/area.toml", "--out", "out"), ((WALL, 5.0, False),)),
    Row("300000", ("run", "300000/area.toml", "--out", "out-300000"), ((CPU, 18.0, False), (MB, 1331.0, False))),
    Row("1000000", ("run", "1000000/area.toml", "--out", "out-1000000"), ((CPU, 60.0, False), (MB, 3584.0, False))),
)
FILES_MB = (("circles.gpkg", 60.0), ("gaps.geojson", 18.0), ("gaps_any.geojson", 18.0), ("index.html", 8.0))


def lay_out(code: Path, folder: Path, osm: Path, nodes: list[int]) -> None:
    """Put what the rows read into a folder: Malta's extract with the checkout's own area file, generated counties."""
    from circles import testing

    if osm.is_file():
        (folder / "malta").mkdir()
        shutil.copy(osm, folder / "malta" / "malta.osm.pbf")
        shutil.copy(code / "data" / "gis" / "malta" / "area.toml", folder / "malta")
    for count in nodes:
        county = folder / str(count)
        county.mkdir()
        side = round((count / 2) ** 0.5) - 1
        testing.write_county(
            county, name="县", side=side, seed=2, residents=count // 4, facilities=count // 150
        )  # two islands


def once(code: Path, row: Row, folder: Path) -> tuple[float, float, float]:
    """Run a row's command with a checkout's code."""
    return whole.side_by_side([whole.command(*row.arguments)], cwd=folder, PYTHONPATH=str(code))


def with_ledger(code: Path, folder: Path) -> None:
    """Begin a ledger as a bureau does: forms of one month, imported, whatever is wrong in them."""
    for line in (("plan", "template", "--month", "2024-05", "--out", "forms"), ("plan", "import", "forms")):
        names = [str(file.relative_to(folder)) for file in sorted((folder / "forms").glob("*.xlsx"))]
        arguments = [*line[:-1], *names] if line[-1] == "forms" and names else line
        subprocess.run(whole.command(*arguments), cwd=folder, env=os.environ | {"PYTHONPATH": str(code)},
                       capture_output=True, check=False)  # fmt: skip


def isochrone_ms(code: Path, osm: Path) -> float:
    """Return the milliseconds of one area by a checkout's own benchmark."""
    shown = subprocess.run([sys.executable, str(code / "benchmarks" / "service_areas.py"), str(osm)],
                           env=os.environ | {"PYTHONPATH": str(code)}, capture_output=True, text=True, check=False)  # fmt: skip
    line = next((line for line in shown.stdout.splitlines() if line.startswith("| circles |")), "| circles | nan |")
    return float(line.split("|")[2].strip(" *").split()[0])


def verdicts(row: Row, before: list[float], now: list[float]) -> str:
    """Return what a row aims at and whether it is met, in words."""
    said = []
    for which, most, is_ratio in row.aims:
        value = now[which] / before[which] if is_ratio else now[which]
        unit = "× of " + UNITS[which] if is_ratio else " " + UNITS[which]
        said.append(f"≤ {most:g}{unit}: {value:.3g}, {'met' if value <= most else 'missed'}")
    return "; ".join(said)


def compare(codes: dict[str, Path], folders: dict[str, Path], wanted: list[Row], rounds: int) -> None:
    """Print each row's medians in both codes, as soon as it is known."""
    print("\n**Whole commands, older code and today's in turns**\n")
    print(
        "| | before: wall s | CPU s | MB | now: wall s | CPU s | MB | CPU now ÷ before | aim |\n|---|"
        + "---:|" * 7
        + "---|"
    )
    for row in wanted:
        many = 1 if row.name == "1000000" else rounds  # minutes each: what is compiled was compiled for the row before
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in codes}
        for turn in range(many + (many > 1)):
            for name, code in codes.items():
                spent = once(code, row, folders[name])
                if turn or many == 1:
                    found[name].append(spent)
        before, now = ([median(column) for column in zip(*found[name], strict=True)] for name in codes)
        cells = " | ".join(f"{part[0]:.2f} | {part[1]:.2f} | {part[2]:.0f}" for part in (before, now))
        print(f"| {row.name} | {cells} | {now[1] / before[1]:.2f} | {verdicts(row, before, now)} |", flush=True)


def sizes(folders: dict[str, Path]) -> None:
    """Print how large the files of the generated counties are."""
    print("\n**Files, MB**\n\n| county | file | before | now | aim |\n|---|---|---:|---:|---|")
    for place in sorted(folders["now"].glob("out-*")):
        for name, most in FILES_MB:
            both = [folders[code] / place.name / name for code in ("before", "now")]
            old, new = (file.stat().st_size / 1e6 if file.is_file() else float("nan") for file in both)
            aim = f"≤ {most:g}: {'met' if new <= most else 'missed'}" if place.name == "out-300000" else ""
            print(f"| {place.name.removeprefix('out-')} | {name} | {old:.1f} | {new:.1f} | {aim} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout of the older code")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nodes", type=int, nargs="*", default=[300_000], choices=[300_000, 1_000_000])
    parser.add_argument("--osm", type=Path, default=measure.MALTA)
    parser.add_argument("--only", nargs="*", default=[], help="names of rows: " + ", ".join(row.name for row in ROWS))
    args = parser.parse_args()
    codes = {"before": args.before.resolve(), "now": ROOT}
    known = {str(count) for count in args.nodes} | ({"Malta raw"} if args.osm.is_file() else set())
    fixed = {"Shengsi", "check", "help", "plan status"}
    wanted = [row for row in ROWS if row.name in known | fixed and (not args.only or row.name in args.only)]
    nodes = [count for count in args.nodes if any(row.name == str(count) for row in wanted)]
    with tempfile.TemporaryDirectory(prefix="circles-rows-") as name:
        folders = {code: Path(name) / code for code in codes}
        for code, folder in folders.items():
            folder.mkdir()
            lay_out(codes[code], folder, args.osm, nodes)
            with_ledger(codes[code], folder)
        compare(codes, folders, wanted, args.rounds)
        sizes(folders)
    if args.osm.is_file() and (not args.only or "isochrone" in args.only):
        old, new = (isochrone_ms(code, args.osm.resolve()) for code in codes.values())
        print(f"\none isochrone, ms: {old:.2f} before, {new:.2f} now; aim ≤ 0.6: {'met' if new <= 0.6 else 'missed'}")


if __name__ == "__main__":
    main()
