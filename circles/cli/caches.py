"""``circles caches``: what the program keeps outside its outputs to be faster next time, and its removal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import LangOption, aligned, out, reporting, spoken
from circles.foundation import errors, words
from circles.foundation.errors import CallError

_COMPILED = (".nbi", ".nbc")
_TILES = ("tile-*.osm", "place-*.geojson")


def caches(
    remove: Annotated[bool, typer.Option("--remove", help=words.text("cli.help_caches_remove", "zh"))] = False,
    lang: LangOption = "zh",
) -> None:
    """List what is kept, by kind, folder and size; remove it with ``--remove``."""
    speech = spoken(lang)
    with reporting(speech):
        kept = {"compiled": list(_compiled()), "tiles": list(_downloaded())}
        head = [words.text(f"cli.caches_{name}", speech) for name in ("kind", "files", "size", "folder")]
        rows = [_row(kind, files, speech) for kind, files in kept.items()]
        out(aligned([head, *rows]))
        if remove:
            every = [file for files in kept.values() for file in files]
            _removed(every)
            out(words.text("cli.caches_removed", speech, n=len(every)))


def _row(kind: str, files: list[Path], lang: words.Lang) -> list[str]:
    folders = sorted({str(file.parent) for file in files})
    shown = folders[0] + (f" (+{len(folders) - 1})" if len(folders) > 1 else "") if folders else "–"
    size = sum(file.stat().st_size for file in files) / 1e6
    return [words.text(f"cli.caches_{kind}", lang), str(len(files)), f"{size:.1f} MB", shown]


def _compiled() -> Iterator[Path]:
    """Yield the compiled loops of this package: beside its modules, in numba's own folder or in the user's."""
    package = Path(__file__).resolve().parents[1]
    folders = {file.parent for file in package.rglob("*.py")}
    places = [folder / "__pycache__" for folder in folders]
    places += [base / name for base in _numba_folders() for name in _numba_names(folders)]
    for place in sorted(places):
        if place.is_dir():
            yield from (file for file in sorted(place.iterdir()) if file.suffix in _COMPILED and not file.is_symlink())


def _numba_folders() -> list[Path]:
    """Return the folders in which numba may keep what it compiled, apart from those beside the modules."""
    set_by_hand = os.environ.get("NUMBA_CACHE_DIR", "")
    found = [Path(set_by_hand)] if set_by_hand else []
    local, home = os.environ.get("LOCALAPPDATA", ""), os.environ.get("XDG_CACHE_HOME", "")
    found += [Path(local) / "numba" / "Cache"] if local else []
    return [*found, (Path(home) if home else Path.home() / ".cache") / "numba"]


def _numba_names(folders: set[Path]) -> list[str]:
    """Return what numba calls its folder for each folder of modules."""
    from numba.core.caching import _CacheLocator  # noqa: PLC0415 - half a second, needed here only

    name = _CacheLocator.get_suitable_cache_subpath
    return sorted({str(name(str(folder / "x.py"))) for folder in folders})  # type: ignore[no-untyped-call]


def _downloaded() -> Iterator[Path]:
    """Yield the tiles and places that were downloaded from OpenStreetMap."""
    from circles.inputs.osm.download import default_cache  # noqa: PLC0415 - help answers at once

    for pattern in _TILES:
        yield from (file for file in sorted(default_cache().glob(pattern)) if not file.is_symlink())


def _removed(files: list[Path]) -> None:
    """Delete files, all that can be.

    Raises
    ------
    CallError
        Names those that could not be deleted.
    """
    left = []
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as e:
            left.append(errors.error("cache-not-removed", str(file), detail=e.strerror or str(e)))
    if left:
        raise CallError(left)
