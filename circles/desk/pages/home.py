"""The first page: what can be done here, and who works."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from circles.desk.asking import Ask, get, post, url


@dataclass(frozen=True)
class Tile:
    """Something to do: a key of the words ``tile_<key>`` and ``tile_<key>_about``, and where it is done."""

    key: str
    address: str
    is_main: bool = False


TILES = (
    Tile("forms", "/forms", is_main=True),
    Tile("tables", "/tables", is_main=True),
    Tile("papers", "/papers", is_main=True),
    Tile("map", "/maps", is_main=True),
    Tile("missing", "/missing", is_main=True),
    Tile("area", "/new"),
    Tile("site", "/site"),
    Tile("compare", "/compare"),
)


def home(ask: Ask) -> Response:
    """Show what can be done, what the workspace holds, and what is waited for at the first start."""
    areas, runs = ask.space.areas(), ask.space.runs()
    lost = [job for job in ask.desk.jobs.all()[:20] if job.state == "lost"]
    return ask.page(
        "home.html", tiles=TILES, areas=areas, runs=[run for run in runs if run.kind == "run"][:6],
        running=[job for job in ask.desk.jobs.all() if job.state == "running"], lost=lost[:3], url=url,
        command=ask.command("desk", ".").shown,
    )  # fmt: skip


def stop(ask: Ask) -> Response:
    """Close the desk; commands at work are cancelled, and leave what was there before."""
    ask.desk.stop()
    return ask.page("stopped.html")


ROUTES = [get("/", home), post("/stop", stop)]
