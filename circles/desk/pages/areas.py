"""Areas: a new one out of an extract, and what one holds, on a map before anything runs."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from circles.area import editing
from circles.desk import asides
from circles.desk.asking import Ask, get, post, url
from circles.desk.workspace import EXTRACTS, AreaFolder, safe_name
from circles.foundation import toml

ENDINGS = (".osm.pbf", ".osm.gz", ".osm.bz2", ".osm", ".pbf")
_READY = "four-kinds"
_MOST_BOUNDARIES = 400


def begin(ask: Ask) -> Response:
    """Ask for an extract: one that is sent, or one that is in the workspace."""
    return ask.page("area_new.html", extracts=_extracts(ask), url=url, endings=",".join(ENDINGS))


def upload(ask: Ask) -> Response:
    """Keep an extract that was sent."""
    sent = ask.sent("file")
    if not sent:
        return ask.go("new", bad=ask.t("nothing_sent"))
    name = safe_name(sent[0].filename or "", ENDINGS)
    if name is None:
        return ask.go("new", bad=ask.t("wrong_ending", name=sent[0].filename, valid=" ".join(ENDINGS)))
    kept = ask.space.keep(sent[0].file, ask.space.root / EXTRACTS, name)
    return ask.go("new", kept.name)


def pick(ask: Ask) -> Response:
    """Show the boundaries of an extract, to choose one or to draw a box."""
    file = _extract(ask)
    found = _boundaries(ask, file)
    if "wrong" in found:
        return ask.page("message.html", title=ask.t("went_wrong"), lines=found["wrong"])
    rows = [row for row in found["boundaries"] if _can_be_made(row)][:_MOST_BOUNDARIES]
    return ask.page("area_pick.html", file=file, rows=rows, as_of=found["as_of"], url=url, folder_of=_folder_name)


def shapes(ask: Ask) -> Response:
    """Return the boundaries of an extract for the map."""
    return JSONResponse(_boundaries(ask, _extract(ask)))


def make(ask: Ask) -> Response:
    """Make the area: clipped extract, townships, boundary, ``area.toml``."""
    file = _extract(ask)
    wanted, box = ask.text("boundary", 20), ask.text("box", 120)
    options: dict[str, Any] = {}
    label = ask.text("name", 80)
    if box and wanted == "box":
        numbers = [float(part) for part in box.split(",") if re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", part)]
        if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
            return ask.go("new", file.name, bad=ask.t("box_missing"))
        options["bbox"] = ",".join(f"{number:.6g}" for number in numbers)
        label = label or file.name.split(".")[0]
    else:
        rows = {str(row["number"]): row for row in _boundaries(ask, file).get("boundaries", []) if _can_be_made(row)}
        if wanted not in rows:
            return ask.go("new", file.name, bad=ask.t("boundary_missing"))
        options.update(name=rows[wanted]["name"] or None, relation=wanted)  # names and levels occur twice, numbers once
        label = label or rows[wanted]["name"] or f"r{wanted}"
    target = ask.space.free_name(ask.space.root, _folder_name(label))
    # ``--bbox=…``: a longitude may begin with a minus sign
    bbox = options.pop("bbox", None)
    extra = (f"--bbox={bbox}",) if bbox else ()
    what = ask.command("area", "new", *extra, from_=ask.space.shown(file), out=ask.space.shown(target), **options)
    return ask.begin(what, kind="new", about=label, after=url("areas", target.name))


def show(ask: Ask) -> Response:
    """Show an area: its map before a run, its tables, its rules, its results."""
    area = area_of(ask)
    runs = [run for run in ask.space.runs() if run.area_id == area.id and run.kind == "run"]
    tables = ask.space.files(area.file.parent, TABLE_ENDINGS)
    return ask.page(
        "area.html", area=area, runs=runs[:8], tables=tables, rules=_rules(area), ready=_ready(ask), url=url, default=_READY,
        shown=ask.space.shown(area.file),
    )  # fmt: skip


def ground(ask: Ask) -> Response:
    """Return what an area's map shows."""
    area = area_of(ask)
    content, stamps = _shown_by(ask, area)
    return JSONResponse(
        asides.ask(ask.space, ask.lang, "area", ask.space.shown(area.file), stamps=stamps, content=content)
    )


