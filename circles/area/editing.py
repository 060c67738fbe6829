"""Changes to an area file that keep everything else in it as it stands, comments too: a table to use, its words, a set of rules.

Each function takes the file's text and returns the text it would have; what comes out is read and checked like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.items import InlineTable, Item, Table

from circles.area.reading import load_area
from circles.foundation import atomic, errors, toml
from circles.foundation.errors import AreaError, CallError


def with_table(
    text: str, file: str, *, sheet: str | None = None, crs: str | None = None, columns: Mapping[str, str] | None = None,
    is_beside: bool = False,
) -> str:  # fmt: skip
    """Return an area file that takes its facilities from a table.

    Parameters
    ----------
    text : of the area file
    file : the table, relative to the area's folder
    sheet, crs : of the table, where they cannot be read off it
    columns : our column → the file's own
    is_beside : beside what the area names already, instead of in its place
    """
    document = tomlkit.parse(text)
    data = _table(document, "data")
    given = data.get("facilities", [])
    entries = list(given) if isinstance(given, list) else [given]
    others = [item for item in entries if _file_of(item) != file]
    mine = _entry(file, sheet, crs, columns or {})
    made = tomlkit.array()
    for item in (*others, mine) if is_beside or len(others) < len(entries) else (mine,):
        made.append(item)
    data["facilities"] = made
    return tomlkit.dumps(document)


def with_words(text: str, words: Mapping[str, Mapping[str, str]]) -> str:
    """Return an area file whose ``[data] values`` also hold these words: our column → the file's word → ours, '' to leave out."""
    document = tomlkit.parse(text)
    data = _table(document, "data")
    known = {str(name): dict(own) for name, own in data.get("values", {}).items()}
    for column, own in words.items():
        known[column] = known.get(column, {}) | dict(own)
    made = tomlkit.inline_table()
    for column, own in known.items():
        inner = tomlkit.inline_table()
        for theirs, ours in own.items():
            inner.append(tomlkit.key([theirs]) if "." in theirs else theirs, ours)
        made.append(column, inner)
    if "values" in data and not isinstance(data["values"], InlineTable):
        data.remove("values")
    data["values"] = made
    return tomlkit.dumps(document)


def with_rules(text: str, file: str) -> str:
    """Return an area file whose rules stand in a file of their own.

    Raises
    ------
    CallError
        It has rules of its own, which nobody but a person may throw away.
    """
    document = tomlkit.parse(text)
    given = document.get("rules")
    if given is not None and not isinstance(given, str):
        raise CallError(errors.error("area-use-own-rules", "area.toml", value=file))
    if given is not None:
        document["rules"] = file
        return tomlkit.dumps(document)
    line = tomlkit.dumps({"rules": file})
    lines = text.splitlines(keepends=True)
    at = next((n for n, own in enumerate(lines) if own.lstrip().startswith("[")), len(lines))
    return "".join([*lines[:at], line, "\n", *lines[at:]])


def ready_rules() -> dict[str, str]:
    """Return the sets of rules that travel with the program: name → text."""
    here = Path(__file__).resolve().parents[1] / "data" / "rules"
    folder = here if here.is_dir() else here.parents[2] / "data" / "rules"
    return {item.stem: item.read_text(encoding="utf-8") for item in sorted(folder.glob("*.toml"))}


def rewrite(file: Path, text: str) -> None:
    """Put a new text in the place of an area file, if it is one that can be used.

    Raises
    ------
    AreaError
        It cannot be used; the file is what it was before.
    CallError
        It could not be written.
    """
    draft = file.with_name(f".{file.name}.draft")
    try:
        draft.write_bytes(text.encode("utf-8"))
        load_area(draft)
        atomic.write_file(file, text.encode("utf-8"))
    except OSError as e:
        if isinstance(e, AreaError):
            raise
        raise CallError(errors.error("out-not-written", str(file), path=str(file), detail=e.strerror or str(e))) from e
    finally:
        draft.unlink(missing_ok=True)


def text_of(file: Path) -> str:
    """Return the text of an area file that can be used as it is.

    Raises
    ------
    AreaError
        It cannot be read, or is no area.
    """
    load_area(file)
    return toml.read(file).decode("utf-8-sig")


def _table(document: tomlkit.TOMLDocument, name: str) -> Table:
    found = document.get(name)
    if not isinstance(found, Table):
        raise CallError(errors.error("area-use-shape", "area.toml", value=name))
    return found


def _file_of(item: Item | str) -> str:
    return str(item.get("file", "")) if isinstance(item, Mapping) else str(item)


def _entry(file: str, sheet: str | None, crs: str | None, columns: Mapping[str, str]) -> str | InlineTable:
    if not (sheet or crs or columns):
        return file
    made = tomlkit.inline_table()
    made.append("file", file)
    for name, value in (("sheet", sheet), ("crs", crs)):
        if value:
            made.append(name, value)
    if columns:
        inner = tomlkit.inline_table()
        for ours, theirs in columns.items():
            inner.append(ours, theirs)
        made.append("columns", inner)
    return made
