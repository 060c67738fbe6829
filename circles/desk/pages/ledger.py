"""The plan's ledger: who works, a month's forms and their review, what is missing, papers. Every write is a command of the plan."""

from __future__ import annotations

import datetime as dt
import re
import threading
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response

from circles.desk import asides
from circles.desk.asking import Ask, get, post, url
from circles.desk.commands import Command
from circles.desk.guard import RESULT_POLICY
from circles.desk.workspace import FORMS, LEDGER, PAPERS, PLAN, RETURNED, safe_name

EVIDENCE, SLIPS = "evidence", "slips"
ROLES = ("reporter", "head", "office")
_MOST_NAME = 60
_REGISTERING = threading.Lock()
"""Two people who register at once: the second begins with what the first has written."""
_ENDINGS = (".xlsx",)
_PROOFS = (".jpg", ".jpeg", ".png", ".pdf", ".docx", ".xlsx", ".zip")
_SENT_BACK = (".html", ".xlsx", ".docx", ".pdf")
_PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2]|Q[1-4]|W[0-5]\d))?")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MEETINGS = ("weekly", "monthly", "quarterly", "yearly")
STEPS = {"": ("submit",), "returned": ("submit",), "submitted": ("check", "return"), "checked": ("accept", "return"), "accepted": ("submit",)}  # fmt: skip
"""What can be done next with a unit's figures; who may do it, the ledger decides."""
ITEM_STEPS = {"open": ("assign", "excuse"), "assigned": ("extend", "excuse"), "to_confirm": ("apply", "close")}
"""What can be done next with an item that is missing."""


def who(ask: Ask) -> Response:
    """Choose who works: the people whom the plan names, or a name where it names nobody."""
    found = _state(ask)
    return ask.page(
        "who.html", people=found.get("people", []), wrong=found.get("wrong", []), held=found.get("roles", []),
        units=found.get("all_units", []), roles=ROLES,
        shown=[f"circles plan person {ask.t('who_name')} --unit UNIT --role reporter"],
    )  # fmt: skip


def choose(ask: Ask) -> Response:
    """Note who works, in this browser."""
    person = ask.text("person", 60)
    ask.session.choose(person)
    return ask.go(good=ask.t("who_is", person=person) if person else "")


def register(ask: Ask) -> Response:
    """Note that a person holds a role in a unit, or does not any more; the plan's file in the workspace says it."""
    person, unit, role = ask.text("person", _MOST_NAME + 1), ask.text("unit", 120), ask.text("role", 20)
    if not 0 < len(person) <= _MOST_NAME or person.startswith("-"):
        return ask.go("who", bad=ask.t("person_wrong"))
    with _REGISTERING:
        if unit not in _state(ask).get("all_units", []) or role not in ROLES:
            return ask.go("who", bad=ask.t("not_found"))
        what = _plan(ask, "person", person, unit=unit, role=role, leave=ask.text("leave") == "yes")
        return ask.do(what, kind="people", about=person, after="/who")


def month(ask: Ask) -> Response:
    """Show a month: forms sent out, what has come back, and where each unit's figures stand."""
    found = _state(ask)
    if "wrong" in found:
        return ask.page("message.html", title=ask.t("went_wrong"), lines=found["wrong"])
    period = found["period"]
    files = {kind: _files(ask, kind, period) for kind in (FORMS, RETURNED, SLIPS)}
    late = [item["name"] for item in found["units"] if item["given"] < item["asked"]]
    return ask.page(
        "forms.html", found=found, period=period, files=files, late=late, steps=STEPS, url=url,
        shown=[
            _plan(ask, "template", month=period, out=f"{FORMS}/{period}").shown,
            "circles plan import FILE… --month " + period, f"circles plan submit UNIT --period {period} --by {ask.t('who_name')}",
        ],
    )  # fmt: skip


def make(ask: Ask) -> Response:
    """Write a month's forms, one for each unit."""
    period = _period(ask)
    what = _plan(ask, "template", month=period, out=f"{FORMS}/{period}")
    here = _month_page(period)
    return ask.do(what, kind="forms", about=period, after=here, back=here, good=ask.t("forms_made"))


