"""Names as they are compared: usual width, small letters, without spaces, brackets and marks."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"[\s()\[\]【】〔〕《》“”\"'·•\-—_.,，。、:：;；/]+")


def plain_name(text: str) -> str:
    """Return a name without what people write differently.

    >>> plain_name("嵊泗县 人民医院（总院）") == plain_name("嵊泗县人民医院(总院)")
    True
    """
    return _MARKS.sub("", unicodedata.normalize("NFKC", str(text)).casefold())
