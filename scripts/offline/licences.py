"""What the parts of an offline bundle are licensed under: a list, and the texts that came with them."""

from __future__ import annotations

import csv
import io
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

TEXTS = ("licen", "copying", "notice", "authors")
KNOWN = {"XStatic-Leaflet": "BSD-2-Clause"}
"""What packages are licensed under that only point to another."""
COLUMNS = ("component", "version", "licence", "file", "texts")


def write_licences(top: Path, python: str) -> None:
    """Write ``licences.csv`` and the folder ``licences`` for the wheels of a bundle, and for its Python."""
    rows = []
    for wheel in sorted((top / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as book:
            rows.append(_row(book, wheel.name, top / "licences"))
    if (top / "python").is_dir():
        rows.append(_python(top, python))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    (top / "licences.csv").write_bytes(text.getvalue().encode("utf-8-sig"))


def licence_of(about: Message) -> str:
    """Return the licence that a package states: its expression, else its classifiers, else the first line of its words."""
    if said := about.get("License-Expression"):
        return str(said)
    classes = [
        str(line).rpartition("::")[2].strip()
        for line in about.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    if not classes and about["Name"] in KNOWN:
        return KNOWN[about["Name"]]
    known = [name for name in classes if name != "OSI Approved"]
    return "; ".join(known) or str(about.get("License") or "").strip().split("\n")[0]


def _row(book: zipfile.ZipFile, wheel: str, folder: Path) -> tuple[str, ...]:
    names = book.namelist()
    (metadata,) = [name for name in names if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
    about = BytesParser().parsebytes(book.read(metadata))
    own = folder / f"{about['Name']}-{about['Version']}"
    texts = [name for name in names if _is_text(name)]
    for number, name in enumerate(texts, 1):
        own.mkdir(parents=True, exist_ok=True)
        (own / f"{number:02d}-{Path(name).name}").write_bytes(book.read(name))
    return str(about["Name"]), str(about["Version"]), licence_of(about), wheel, str(len(texts))


def _is_text(name: str) -> bool:
    return Path(name).name.lower().startswith(TEXTS) and Path(name).suffix.lower() in (
        "",
        ".txt",
        ".md",
        ".rst",
        ".apache",
        ".bsd",
        ".mit",
        ".psf",
    )


def _python(top: Path, version: str) -> tuple[str, ...]:
    """Return the row of the embedded Python; its own licence text is where it came with it."""
    texts = [file for file in (top / "python").rglob("LICENSE*") if "site-packages" not in file.parts]
    return "Python", version, "PSF-2.0", "python", str(len(texts))
