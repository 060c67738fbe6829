"""The Python that a maker hands to an offline bundle: unpacked with care, known by its own files, never run."""

from __future__ import annotations

import re
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ELF = {62: "linux_x86_64", 183: "linux_aarch64"}
PE = {0x8664: "win_amd64"}
LIBRARIES = "../app"
"""Where the bundle's libraries are installed, seen from the interpreter's folder."""


class NotUsable(Exception):
    """What was handed cannot be embedded; says why."""


@dataclass(frozen=True)
class Interpreter:
    """An unpacked Python: its folder, and its version as ``3.12``."""

    folder: Path
    version: str


def unpacked(archive: Path, folder: Path, platform: str) -> Interpreter:
    """Unpack a Windows embeddable zip or a relocatable tar, make it look for our libraries, and return it.

    Parameters
    ----------
    archive : the file that the maker hands
    folder : an empty place to unpack into
    platform : what the bundle is for; the interpreter must be for the same

    Raises
    ------
    NotUsable
        The file is no archive, has no Python, climbs out of its folder, or is for another platform.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as book:
                book.extractall(folder)  # noqa: S202 - it drops drives, roots and `..` by itself
        else:
            with tarfile.open(archive) as book:
                book.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, zipfile.BadZipFile, ValueError) as e:
        raise NotUsable(f"{archive}: no archive of a Python: {e}") from e
    runs = sorted(
        (file for file in folder.rglob("python*") if re.fullmatch(r"python\.exe|python3\.\d+", file.name) and file.is_file()),
        key=lambda file: (len(file.parts), file.name),
    )  # fmt: skip
    if not runs:
        raise NotUsable(f"{archive}: no python.exe and no bin/python3.N in it")
    made_for = _platform(runs[0])
    if made_for != platform:
        raise NotUsable(f"{archive}: its Python is for {made_for or 'another system'}, not for {platform}")
    return _windows(archive, runs[0].parent) if platform.startswith("win") else _linux(archive, runs[0])


def _platform(program: Path) -> str:
    """Return what a program runs on, by its header."""
    head = program.read_bytes()[:4096]
    if head[:5] == b"\x7fELF\x02":
        return ELF.get(struct.unpack_from("<H", head, 18)[0], "")
    if head[:2] == b"MZ" and len(head) >= 64:
        at = struct.unpack_from("<I", head, 60)[0]
        if head[at : at + 4] == b"PE\0\0":
            return PE.get(struct.unpack_from("<H", head, at + 4)[0], "")
    return ""


def _windows(archive: Path, home: Path) -> Interpreter:
    """Add our folder to the list of paths that an embeddable Python reads instead of its environment."""
    lists = list(home.glob("python3*._pth"))
    dlls = [found[1] for file in home.glob("python3*.dll") if (found := re.fullmatch(r"python3(\d+)\.dll", file.name))]
    if len(dlls) != 1:
        raise NotUsable(f"{archive}: its version cannot be seen (no python3NN.dll)")
    for paths in lists:
        kept = [line for line in paths.read_text(encoding="utf-8").splitlines() if line.strip() and line[0] != "#"]
        paths.write_bytes("\r\n".join([*kept, LIBRARIES.replace("/", "\\"), ""]).encode())
    return Interpreter(home, f"3.{dlls[0]}")


def _linux(archive: Path, program: Path) -> Interpreter:
    if program.parent.name != "bin" or not list(program.parent.parent.glob(f"lib/{program.name}/os.py")):
        raise NotUsable(f"{archive}: no lib/{program.name} beside bin/{program.name}")
    return Interpreter(program.parent.parent, program.name.removeprefix("python"))