def take(ask: Ask) -> Response:
    """Keep forms that have come back, and check them cell by cell: all become figures, or slips go back."""
    period, sent = _period(ask), ask.sent("file")
    here, folder = _month_page(period), ask.space.root / RETURNED / period
    kept: list[str] = []
    for item in sent:
        name = safe_name(item.filename or "", _ENDINGS)
        if name is None:
            ask.desk.say(ask.session, "bad", ask.t("wrong_ending", name=item.filename, valid=" ".join(_ENDINGS)))
        else:
            kept.append(ask.space.shown(ask.space.keep(item.file, folder, name)))
    if not kept:
        return ask.to(here, bad="" if sent else ask.t("nothing_sent"))
    what = _plan(ask, "import", *kept, month=period, slips=f"{SLIPS}/{period}")
    return ask.do(what, kind="import", about=period, after=here, back=here)


def step(ask: Ask) -> Response:
    """Take one step of the review of a unit's figures, as the person who works."""
    period, action, unit = _period(ask), ask.text("step", 20), ask.text("unit", 120)
    here = _month_page(period)
    known = {item["name"] for item in _state(ask, period).get("units", [])}
    if unit not in known or action not in {name for names in STEPS.values() for name in names}:
        return ask.to(here, bad=ask.t("not_found"))
    reason = ask.text("reason", 300) or None
    what = _plan(ask, action, unit, period=period, by=ask.session.person or None, reason=reason)
    return ask.do(what, kind="review", about=f"{unit} {period}", after=here, back=here)


def lock(ask: Ask) -> Response:
    """Lock a month after its meeting."""
    period = _period(ask)
    here = _month_page(period)
    what = _plan(ask, "lock", period, by=ask.session.person or None)
    return ask.do(what, kind="lock", about=period, after=here, back=here)


def missing(ask: Ask) -> Response:
    """Show what is missing, where each item stands, and what can be done next with it."""
    found = _state(ask)
    if "wrong" in found:
        return ask.page("message.html", title=ask.t("went_wrong"), lines=found["wrong"])
    runs = [run for run in ask.space.runs() if run.kind == "run"]
    return ask.page(
        "missing.html", found=found, runs=runs, steps=ITEM_STEPS, url=url, proofs=",".join(_PROOFS),
        shown=["circles plan missing import runs/…", "circles plan missing assign ITEM --due 2024-12-31"],
    )  # fmt: skip


def gather(ask: Ask) -> Response:
    """Take the items that a run finds missing."""
    run = ask.known(ask.space.run(ask.text("run", 300)))
    by = ask.session.person or None
    what = _plan(ask, "missing", "import", ask.space.shown(run.folder), by=by)
    return ask.do(what, kind="missing", about=run.title, after="/missing")


def item_step(ask: Ask) -> Response:
    """Take one step with an item, as the person who works; evidence is a file that is kept in the workspace."""
    item, action = ask.text("item", 200), ask.text("step", 20)
    known = {row["id"]: f"{row['township']} {row['category']}" for row in _state(ask).get("items", [])}
    if item not in known or action not in {name for names in ITEM_STEPS.values() for name in names}:
        return ask.go("missing", bad=ask.t("not_found"))
    due = ask.text("due", 10)
    if due and not _DAY.fullmatch(due):
        return ask.go("missing", bad=ask.t("day_wrong"))
    proof = None
    for sent in ask.sent("file")[:1]:
        name = safe_name(sent.filename or "", _PROOFS)
        if name is None:
            return ask.go("missing", bad=ask.t("wrong_ending", name=sent.filename, valid=" ".join(_PROOFS)))
        proof = ask.space.shown(ask.space.keep(sent.file, ask.space.root / EVIDENCE, name))
    what = _plan(
        ask, "missing", action, item, by=ask.session.person or None, due=due or None, evidence=proof,
        reason=ask.text("reason", 300) or None,
    )  # fmt: skip
    return ask.do(what, kind="missing", about=known[item], after="/missing")


