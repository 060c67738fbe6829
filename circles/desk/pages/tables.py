"""Tables of facilities: looked at cell by cell, columns and words mapped, corrected copies, and their use by an area."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.responses import Response

from circles.desk import asides
from circles.desk.asking import Ask, get, post, url
from circles.desk.pages.areas import TABLE_ENDINGS, area_of
from circles.desk.tasks import OURS
from circles.desk.workspace import AreaFolder, safe_name

_CHANGES = ".changes.csv"


def areas(ask: Ask) -> Response:
    """Choose the area whose tables are meant; where there is only one, go there."""
    found = ask.space.areas()
    if len(found) == 1:
        return ask.go("tables", found[0].slug)
    return ask.page("tables.html", areas=found, url=url)


def show(ask: Ask) -> Response:
    """Ask for a table: one that is sent, or one in the area's folder."""
    area = area_of(ask)
    return ask.page("table_new.html", area=area, tables=_tables(ask, area), url=url, endings=",".join(TABLE_ENDINGS))


def upload(ask: Ask) -> Response:
    """Keep a table that was sent, in the area's folder."""
    area = area_of(ask)
    sent = ask.sent("file")
    if not sent:
        return ask.go("tables", area.slug, bad=ask.t("nothing_sent"))
    name = safe_name(sent[0].filename or "", TABLE_ENDINGS)
    if name is None:
        return ask.go(
            "tables", area.slug, bad=ask.t("wrong_ending", name=sent[0].filename, valid=" ".join(TABLE_ENDINGS))
        )
    kept = ask.space.keep(sent[0].file, area.file.parent, name)
    return ask.go("tables", area.slug, kept.name)


def look(ask: Ask) -> Response:
    """Show a table's cells, what its columns and words are taken for, and what is wrong."""
    area, file = area_of(ask), _table(ask)
    found = _looked(ask, area, file)
    if "wrong" in found:
        return ask.page("message.html", title=ask.t("table_unreadable", name=file.name), lines=found["wrong"])
    by_cell: dict[tuple[int, str], list[dict[str, Any]]] = {}
    by_row: dict[int, list[dict[str, Any]]] = {}
    for item in found["findings"]:
        if item["row"] is not None:
            by_row.setdefault(item["row"], []).append(item)
            by_cell.setdefault((item["row"], item["column"]), []).append(item)
    changes = {(item["row"], item["column"]): item for item in found["changes"]}
    return ask.page(
        "table.html", area=area, file=file, found=found, by_row=by_row, by_cell=by_cell, changes=changes, url=url, ours=OURS,
        whole=[item for item in found["findings"] if item["row"] is None], columns=_chosen(found),
        wrong=sum(item["severity"] == "error" for item in found["findings"]),
        shown=[self_shown(ask, area, file), ask.command("doctor", ask.space.shown(file), area=ask.space.shown(area.file)).shown],
    )  # fmt: skip


def self_shown(ask: Ask, area: AreaFolder, file: Path) -> str:
    """Return the command that lets the area use the table, as far as it is known before anything is chosen."""
    return ask.command("area", "use", ask.space.shown(area.file), facilities=ask.space.shown(file)).shown


def use(ask: Ask) -> Response:
    """Let the area use the table: its columns and words as chosen are remembered in the area file."""
    area, file = area_of(ask), _table(ask)
    found = _looked(ask, area, file)
    if "wrong" in found:
        return ask.go("tables", area.slug, file.name)
    titles, auto = set(found["titles"]), _chosen(found)
    args: list[str] = []
    for name in OURS:
        wanted = ask.text(f"column-{name}", 300)
        if wanted in titles and (wanted != auto.get(name) or found["is_used"]):
            args.append(f"--column={name}={wanted}")
    kinds = {key for key, _ in found["categories"]}
    for at, word in enumerate(found["words"]):
        wanted = ask.text(f"word-{at}", 120)
        if wanted == "":
            return ask.go("tables", area.slug, file.name, bad=ask.t("word_missing", word=word["word"]))
        ours = "" if wanted == "-" else wanted
        if (ours in kinds or not ours) and not (word["known"] and word["means"] == ours):
            args.append(f"--value=category:{word['word']}={ours}")
    what = ask.command(
        "area",
        "use",
        ask.space.shown(area.file),
        *args,
        facilities=ask.space.shown(file),
        beside=ask.text("beside") == "yes",
    )
    here = url("tables", area.slug, file.name)
    return ask.do(what, kind="use", about=file.name, after=here, back=here, good=ask.t("saved"))


def fix(ask: Ask) -> Response:
    """Save a corrected copy with the log of its changes: those accepted, cell by cell, or all; the original stays."""
    area, file = area_of(ask), _table(ask)
    found = _looked(ask, area, file)
    offered = [f"{item['row']}:{item['column']}" for item in found.get("changes", ())]
    wanted = offered if ask.text("all") == "yes" else [item for item in ask.texts("cell") if item in offered]
    if not wanted:
        return ask.go("tables", area.slug, file.name, bad=ask.t("fix_none"))
    target = ask.space.free_name(area.file.parent, f"{file.name.split('.')[0]}-{ask.t('fix_name')}.csv")
    cells = None if len(wanted) == len(offered) else ",".join(wanted)
    what = ask.command(
        "doctor",
        ask.space.shown(file),
        as_="facilities",
        area=ask.space.shown(area.file),
        fix_to=ask.space.shown(target),
        cells=cells,
    )
    job = ask.done(what, kind="fix", about=file.name)
    if target.is_file():  # the doctor ends with 2 where something is left that only a person can mend
        return ask.go(
            "tables",
            area.slug,
            target.name,
            good=ask.t("fix_saved", name=target.name, log=target.name + _CHANGES, count=len(wanted)),
        )
    return ask.go("tables", area.slug, file.name, bad=job.said or ask.t(f"state_{job.state}"))


def _chosen(found: dict[str, Any]) -> dict[str, str]:
    """Return our column → the title that is taken for it."""
    return {column["name"]: column["title"] for column in found["columns"] if column["name"]}


def _tables(ask: Ask, area: AreaFolder) -> list[Path]:
    found = ask.space.files(area.file.parent, TABLE_ENDINGS)
    return [file for file in found if not file.name.endswith(_CHANGES)]


def _table(ask: Ask) -> Path:
    return ask.known(next((file for file in _tables(ask, area_of(ask)) if file.name == ask.names["file"]), None))


def _looked(ask: Ask, area: AreaFolder, file: Path) -> dict[str, Any]:
    return asides.ask(
        ask.space, ask.lang, "table", ask.space.shown(file), ask.space.shown(area.file), stamps=[file, area.file]
    )


ROUTES = [
    get("/tables", areas),
    get("/tables/{area}", show),
    post("/tables/{area}/upload", upload),
    get("/tables/{area}/{file}", look),
    post("/tables/{area}/{file}/use", use),
    post("/tables/{area}/{file}/fix", fix),
]
