"""What a page is given and what it gives back: ``Ask`` → an answer. Pages are plain functions; they never see a raw request."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from circles.desk import rendering
from circles.desk.commands import Command, command
from circles.desk.identity import Keys, Session
from circles.desk.jobs import Job, Jobs
from circles.desk.workspace import Workspace
from circles.foundation.errors import CirclesError
from circles.foundation.words import Lang

_MAX_FIELDS, _MAX_FILES, _MAX_PART = 3000, 60, 200_000
_MOST_NOTICES = 12
_PATIENCE_S = 90.0
Found = TypeVar("Found")


@dataclass(frozen=True)
class Notice:
    """Something to be said once on the next page: ``good`` or ``bad``."""

    kind: str
    text: str


@dataclass
class Desk:
    """What all pages share."""

    workspace: Workspace
    jobs: Jobs
    keys: Keys
    lang: Lang
    stop: Callable[[], None]
    notices: dict[str, list[Notice]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, session: Session, kind: str, text: str) -> None:
        """Keep something to be said on the session's next page."""
        with self.lock:
            own = self.notices[session.id]
            own.append(Notice(kind, text[:4000]))
            del own[:-_MOST_NOTICES]

    def heard(self, session: Session) -> list[Notice]:
        """Return what is to be said to the session, once."""
        with self.lock:
            return self.notices.pop(session.id, [])


@dataclass(frozen=True)
class Ask:
    """One request, as a page sees it: names in its path, fields of its form, files that were sent."""

    desk: Desk
    session: Session
    names: Mapping[str, str]
    query: Mapping[str, str]
    form: FormData
    path: str

    # --- what was asked ----------------------------------------------------------------------------------------------

    @property
    def space(self) -> Workspace:
        """The workspace."""
        return self.desk.workspace

    @property
    def lang(self) -> Lang:
        """The desk's language."""
        return self.desk.lang

    def text(self, name: str, most: int = 400) -> str:
        """Return a field of the form, without spaces around it and control characters in it."""
        value = self.form.get(name, "")
        plain = value if isinstance(value, str) else ""
        return "".join(char for char in plain if char.isprintable()).strip()[:most]

    def texts(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def sent(self, name: str) -> list[UploadFile]:
        """Return the files of a field that are more than an empty choice."""
        return [value for value in self.form.getlist(name) if isinstance(value, UploadFile) and value.filename]

    # --- answers -----------------------------------------------------------------------------------------------------

    def t(self, key: str, **filled: Any) -> str:
        """Return a sentence in the desk's language."""
        return rendering.sentence(key, self.lang, **filled)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        text = rendering.page(
            template, self.lang, csrf=self.session.csrf, person=self.session.person, here=self.path,
            notices=self.desk.heard(self.session), folder=self.space.root.name or str(self.space.root), **values,
        )  # fmt: skip
        return HTMLResponse(text, status_code=status)

    def go(self, *parts: str, good: str = "", bad: str = "") -> Response:
        """Send the browser to another page, which says ``good`` or ``bad`` first."""
        return self.to(url(*parts), good=good, bad=bad)

    def to(self, address: str, *, good: str = "", bad: str = "") -> Response:
        """Send the browser to an address of the desk, which says ``good`` or ``bad`` first."""
        if good:
            self.desk.say(self.session, "good", good)
        if bad:
            self.desk.say(self.session, "bad", bad)
        return RedirectResponse(address, status_code=303)

    def known(self, found: Found | None) -> Found:
        """Return what was looked up in the workspace.

        Raises
        ------
        HTTPException
            Nothing was found: there is no such page.
        """
        if found is None:
            raise HTTPException(404, self.t("not_found"))
        return found

    # --- commands ----------------------------------------------------------------------------------------------------

    def command(self, *args: str, **options: str | float | bool | None) -> Command:
        """Return a command in the desk's language."""
        return command(self.lang, *args, **options)

    def begin(
        self, what: Command, *, kind: str, about: str, after: str, then: Callable[[Job], None] | None = None
    ) -> Response:
        """Start a command, and send the browser to the page that watches it.

        Parameters
        ----------
        what, kind, about, after, then : as :meth:`Jobs.start` takes them
        """
        job = self.desk.jobs.start(what, kind=kind, about=about, after=after, then=then)
        return self.go("jobs", str(job.number))

    def do(
        self, what: Command, *, kind: str, about: str, after: str, back: str | None = None, good: str = ""
    ) -> Response:  # fmt: skip
        """Run a short command and wait for it; the next page says what it said, good or bad.

        Parameters
        ----------
        what, kind, about, after : as :meth:`Jobs.start` takes them
        back : where to go when it has not ended well; where it would go else, if left out
        good : what to say when it has ended well, instead of what it said itself
        """
        job = self.done(what, kind=kind, about=about)
        if job.state == "running":
            return self.go("jobs", str(job.number))
        is_good = job.state == "done"
        self.desk.say(
            self.session,
            "good" if is_good else "bad",
            (good if is_good else "") or _said(job) or self.t(f"state_{job.state}"),
        )
        return RedirectResponse(after if is_good or back is None else back, status_code=303)

    def done(self, what: Command, *, kind: str, about: str, after: str = "/") -> Job:
        """Run a short command and return it, as it is when it has ended or patience has.

        Parameters
        ----------
        what, kind, about, after : as :meth:`Jobs.start` takes them
        """
        job = self.desk.jobs.start(what, kind=kind, about=about, after=after)
        return self.desk.jobs.wait(job.number, _PATIENCE_S) or job


def _said(job: Job) -> str:
    return "\n".join(part for part in (job.said.strip(), job.output.strip()) if part)


def url(*parts: str) -> str:
    """Return the address of a page from its parts; each is one step, whatever it holds."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


Page = Callable[[Ask], Response]


def get(path: str, page: Page) -> Route:
    """Return a page that is only read."""
    return Route(path, _endpoint(page, is_write=False), methods=["GET"])


def post(path: str, page: Page) -> Route:
    """Return what a form is sent to; a form that is not of this session's own pages is refused before the page sees it."""
    return Route(path, _endpoint(page, is_write=True), methods=["POST"])


def _endpoint(page: Page, *, is_write: bool) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        session = Session(request.session)
        if not is_write:
            return await run_in_threadpool(_answered, page, _ask(desk, session, request, FormData()))
        async with request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_PART) as form:
            given = form.get("csrf", "")
            if not isinstance(given, str) or not session.is_own_form(given):
                raise HTTPException(403, rendering.sentence("refused_form", desk.lang))
            return await run_in_threadpool(_answered, page, _ask(desk, session, request, form))

    return endpoint


def _ask(desk: Desk, session: Session, request: Request, form: FormData) -> Ask:
    return Ask(desk, session, request.path_params, request.query_params, form, request.url.path)


def _answered(page: Page, ask: Ask) -> Response:
    """Return a page's answer; what is wrong with the input is said where the browser was, not as a page of its own."""
    try:
        return page(ask)
    except CirclesError as e:
        return ask.page("message.html", status=422, title=ask.t("went_wrong"), lines=e.render(ask.lang).splitlines())
