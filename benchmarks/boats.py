"""Shengsi's boats after loading: the walks to the piers, one day of every journey, and every day of a year.

    python benchmarks/boats.py [--area data/gis/shengsi/area.toml] [--year 2024] [--repeat 5]

The aims are 1 s for a day and 60 s for a year. Days of one pattern of services are worked out once, as a run does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import circles
from circles.analysis.access import walks_of
from circles.analysis.boats import Sailing, by_boat
from circles.inputs.loading import load

LEAVE_S = (6.0 * 3600, 9.0 * 3600)


def timed(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Return the medians of wall clock and of processor seconds."""
    wall, cpu = [], []
    for _ in range(repeat):
        at, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - at)
        cpu.append(time.process_time() - used)
    return statistics.median(wall), statistics.median(cpu)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--area", type=Path, default=Path("data/gis/shengsi/area.toml"))
    parser.add_argument("--year", type=int, default=2024)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    inputs = load(circles.load_area(arguments.area))
    if inputs.timetable is None or not inputs.area.journeys:
        raise SystemExit(f"{arguments.area} has no boats or no journeys")
    walks, timetable, journeys = walks_of(inputs), inputs.timetable, inputs.area.journeys

    def anew() -> list[Sailing]:
        return [Sailing(walks, timetable, journey) for journey in journeys]

    ways = timed(lambda: [sailing.ways for sailing in anew()], arguments.repeat)
    walked = [(sailing.journey, sailing.ways) for sailing in anew()]

    def again() -> list[Sailing]:
        return [Sailing(walks, timetable, journey, _ways=own) for journey, own in walked]

    first = dt.date(arguments.year, 1, 1)
    day = timed(lambda: [sailing.trip(first, LEAVE_S[0]) for sailing in again()], arguments.repeat)
    year = timed(lambda: [one.share_of_days(arguments.year, at) for one in again() for at in LEAVE_S], arguments.repeat)
    table = timed(lambda: by_boat(again()), arguments.repeat)
    for name, (wall, cpu) in {
        "walks to and from piers, once": ways,
        f"one day, {len(journeys)} journeys, all residents (aim 1 s)": day,
        f"all days of {arguments.year}, {len(LEAVE_S)} leaving times (aim 60 s)": year,
        "the table by_boat, year's share included": table,
    }.items():
        print(f"{name:60s} {wall:7.3f} s wall {cpu:7.3f} s CPU")


if __name__ == "__main__":
    main()
