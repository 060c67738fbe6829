"""The choice that was probably meant, for findings that ask "did you mean …?"."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from circles.foundation import words

_LIKE = 0.6
_MAX_CHARACTERS, _MAX_CHOICES = 80, 2000
"""Beyond these there is nothing to guess: comparing takes time that grows with both."""


def near(value: str, valid: Sequence[str]) -> str:
    """Return the choice that looks most like ``value``, or a dash."""
    if len(value) > _MAX_CHARACTERS or len(valid) > _MAX_CHOICES:
        return words.NONE
    likely = [choice for choice in valid if len(choice) <= 4 * _MAX_CHARACTERS and _may_be_like(value, choice)]
    found = difflib.get_close_matches(value, likely, n=1, cutoff=_LIKE)
    return found[0] if found else words.NONE


def _may_be_like(value: str, choice: str) -> bool:
    """Return whether enough letters are shared: a fast test without false negatives."""
    return 2 * sum(letter in choice for letter in value) >= _LIKE * (len(value) + len(choice))
