"""Commands at work: how far they are, what they said, and the button that ends them."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from circles.desk.asking import Ask, get, post
from circles.desk.jobs import Job
from circles.foundation import words

_KNOWN = {
    "run": ("load", "reach", "coverage", "check", "gaps", "draw", "map", "files", "documents"),
    "full": ("load", "reach", "coverage", "check", "gaps", "full", "draw", "map", "files", "documents"),
    "site": ("load", "reach", "candidates", "solve", "map"),
    "new": ("read",),
}
"""The stages of a command in their order, as far as they are known beforehand."""


def _job(ask: Ask) -> Job:
    number = ask.names["number"]
    return ask.known(ask.desk.jobs.get(int(number)) if number.isdecimal() and len(number) < 10 else None)


def show(ask: Ask) -> Response:
    """Show a command and how far it is."""
    job = _job(ask)
    return ask.page("job.html", job=job, stages=_stages(ask, job), said=_said(job))


def state(ask: Ask) -> Response:
    """Return how far a command is, for the page that watches it."""
    job = _job(ask)
    rows = [{"name": name, "state": state} for name, state in _stages(ask, job)]
    return JSONResponse({"state": job.state, "seconds": round(job.seconds, 1), "stages": rows, "after": job.after})


def cancel(ask: Ask) -> Response:
    """End a command; what was there before it stays."""
    job = _job(ask)
    ask.desk.jobs.cancel(job.number)
    ask.desk.jobs.wait(job.number, 10.0)
    return ask.go("jobs", str(job.number))


def journal(ask: Ask) -> Response:
    """Show every command that was run here."""
    return ask.page("journal.html", jobs=ask.desk.jobs.all()[:100])


def _stages(ask: Ask, job: Job) -> list[tuple[str, str]]:
    """Return the stages in words, each ``done``, ``now`` or ``later``."""
    known = words.catalogue("cli")
    reached = [stage for stage in job.stages if f"stage_{stage.partition(' ')[0]}" in known]
    names = {stage.partition(" ")[0] for stage in reached}
    later = [name for name in _KNOWN.get(job.kind, ()) if name not in names] if job.state == "running" else []
    rows = [(name, "done") for name in reached]
    if rows and job.state == "running":
        rows[-1] = (rows[-1][0], "now")
    elif rows and job.state != "done":
        rows[-1] = (rows[-1][0], "broken")
    parted = [(*name.partition(" "), how) for name, how in (*rows, *((name, "later") for name in later))]
    return [(f"{ask.t(f'cli.stage_{name}')} {far}".strip(), how) for name, _, far, how in parted]


def _said(job: Job) -> str:
    return "\n".join(part for part in (job.said.strip(), job.output.strip()) if part)


ROUTES = [
    get("/jobs", journal),
    get("/jobs/{number}", show),
    get("/jobs/{number}/state", state),
    post("/jobs/{number}/cancel", cancel),
]
