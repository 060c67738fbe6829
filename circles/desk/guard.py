"""What stands before every page: only this machine's own browser, only from the desk's own pages, only so much, only so long."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
RESULT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob: https://*.tianditu.gov.cn; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts allow-downloads "
    "allow-modals allow-popups"
)
"""For pages that a run wrote, and that somebody may have changed: they have an origin of their own, which the desk's is not."""
_HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_METHODS = frozenset({"GET", "HEAD", "POST"})
_MAX_TARGET, _DIGITS, _LITTLE = 4096, 15, 100_000


@dataclass(frozen=True)
class Limits:
    """How much a request may send, and how slowly."""

    form_bytes: int = 2_000_000
    upload_bytes: int = 500_000_000
    upload_path: str = "/upload"
    pause_s: float = 20.0
    form_s: float = 30.0
    upload_s: float = 900.0
    uploads: int = 8


async def _drained(scope: Scope, receive: Receive) -> None:
    """Read what a refused request sends, if it is little: else the browser sees a broken line instead of the refusal."""
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or len(length) > _DIGITS or int(length) > _LITTLE:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            while (await receive()).get("more_body"):
                pass


class Guard:
    """The outermost layer: refuses before anything is read, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], limits: Limits, said: Callable[[str], str]) -> None:
        self.app = app
        self.hosts = hosts
        self.origins = frozenset(f"http://{host}" for host in hosts)
        self.limits = limits
        self.said = said
        self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refused(scope)
        if refusal is not None:
            code, key = refusal
            await _drained(scope, receive)
            answer = PlainTextResponse(self.said(key), status_code=code, headers={"connection": "close"})
            await answer(scope, receive, dressed)
            return
        is_upload = scope["method"] == "POST" and scope["path"].endswith(self.limits.upload_path)
        self._uploads += is_upload
        try:
            await self.app(scope, self._bounded(receive, is_upload=is_upload), dressed)
        finally:
            self._uploads -= is_upload

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Return why a request is not even looked at: the first reason that holds."""
        headers = Headers(scope=scope)
        is_post = scope["method"] == "POST"
        is_upload = is_post and scope["path"].endswith(self.limits.upload_path)
        host, origin, length = headers.getlist("host"), headers.getlist("origin"), headers.get("content-length", "0")
        site = headers.get("sec-fetch-site", "same-origin")
        most = self.limits.upload_bytes if is_upload else self.limits.form_bytes
        reasons = (
            (421, "refused_host", len(host) != 1 or host[0].lower() not in self.hosts),
            (405, "refused_method", scope["method"] not in _METHODS),
            (
                414,
                "refused_long",
                len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > _MAX_TARGET,
            ),
            (403, "refused_origin", any(item not in self.origins for item in origin) or (is_post and len(origin) != 1)),
            (403, "refused_origin", site not in ("same-origin", "none") and (is_post or scope["path"] != "/")),
            (413, "refused_large", not length.isdecimal() or len(length) > _DIGITS or int(length) > most),
            (503, "refused_busy", is_upload and self._uploads >= self.limits.uploads),
        )
        return next(((code, key) for code, key, holds in reasons if holds), None)

    def _bounded(self, receive: Receive, *, is_upload: bool) -> Receive:
        """Return ``receive`` that counts bytes and seconds of the body."""
        most = self.limits.upload_bytes if is_upload else self.limits.form_bytes
        until = time.monotonic() + (self.limits.upload_s if is_upload else self.limits.form_s)
        state: dict[str, Any] = {"bytes": 0, "is_done": False}

        async def bounded() -> Message:
            if state["is_done"]:  # what comes now is only that the browser has gone
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, min(self.limits.pause_s, until - time.monotonic()))):
                    message = await receive()
            except TimeoutError as e:
                raise HTTPException(408, self.said("refused_slow"), {"connection": "close"}) from e
            state["bytes"] += len(message.get("body", b""))
            state["is_done"] = not message.get("more_body", False)
            if state["bytes"] > most:
                raise HTTPException(413, self.said("refused_large"), {"connection": "close"})
            return message

        return bounded
