"""The desk's pages behind their guard, as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from circles.desk import rendering
from circles.desk.asking import Desk
from circles.desk.guard import Guard, Limits
from circles.desk.identity import Session
from circles.desk.pages import ROUTES
from circles.outputs.statement import style_variables

_STATIC = {"desk.css": "text/css", "desk.js": "text/javascript", "map.js": "text/javascript"}
_LEAFLET = {"leaflet.js": "text/javascript", "leaflet.css": "text/css"}
_BEAT_S = 3.0


def create_app(
    desk: Desk, *, hosts: frozenset[str], cookie: str, seen: Callable[[int], None], limits: Limits
) -> ASGIApp:
    """Return the application.

    Parameters
    ----------
    desk : what all pages share
    hosts : ``host:port`` by which the browser may call it; any other name is not answered
    cookie : name of the session's cookie
    seen : called with +1 when a page is opened in a browser and −1 when it is closed
    limits : how much a request may send
    """

    def said(key: str) -> str:
        return rendering.sentence(key, desk.lang)

    async def alive(request: Request) -> Response:
        del request

        async def beats() -> AsyncIterator[bytes]:
            seen(1)
            try:
                while True:
                    yield b".\n"
                    await asyncio.sleep(_BEAT_S)
            finally:
                seen(-1)

        return StreamingResponse(beats(), media_type="text/plain")

    routes = [Route("/alive", alive), Route("/static/{name}", _static), *ROUTES]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(
                SessionMiddleware, secret_key=desk.keys.cookie, session_cookie=cookie, max_age=None, same_site="strict"
            ),
            Middleware(Door, desk=desk),
        ],
        exception_handlers={HTTPException: _refused, Exception: _ours},
    )
    app.state.desk = desk
    return Guard(app, hosts=hosts, limits=limits, said=said)


class Door:
    """Lets in who brings the token of this start, or came with it before; nobody else sees a page."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        request = Request(scope)
        session = Session(request.session)
        token = request.query_params.get("token")
        answer: Response | None = None
        if scope["path"] == "/" and token is not None and self.desk.keys.is_token(token):
            session.enter()
            answer = RedirectResponse("/", status_code=303)
        elif not session.is_entered:
            text = rendering.page("outside.html", self.desk.lang)
            answer = HTMLResponse(text, status_code=403)
        await (answer or self.app)(scope, receive, send)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name in _STATIC:
        return Response(_own(name), media_type=_STATIC[name])
    if name in _LEAFLET:
        from xstatic.pkg import leaflet  # noqa: PLC0415 - found where the wheel put it

        return FileResponse(Path(leaflet.BASE_DIR) / name, media_type=_LEAFLET[name])
    raise HTTPException(404)


def _own(name: str) -> bytes:
    content = resources.files("circles.desk").joinpath("static", name).read_bytes()
    return style_variables().encode() + content if name == "desk.css" else content


def _refused(request: Request, exc: Exception) -> Response:
    code = exc.status_code if isinstance(exc, HTTPException) else 500
    detail = exc.detail if isinstance(exc, HTTPException) else ""
    return _message(request, code, detail)


def _ours(request: Request, exc: Exception) -> Response:
    desk: Desk = request.app.state.desk
    detail = f"{type(exc).__name__}: {exc}"[:300]
    return _message(request, 500, rendering.sentence("our_defect", desk.lang, detail=detail))


def _message(request: Request, code: int, detail: str) -> Response:
    desk: Desk = request.app.state.desk
    session = Session(request.scope.get("session", {}))
    key = "not_found" if code == 404 else "went_wrong"
    values: dict[str, Any] = {"csrf": session.csrf, "person": session.person, "here": request.url.path, "notices": []}
    text = rendering.page(
        "message.html", desk.lang, title=rendering.sentence(key, desk.lang), lines=[detail] if detail else [],
        folder=desk.workspace.root.name, **values,
    )  # fmt: skip
    headers = {"connection": "close"} if code in (408, 413) else None
    return HTMLResponse(text, status_code=code, headers=headers)
