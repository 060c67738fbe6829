"""Who is there and what they may do: the one place that a desk for a whole bureau, with sign-in, would change.

Today: whoever holds the token of this start, on this machine. Who works is chosen on the page and stands beside every
write; whether that person may take a step, the ledger's roles decide.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

_PERSON, _ENTERED, _CSRF, _ID = "person", "entered", "csrf", "id"


@dataclass(frozen=True)
class Keys:
    """The secrets of one start of the desk; nothing of them is kept."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def is_token(self, given: str) -> bool:
        """Return whether a token is this start's, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode("ascii"))


@dataclass
class Session:
    """What the signed cookie of a browser says."""

    content: dict[str, Any]

    @property
    def is_entered(self) -> bool:
        """Whether the browser came with the token."""
        return self.content.get(_ENTERED) is True

    @property
    def id(self) -> str:
        """The session's own name, by which what is to be said to it is kept."""
        return str(self.content.get(_ID, ""))

    @property
    def csrf(self) -> str:
        """What each form of this session's pages carries."""
        return str(self.content.get(_CSRF, ""))

    @property
    def person(self) -> str:
        """Who works, as chosen at the start."""
        return str(self.content.get(_PERSON, ""))

    def enter(self) -> None:
        """Let the browser in; a session that is there already stays the same one."""
        if not self.is_entered:
            self.content.clear()
            self.content.update({_ENTERED: True, _ID: secrets.token_urlsafe(16), _CSRF: secrets.token_urlsafe(32)})

    def choose(self, person: str) -> None:
        """Note who works."""
        self.content[_PERSON] = person

    def is_own_form(self, given: str) -> bool:
        """Return whether a form comes from a page of this session."""
        return bool(self.csrf) and hmac.compare_digest(given.encode("utf-8", "replace"), self.csrf.encode("ascii"))
