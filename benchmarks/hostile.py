"""What each file made to harm costs: exit code, seconds of processor, peak memory of the program and of its reading process.

    python benchmarks/hostile.py [--kind "cell references"] [--cases FOLDER] [--most-s 5] [--most-mb 500]

Each variation of each kind (see `hostile_files.py`) goes through the command line as a process of its own. `--cases` adds every
file and every area below a folder, as they are. The last lines name what is not exit 2 (or 0 where nothing is wrong), took more
than may be, says too much, brings a control character to the terminal or changed a file. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from hostile_files import KINDS

MOST_LINES = 60


@dataclass(frozen=True)
class Outcome:
    """What one command did."""

    exit_code: int
    cpu_s: float
    parent_mb: float
    child_mb: float
    is_unchanged: bool
    text: str


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def _peaks(pid: int, found: dict[int, float], is_over: threading.Event) -> None:
    """Watch the process and its children until told: highest resident memory of each, in MB."""
    while not is_over.wait(0.01):
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return
        for number in (pid, *map(int, children)):
            try:
                status = Path(f"/proc/{number}/status").read_text()
            except OSError:
                continue
            line = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
            if line is not None:
                found[number] = max(found.get(number, 0.0), int(line.split()[1]) / 1000)


def run(arguments: list[str], folder: Path, most_s: float) -> Outcome:
    """Run the command line in a folder."""
    before = digests(folder)
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "circles", *arguments], cwd=folder, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        found: dict[int, float] = {}
        is_over = threading.Event()
        watch = threading.Thread(target=_peaks, args=(process.pid, found, is_over))
        watch.start()
        clock = threading.Timer(60 * most_s, process.kill)
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        clock.cancel()
        is_over.set()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read(200_000).decode("utf-8", "replace")
    others = [peak for number, peak in found.items() if number != process.pid]
    seconds = usage.ru_utime + usage.ru_stime
    return Outcome(
        process.returncode,
        seconds,
        found.get(process.pid, 0.0),
        max(others, default=0.0),
        digests(folder) == before,
        text,
    )


def faults(outcome: Outcome, most_s: float, most_mb: float) -> list[str]:
    """Name what is wrong with an outcome."""
    controls = {
        hex(ord(c))
        for c in outcome.text
        if c not in "\n\t" and (ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2066\u2028\u2029")
    }
    return [
        *([f"exit {outcome.exit_code}"] if outcome.exit_code not in (0, 2) else []),
        *([f"{outcome.cpu_s:.1f} s"] if outcome.cpu_s > most_s else []),
        *(
            [f"{max(outcome.parent_mb, outcome.child_mb):.0f} MB"]
            if max(outcome.parent_mb, outcome.child_mb) > most_mb
            else []
        ),
        *(["changed"] if not outcome.is_unchanged else []),
        *(["traceback"] if "Traceback" in outcome.text else []),
        *([f"{outcome.text.count(chr(10))} lines"] if outcome.text.count("\n") > MOST_LINES else []),
        *([f"control {sorted(controls)}"] if controls else []),
    ]


def told(text: str) -> str:
    """Return the first line that says what is wrong."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:90]


def given(cases: Path, scratch: Path) -> list[tuple[str, str, list[str], Path]]:
    """Copy every file and every area below a folder: kind, name, command, folder."""
    found = []
    for file in sorted(
        item for item in cases.rglob("*") if item.is_file() and item.suffix not in (".md", ".sh", ".py", ".heads")
    ):
        folder = scratch / f"given-{len(found)}"
        if file.name != "area.toml" and (file.parent / "area.toml").exists():
            continue
        folder.mkdir()
        beside = file.parent.iterdir() if file.name == "area.toml" else file.parent.glob(f"{file.stem}.*")
        for side in beside:
            if side.is_file():
                (folder / side.name).write_bytes(side.read_bytes())
        command = ["check" if file.name == "area.toml" else "doctor", file.name]
        found.append(("given", str(file.relative_to(cases)), command, folder))
    return found


def main() -> None:
    """Print the table, then what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind")
    parser.add_argument("--name", default="")
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--most-s", type=float, default=5.0)
    parser.add_argument("--most-mb", type=float, default=500.0)
    own = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        todo = given(own.cases, Path(scratch)) if own.cases else []
        for kind, variations in KINDS.items():
            for name, make in variations.items():
                if (own.kind in (None, kind)) and own.name in name and (own.kind or not own.cases):
                    folder = Path(scratch) / f"{len(todo)}"
                    todo.append((kind, name, make, folder))
        for kind, name, make, folder in todo:
            folder.mkdir(exist_ok=True)
            command = make(folder) if callable(make) else make
            started = time.monotonic()
            outcome = run(command, folder, own.most_s)
            bad = faults(outcome, own.most_s, own.most_mb)
            row = f"{kind:24.24} {name:34.34} exit {outcome.exit_code:3d} {outcome.cpu_s:5.1f} s {time.monotonic() - started:5.1f} s {outcome.parent_mb:4.0f} + {outcome.child_mb:4.0f} MB  {told(outcome.text)}"
            print(row, flush=True)
            if bad:
                wrong.append(f"{kind}: {name}: {', '.join(bad)}")
                print("   !!", ", ".join(bad), flush=True)
            for file in folder.rglob("*"):
                if file.is_file():
                    file.unlink()
    print("\n".join(["", f"{len(todo)} files, {len(wrong)} faults", *wrong]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
