"""Characters that steer a terminal instead of standing on it, shown as signs: escape sequences, and marks of direction."""

from __future__ import annotations

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BREAKS = str.maketrans({"\n": "␊", "\t": "␉", "\u2028": "␊", "\u2029": "␊"})


def visible(text: str) -> str:
    r"""Return ``text`` with control characters as their pictures (␛ for escape) or codes; lines and tabs stay.

    >>> visible("\x1b[2J a\u202eb")
    '␛[2J a\\u202eb'
    """
    return text if text.isascii() and text.isprintable() else _STEERING.sub(_picture, text)


def on_one_line(text: str) -> str:
    """Return ``text`` as :func:`visible` does, with line breaks and tabs as pictures too."""
    return text if text.isascii() and text.isprintable() else visible(text).translate(_BREAKS)


def _picture(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 0x20:
        return chr(0x2400 + number)
    return "␡" if number == 0x7F else f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