def papers(ask: Ask) -> Response:
    """Show the papers that were written, and ask for a new one."""
    base = ask.space.root / PAPERS
    names = sorted((item.name for item in base.iterdir() if item.is_dir()), reverse=True) if base.is_dir() else []
    made = [(name, _files(ask, PAPERS, name)) for name in names if ask.space.holds(base / name)]
    runs = [run for run in ask.space.runs() if run.kind == "run"][:6]
    return ask.page(
        "papers.html", made=[row for row in made if row[1]], meetings=MEETINGS, runs=runs, url=url,
        has_ledger=_ledger(ask) is not None,
        shown=["circles plan report --meeting monthly --period 2024-05 --out papers/…", "circles plan report --out papers/…"],
    )  # fmt: skip


def write(ask: Ask) -> Response:
    """Write the paper of a meeting, or the board, the workbook and the brief."""
    meeting, period = ask.text("meeting", 20), ask.text("period", 20)
    if (period and not _PERIOD.fullmatch(period)) or meeting not in {"", *MEETINGS}:
        return ask.go("papers", bad=ask.t("period_wrong"))
    name = "-".join(part for part in (meeting or "board", period or _today()) if part)
    target = ask.space.free_name(ask.space.root / PAPERS, name)
    what = _plan(ask, "report", meeting=meeting or None, period=(period if meeting else "") or None, out=ask.space.shown(target))  # fmt: skip
    return ask.do(what, kind="papers", about=name, after="/papers", good=ask.t("papers_made"))


def file(ask: Ask) -> Response:
    """Send a form, a slip or a paper."""
    kind, folder, name = (ask.names[key] for key in ("kind", "folder", "name"))
    own = next((item for item in _files(ask, kind, folder) if item.name == name), None)
    found = ask.known(own if kind in (FORMS, RETURNED, SLIPS, PAPERS) else None)
    is_page = found.suffix.lower() == ".html"
    answer = FileResponse(found, filename=name, content_disposition_type="inline" if is_page else "attachment")
    answer.headers["content-security-policy"] = RESULT_POLICY
    return answer


def _state(ask: Ask, period: str = "") -> dict[str, Any]:
    """Return what the plan's pages show, of the month that the page's address asks for."""
    asked = period or ask.query.get("period", "")
    plan, ledger = _plan_file(ask), _ledger(ask)
    stamps = [ask.space.root / name for name in (PLAN, LEDGER, f"{LEDGER}-wal")]
    return asides.ask(
        ask.space, ask.lang, "plan", plan or "", ledger or "", asked if _MONTH.fullmatch(asked) else "", _today(), stamps=stamps
    )  # fmt: skip


def _plan(ask: Ask, *args: str, **options: str | bool | None) -> Command:
    """Return a command of the plan in this workspace."""
    return ask.command("plan", *args, **options, plan=_plan_file(ask))


def _plan_file(ask: Ask) -> str | None:
    return PLAN if ask.space.file(ask.space.root, PLAN, (".toml",)) else None


def _ledger(ask: Ask) -> str | None:
    return LEDGER if ask.space.file(ask.space.root, LEDGER, (".sqlite",)) else None


def _files(ask: Ask, kind: str, folder: str) -> list[Path]:
    """Return the files of one folder of forms, slips or papers; a name that is a path leads nowhere."""
    if folder in ("", ".", "..") or "/" in folder or "\\" in folder:
        return []
    return ask.space.files(ask.space.root / kind / folder, _SENT_BACK)


def _period(ask: Ask) -> str:
    wanted = ask.text("period", 10)
    return ask.known(wanted if _MONTH.fullmatch(wanted) else None)


def _month_page(period: str) -> str:
    return f"/forms?period={period}"


def _today() -> str:
    return dt.datetime.now().astimezone().date().isoformat()


ROUTES = [
    get("/who", who),
    post("/who", choose),
    post("/who/register", register),
    get("/forms", month),
    post("/forms/make", make),
    post("/forms/upload", take),
    post("/forms/step", step),
    post("/forms/lock", lock),
    get("/missing", missing),
    post("/missing/import", gather),
    post("/missing/upload", item_step),
    get("/papers", papers),
    post("/papers", write),
    get("/files/{kind}/{folder}/{name}", file),
]
