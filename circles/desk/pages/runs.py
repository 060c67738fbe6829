"""Results: a run begun, its map and verdicts beside the last one's, its files, and what changed between two."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from starlette.responses import FileResponse, Response

from circles.desk.asking import Ask, get, post, url
from circles.desk.guard import RESULT_POLICY
from circles.desk.pages.areas import area_of
from circles.desk.verdict_table import verdicts
from circles.desk.workspace import RunFolder

_MAIN = ("index.html", "report.xlsx", "report.docx")
_TYPES = {
    ".html": "text/html", ".csv": "text/csv", ".json": "application/json", ".geojson": "application/geo+json",
    ".pdf": "application/pdf", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip
HEAVY = ("run", "full", "site")


def maps(ask: Ask) -> Response:
    """Show the areas whose map can be made anew, and every result kept."""
    runs = ask.space.runs()
    return ask.page("maps.html", areas=ask.space.areas(), runs=[run for run in runs if run.kind == "run"], url=url)


def begin(ask: Ask) -> Response:
    """Start a run of an area into a folder of its own; what earlier runs left stays."""
    slug = ask.text("area", 200)
    if ask.desk.jobs.is_busy(*HEAVY):
        return ask.go("jobs", bad=ask.t("busy"))
    is_full = ask.text("full") == "yes"
    day = dt.datetime.now().astimezone().date()
    if slug == "":
        target = ask.space.new_run("shengsi", day)
        what = ask.command("run", out=ask.space.shown(target), full=is_full)
        about = ask.t("demonstration_county")
    else:
        area = area_of(ask, slug)
        if area.is_broken:
            return ask.go("areas", area.slug, bad=ask.t("area_broken"))
        target = ask.space.new_run(area.id, day)
        what = ask.command("run", ask.space.shown(area.file), out=ask.space.shown(target), full=is_full)
        about = area.name
    return ask.begin(what, kind="full" if is_full else "run", about=about, after=url("runs", f"runs-{target.name}"))


def show(ask: Ask) -> Response:
    """Show a result: the verdicts beside the last one's, the map, the files to hand on."""
    run = run_of(ask)
    if run.kind != "run":
        return ask.page(
            "result.html", run=run, files=_files(run), has_map=(run.folder / "index.html").is_file(), url=url
        )
    others = [
        item
        for item in ask.space.runs()
        if item.kind == "run" and item.area_id == run.area_id and item.changed < run.changed
    ]
    before = others[0] if others else None
    found = verdicts(run.folder, ask.lang, None if before is None else before.folder)
    return ask.page(
        "run.html", run=run, before=before, found=found, files=_files(run), main=_MAIN, url=url, others=others[:20]
    )


def file(ask: Ask) -> Response:
    """Send a file of a result; a page of it opens apart from the desk."""
    run = run_of(ask)
    name = ask.names["name"]
    own = ask.known(next((item for item in _files(run) if item.name == name), None))
    ending = own.suffix.lower()
    is_page = ending == ".html" and "download" not in ask.query
    answer = FileResponse(
        own, media_type=_TYPES.get(ending, "application/octet-stream"), filename=f"{run.folder.name}-{name}",
        content_disposition_type="inline" if is_page else "attachment",
    )  # fmt: skip
    answer.headers["content-security-policy"] = RESULT_POLICY
    return answer


def two(ask: Ask) -> Response:
    """Ask which two results are to be compared."""
    runs = [run for run in ask.space.runs() if run.kind == "run"]
    compared = [run for run in ask.space.runs() if run.kind == "compare"]
    return ask.page("compare.html", runs=runs, compared=compared, url=url)


def compare(ask: Ask) -> Response:
    """Say what changed between two results."""
    runs = {run.slug: run for run in ask.space.runs() if run.kind == "run"}
    before, after = (ask.known(runs.get(ask.text(name, 300))) for name in ("before", "after"))
    target = ask.space.free_name(ask.space.root / "runs", f"compare-{before.folder.name}-{after.folder.name}"[:120])
    what = ask.command(
        "compare", ask.space.shown(before.folder), ask.space.shown(after.folder), out=ask.space.shown(target)
    )
    return ask.begin(what, kind="compare", about=after.title, after=url("runs", f"runs-{target.name}"))


def run_of(ask: Ask) -> RunFolder:
    """Return the result that the page's address names."""
    return ask.known(ask.space.run(ask.names["run"]))


def _files(run: RunFolder) -> list[Path]:
    own = [item for item in sorted(run.folder.iterdir()) if item.is_file() and not item.is_symlink()]
    return sorted(own, key=lambda item: (item.name not in _MAIN, item.name))


ROUTES = [
    get("/maps", maps),
    post("/run", begin),
    get("/runs/{run}", show),
    get("/runs/{run}/{name}", file),
    get("/compare", two),
    post("/compare", compare),
]