def _shown_by(ask: Ask, area: AreaFolder) -> tuple[str, list[Path]]:
    """Return what an area's map depends on: its file without the rules, which it does not show, and the files that it names."""
    folder = area.file.parent
    files = sorted(item for item in folder.iterdir() if item.is_file())
    try:
        said = toml.loads(toml.read(area.file))
        rules = said.pop("rules", ())
        if isinstance(rules, str) and ask.space.holds(folder / rules):
            said |= {
                f"rules' {key}": own for key, own in toml.loads(toml.read(folder / rules)).items() if key != "rules"
            }
    except (OSError, ValueError):
        return "", files
    text = json.dumps(said, default=str, sort_keys=True, ensure_ascii=False)
    return text, [
        item for item in files if item.name.split(".")[0] in text and item.name not in (area.file.name, rules)
    ]


def adopt(ask: Ask) -> Response:
    """Let an area use a ready set of rules."""
    area = area_of(ask)
    name = ask.text("rules", 80)
    ask.known(editing.ready_rules().get(name))
    what = ask.command("area", "use", ask.space.shown(area.file), rules=name)
    return ask.do(what, kind="use", about=area.name, after=url("areas", area.slug), good=ask.t("saved"))


TABLE_ENDINGS = (
    ".csv",
    ".tsv",
    ".txt",
    ".xlsx",
    ".xlsm",
    ".xls",
    ".ods",
    ".gpkg",
    ".zip",
    ".shp",
    ".geojson",
    ".parquet",
)


def area_of(ask: Ask, slug: str | None = None) -> AreaFolder:
    """Return the area that the page's address names."""
    return ask.known(ask.space.area(slug if slug is not None else ask.names["area"]))


def _extracts(ask: Ask) -> list[Path]:
    root = ask.space.root
    return [file for folder in (root / EXTRACTS, root) for file in ask.space.files(folder, ENDINGS)]


def _extract(ask: Ask) -> Path:
    return ask.known(next((file for file in _extracts(ask) if file.name == ask.names["file"]), None))


def _boundaries(ask: Ask, file: Path) -> dict[str, Any]:
    return asides.ask(ask.space, ask.lang, "boundaries", ask.space.shown(file), stamps=[file])


def _can_be_made(row: dict[str, Any]) -> bool:
    """Return whether the command takes a boundary: the extract holds all of its line, and it says its level."""
    return bool(row["rings"] and row["level"])


def _folder_name(label: str) -> str:
    """Return a folder's name for an area: Latin letters, so that its id is one, from the sounds of a Chinese name."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 0.1 s, and only here

    plain = "".join(lazy_pinyin(label))
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or "area"


def _rules(area: AreaFolder) -> dict[str, Any]:
    """Return what the area file says of rules: how many of its own, or which file."""
    try:
        given = toml.loads(toml.read(area.file)).get("rules", ())
    except (OSError, ValueError):
        return {"own": 0, "file": ""}
    return {"own": 0, "file": given} if isinstance(given, str) else {"own": len(given), "file": ""}


def _ready(ask: Ask) -> list[tuple[str, str]]:
    """Return the ready sets of rules: name, and the first line of what each says of itself."""
    rows = []
    for name, text in editing.ready_rules().items():
        first = text.split("\n", 1)[0].lstrip("# ").strip()
        rows.append((name, first[:120] if ask.lang == "zh" else f"{name}: {first}"[:120]))
    return sorted(rows, key=lambda row: (row[0] != _READY, row[0]))


ROUTES = [
    get("/new", begin),
    post("/new/upload", upload),
    get("/new/{file}", pick),
    get("/new/{file}/shapes", shapes),
    post("/new/{file}", make),
    get("/areas/{area}", show),
    get("/areas/{area}/ground", ground),
    post("/areas/{area}/rules", adopt),
]
