"""Text on disk → rows of cells: its encoding by its mark, as declared or as it can be read, its separator by its lines."""

from __future__ import annotations

import csv
import io
import re
import statistics
from pathlib import Path

from circles.area import PlacesFile
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LOOKED_AT = 40
"""Number of lines from which the separator is detected."""
_QUOTED = re.compile(r"\"[^\"\n]{0,2000}\"")
_MOST_BAD = 20
"""Bad bytes that are named one by one."""
_CONTEXT = 40


def read_text(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    """Read every cell of a CSV, TSV or semicolon file.

    Raises
    ------
    InputError
        No text in the encoding declared or in any that is known; quotes that are never closed.
    """
    text, found = decode(path.read_bytes(), entry.file, encoding=entry.encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    grid: list[list[str]] = []
    try:
        grid.extend(reader)
    except csv.Error as e:
        raise InputError(errors.error("csv-broken", entry.file, len(grid) + 1, detail=str(e))) from e
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise InputError(errors.error("csv-broken", entry.file, row, detail="NUL"))
    if grid and not text.endswith(("\n", "\r")):
        found.append(errors.info("last-line-open", entry.file, len(grid), value=(grid[-1] or [""])[-1][:40]))
    return grid, found


def separator(text: str) -> str:
    r"""Return what separates cells: the mark that stands in most lines, and most often in each, a comma in doubt.

    A title above a table with tabs does not hide them.

    >>> separator("附件1：名单\nid\tname\nc1\t甲，乙\n")
    '\t'
    """
    lines = [_QUOTED.sub("", line) for line in io.StringIO(text[:200_000]) if line.strip()][:_LOOKED_AT]

    def weight(mark: str) -> tuple[int, float, bool]:
        counts = [line.count(mark) for line in lines if mark in line]
        return len(counts), statistics.median(counts) if counts else 0.0, mark == ","

    return max("\t;,|", key=weight)


def decode(content: bytes, table: str, *, encoding: str | None) -> tuple[str, list[Finding]]:
    """Return the text of a file: by its mark, as declared, else UTF-8, else GB18030, each strictly.

    Raises
    ------
    InputError
        The bytes are no text in the encoding declared, or in any of these; a few bad bytes are named with their rows.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            found = [errors.info("encoding-told", table, encoding="UTF-16")] if name == "utf-16" else []
            return _decoded(content, name, table), found
    if encoding is not None:
        return _decoded(content, encoding, table), []
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    if _is_nearly(content, "utf-8"):
        raise InputError(bad_bytes(content, "utf-8", table))
    try:
        text = content.decode("gb18030")
        if _is_western(text):
            raise InputError(errors.error("encoding-wrong", table, encoding="UTF-8, GB18030"))
        return text, [errors.info("encoding-told", table, encoding="GB18030")]
    except UnicodeDecodeError as e:
        is_plain = not re.search("[^\x00-\x7f\udc80-\udcff]", content.decode("utf-8", errors="surrogateescape"))
        own = "gb18030" if _is_nearly(content, "gb18030") else "utf-8" if is_plain else ""
        few = bad_bytes(content, own, table) if own else []
        raise InputError(few or [errors.error("encoding-wrong", table, encoding="UTF-8, GB18030")]) from e


def _decoded(content: bytes, encoding: str, table: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError as e:
        raise InputError(errors.error("encoding-wrong", table, encoding=encoding)) from e
    except UnicodeDecodeError as e:
        few = bad_bytes(content, encoding, table) if _is_nearly(content, encoding) else []
        raise InputError(few or [errors.error("encoding-wrong", table, encoding=encoding)]) from e


def _is_western(text: str) -> bool:
    """Return whether no sign of a text read as GB18030 is one that Chinese is written with: ``é`` and the letter after it."""
    signs = {sign for sign in text if not sign.isascii()}
    return bool(signs) and all(raw[-1] < 0x80 for raw in (sign.encode("gb18030") for sign in signs))


def _is_nearly(content: bytes, encoding: str) -> bool:
    """Return whether text is in an encoding but for a few bytes: well-formed characters by far outnumber the others."""
    shown = content.decode(encoding, errors="surrogateescape")
    bad = len(re.findall("[\udc80-\udcff]", shown))
    good = len(re.findall("[^\x00-\x7f]", shown)) - bad
    return good > 5 * bad


def bad_bytes(content: bytes, encoding: str, table: str) -> list[Finding]:
    """Return an error for each byte that is no text, with row and surroundings; none where there are very many."""
    found: list[Finding] = []
    at = 0
    while len(found) <= _MOST_BAD:
        try:
            content[at:].decode(encoding)
        except UnicodeDecodeError as e:
            place = at + e.start
            line_start = content.rfind(b"\n", 0, place) + 1
            line = (
                content[line_start : line_start + 2000].split(b"\n")[0].decode(encoding, errors="replace").strip("\r")
            )
            before = content[line_start:place].decode(encoding, errors="replace")
            row = content.count(b"\n", 0, place) + 1
            id_ = re.split(r"[\t;,|]", line)[0].strip('"')[:80] or None
            found.append(
                errors.error(
                    "encoding-bad-byte", table, row, id_, byte=f"0x{content[place]:02X}", offset=place + 1,
                    encoding=encoding.upper(), before=before[-_CONTEXT:],
                )
            )  # fmt: skip
            at += e.end
            continue
        except LookupError:
            return []
        return found
    return []
