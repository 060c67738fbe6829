"""The letters of pictures: a bundled font, so that a machine without Chinese fonts draws the same bytes and no empty boxes.

``assets/CirclesSansSC-Regular.otf`` is the part of Noto Sans CJK SC that holds GB 2312 (`scripts/build_font.py`, SIL Open
Font Licence beside it). Latin letters with diacritics come from DejaVu Sans, which matplotlib brings along.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import resources

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

FAMILY, FALLBACK = "Circles Sans SC", "DejaVu Sans"
MISSING = "〓"
"""What printers set where a sign is missing; both fonts lack few that occur in names."""
_FILE = "CirclesSansSC-Regular.otf"


@cache
def font() -> FontProperties:
    """Return the bundled font with its fallback, made known to matplotlib when it is first asked for."""
    file = resources.files(__package__).joinpath("assets", _FILE)
    with resources.as_file(file) as path:
        if all(known.name != FAMILY for known in font_manager.fontManager.ttflist):
            font_manager.fontManager.addfont(path)
    return FontProperties(family=[FAMILY, FALLBACK])


def use_chinese_font() -> None:
    """Let matplotlib's own figures in this process show Chinese, in the bundled font."""
    font()
    mpl.rcParams["font.sans-serif"] = [FAMILY, FALLBACK]
    mpl.rcParams["axes.unicode_minus"] = False  # the bundled font lacks the typographic minus


def drawable(text: str) -> str:
    """Return text of which every sign can be drawn: others are decomposed, and what is left becomes 〓."""
    known = _known() | {10}
    if all(ord(sign) in known for sign in text):
        return text
    return "".join(sign if ord(sign) in known else _plain(sign, known) for sign in text)


def _plain(sign: str, known: frozenset[int]) -> str:
    parts = "".join(part for part in unicodedata.normalize("NFKC", sign) if ord(part) in known)
    if parts or unicodedata.category(sign).startswith(("C", "M")):
        return parts
    return MISSING


@cache
def _known() -> frozenset[int]:
    """Return the code points that one of the two fonts draws."""
    found: set[int] = set()
    for family in (FAMILY, FALLBACK):
        font()
        path = font_manager.findfont(FontProperties(family=family), fallback_to_default=False)
        found |= set(font_manager.get_font(path).get_charmap())
    return frozenset(found)
