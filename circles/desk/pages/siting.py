"""Siting: how many new places of a kind, and by what they are chosen; the answer is a map and its files."""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response

from circles.desk.asking import Ask, get, post, url
from circles.desk.pages.areas import area_of
from circles.desk.pages.runs import HEAVY
from circles.desk.workspace import AreaFolder
from circles.foundation import toml

_MOST = 20
OBJECTIVES = ("cover", "all", "mean", "worst")


def show(ask: Ask) -> Response:
    """Ask for an area, a kind, a number and an objective."""
    areas = [(area, kinds) for area in ask.space.areas() if (kinds := _kinds(area))]
    names = {f"site-{area.id}-{kind}-": name for area, kinds in areas for kind, name in kinds}
    own = [run for run in ask.space.runs() if run.folder.name.startswith("site-")]
    made = [
        (run, next((name for start, name in names.items() if run.folder.name.startswith(start)), "")) for run in own
    ]
    return ask.page(
        "site.html", areas=areas, made=made, objectives=OBJECTIVES, most=_MOST, url=url,
        shown=["circles site AREA.toml --category KIND --add 1 --objective cover --out runs/site-…"],
    )  # fmt: skip


def begin(ask: Ask) -> Response:
    """Search the best places into a folder of its own."""
    area = area_of(ask, ask.text("area", 200))
    names = dict(_kinds(area))
    kind, number, objective = ask.text("kind", 60), ask.text("number", 3), ask.text("objective", 10)
    if ask.desk.jobs.is_busy(*HEAVY):
        return ask.go("jobs", bad=ask.t("busy"))
    if kind not in names or objective not in OBJECTIVES or not (number.isdecimal() and 1 <= int(number) <= _MOST):
        return ask.go("site", bad=ask.t("site_asks", most=_MOST))
    day = dt.datetime.now().astimezone().date()
    target = ask.space.new_run(f"site-{area.id}-{kind}", day)
    add = None if objective == "all" else number
    what = ask.command(
        "site", ask.space.shown(area.file), category=kind, add=add, objective=objective, out=ask.space.shown(target)
    )
    return ask.begin(what, kind="site", about=f"{area.name} {names[kind]}", after=url("runs", f"runs-{target.name}"))


def _kinds(area: AreaFolder) -> list[tuple[str, str]]:
    """Return id and name of each kind of service that an area file names."""
    try:
        rows = toml.loads(toml.read(area.file)).get("categories", [])
        return [(str(row["id"]), str(row.get("name", row["id"]))) for row in rows]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


ROUTES = [get("/site", show), post("/site", begin)]
