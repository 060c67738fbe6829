"""10,000 places × 168 hours: opening hours in 1,000 different texts, read and evaluated for a week.

    python benchmarks/hours.py [--places 10000] [--texts 1000] [--repeat 5]

The aim is 2 s for all. Texts that occur again are read once, as a run does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time

import numpy as np

from circles.inputs.hours import Openings, calendar_of, openings, read_hours

MONDAY = dt.datetime(2024, 5, 13)  # noqa: DTZ001 - the clock of the place


def evaluate(places: int, texts: list[str]) -> int:
    """Count the open hours of a week over all places."""
    moments = np.arange(168) * 3600.0
    calendar = calendar_of("Asia/Shanghai")
    known: dict[str, Openings] = {}
    total = 0
    for number in range(places):
        text = texts[number % len(texts)]
        if text not in known:
            hours = read_hours(text)
            if hours is None:
                raise SystemExit(f"not read: {text}")
            known[text] = openings(hours, MONDAY, MONDAY + dt.timedelta(days=7), calendar=calendar)
        total += int((known[text].at(moments) == 2).sum())
    return total


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--places", type=int, default=10_000)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    texts = [
        f"周一至周五{7 + k % 3}:{k % 60:02d}-12:00，13:{k % 60:02d}-{16 + k // 60 % 4}:30；法定节假日休息"
        for k in range(arguments.texts)
    ]
    walls, total = [], 0
    for _ in range(arguments.repeat):
        start = time.perf_counter()
        total = evaluate(arguments.places, texts)
        walls.append(time.perf_counter() - start)
    print(f"{arguments.places} places x 168 hours: {statistics.median(walls):.2f} s, {total} open hours")


if __name__ == "__main__":
    main()
