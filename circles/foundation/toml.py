"""TOML files that people write, read within limits of size, nesting and control characters.

Python's own parser takes time that grows with the square of a dotted key's length, nests as deep as the file does, and reads
integers that nothing can work with. What is refused here never reaches the models behind it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from circles.foundation import errors
from circles.foundation.budgets import maximum
from circles.foundation.errors import Finding

MAX_DEPTH = 32
"""Tables and lists inside one another; no file of ours has more than five."""
MAX_ENTRIES = 5000
"""Entries of one table or list: all counties of the country are fewer."""
_MOST_TABLES = 4 * MAX_ENTRIES
"""Tables of a file, lines that begin with a bracket: counted before anything is read."""
_MAX_INTEGER = 2**63
_LONG_KEY = re.compile(rf"(?<![\w\-.\"'])(?:(?>[\w\-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_DEPTH + 1}}}")
_LINE = re.compile(r"line (\d+)")


class BrokenTomlError(ValueError):
    """The file is no TOML, or more than a file of ours may be.

    Attributes
    ----------
    line : number of the line, None where it is unknown
    is_encoding : whether the bytes are no UTF-8
    is_large : whether there are too many of them
    """

    def __init__(
        self, detail: str, *, line: int | None = None, is_encoding: bool = False, is_large: bool = False
    ) -> None:
        super().__init__(detail)
        self.line = line
        self.is_encoding = is_encoding
        self.is_large = is_large


def too_large(table: str) -> Finding:
    """Return the finding for a file with `BrokenTomlError.is_large`."""
    return errors.error("toml-too-large", table, limit=f"{maximum('CIRCLES_MAX_TOML_MB'):g}")


def read(file: Path) -> bytes:
    """Return the bytes of a TOML file.

    Raises
    ------
    OSError
        It cannot be read, or its name is none.
    BrokenTomlError
        It is larger than ``CIRCLES_MAX_TOML_MB``; a device may be without end.
    """
    most = round(maximum("CIRCLES_MAX_TOML_MB") * 1e6)
    try:
        with file.open("rb") as source:
            content = source.read(most + 1)
    except ValueError as e:  # a name with NUL in it
        raise OSError(str(e)) from e
    if len(content) > most:
        raise BrokenTomlError(f"> {most} bytes (CIRCLES_MAX_TOML_MB)", is_large=True)
    return content


def loads(content: bytes, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return what the bytes of a TOML file say.

    Raises
    ------
    BrokenTomlError
        No UTF-8, no TOML, nested deeper than ``MAX_DEPTH``, a list or table of more than ``MAX_ENTRIES``, an integer beyond
        64 bits, a text with NUL or longer than ``CIRCLES_MAX_CELL_CHARACTERS``.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BrokenTomlError(str(e)[:200], is_encoding=True) from e
    if long := _LONG_KEY.search(text):
        line = text.count("\n", 0, long.start()) + 1
        raise BrokenTomlError(f"a dotted key of more than {MAX_DEPTH} parts (at line {line})", line=line)
    if (tables := text.count("\n[")) > _MOST_TABLES:
        raise BrokenTomlError(f"{tables} tables, more than {_MOST_TABLES}")
    try:
        found = tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as e:
        at = _LINE.search(str(e))
        raise BrokenTomlError(str(e)[:300], line=int(at[1]) if at else None) from e
    except RecursionError as e:
        raise BrokenTomlError("nested too deeply") from e
    except (ValueError, ArithmeticError) as e:  # integers of thousands of digits, dates that do not exist
        raise BrokenTomlError(str(e)[:200]) from e
    _check(found)
    return found


def _check(found: dict[str, Any]) -> None:
    """Raise where a value is nothing that a key of ours can mean."""
    longest = round(maximum("CIRCLES_MAX_CELL_CHARACTERS"))
    todo: list[tuple[int, str, Any]] = [(0, "", found)]
    while todo:
        depth, key, value = todo.pop()
        if isinstance(value, dict | list):
            if depth >= MAX_DEPTH:
                raise BrokenTomlError(f"nested too deeply: {key}")
            if len(value) > MAX_ENTRIES:
                raise BrokenTomlError(f"{len(value)} entries, more than {MAX_ENTRIES}: {key}")
            inner = value.items() if isinstance(value, dict) else ((key, item) for item in value)
            todo += [(depth + 1, str(name)[:80], item) for name, item in inner]
            if isinstance(value, dict) and any("\0" in name or len(name) > longest for name in value):
                raise BrokenTomlError(f"a key with NUL, or longer than {longest}: {key}")
        elif isinstance(value, str):
            if "\0" in value:
                raise BrokenTomlError(f"NUL in the text of {key}")
            if len(value) > longest:
                raise BrokenTomlError(f"{len(value)} characters, more than {longest}: {key}")
        elif isinstance(value, int) and not -_MAX_INTEGER <= value < _MAX_INTEGER:
            raise BrokenTomlError(f"an integer beyond 64 bits: {key}")
