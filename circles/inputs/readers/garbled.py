"""Detection of text that was once read in the wrong encoding: U+FFFD, 锟斤拷, UTF-8 taken for GBK or Latin."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence

from circles.foundation import errors
from circles.foundation.errors import Finding

_LOST = re.compile("\ufffd|锟斤拷|锟斤|斤拷|烫烫烫|屯屯屯")
_PAIRS = (
    ("gb18030", "utf-8"),
    ("cp1252", "utf-8"),
    ("latin-1", "utf-8"),
    ("latin-1", "gb18030"),
    ("big5", "gb18030"),
    ("gb18030", "big5"),
)
"""Read as the first, although it was the second."""
_WIDE_PAIRS = tuple(pair for pair in _PAIRS if pair[0] not in ("cp1252", "latin-1"))
"""Those that may be of a text with Chinese characters, of which the others have none."""
_CJK = re.compile("[\u4e00-\u9fff]")
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学"
    "如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将"
    "两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及"
    "比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区"
    "保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传"
    "师观清今切院让识候带导争运村镇乡街岛园托育卫医食堂店站球馆所服养幼儿照护菜五龙黄洋嵊泗枸杞花鸟沈家甲乙丙丁"
)
"""Characters that names of places and services are made of: right readings hold them, wrong ones nearly none."""
_ASKED = re.compile(r"[\d\s()_\-.#]*\?\?[\d\s()_\-.#?]*")
"""Nothing but question marks: what a program left of letters that its encoding does not have."""
_MOST_LOOKED_AT = 20_000
_LONGEST = 60
_SHORT = 4
"""Fewer characters prove little: all of them must be common."""


def meant(text: str) -> str | None:
    """Return what a garbled text probably said, '' where its characters are lost; None where it is not garbled.

    >>> meant("鐢叉墭鑲")
    '甲托'
    >>> meant("甲托育") is None
    True
    """
    short = text[:_LONGEST]
    if short.isascii():
        return "" if _ASKED.fullmatch(short) else None
    kept = _LOST.sub("", short).rstrip("?")
    for read_as, was in _WIDE_PAIRS if _CJK.search(kept) else _PAIRS:
        if (found := _again(short, kept, read_as, was)) is not None:
            return found
    return "" if _LOST.search(short) else None


def _again(text: str, kept: str, read_as: str, was: str) -> str | None:
    """Return a text, ``kept`` without what is lost, as it reads the other way; None where that makes no more sense."""
    try:
        raw = kept.encode(read_as)
    except UnicodeEncodeError:
        return None
    try:
        found = codecs.getincrementaldecoder(was)().decode(raw, final=False)  # a cut character at the end is no proof
    except UnicodeDecodeError:
        found = raw.decode(was, errors="replace")
        if not _LOST.search(text) or found.count("\ufffd") > max(1, len(_LOST.findall(text))):
            return None
        found = found.replace("\ufffd", "")
    is_latin = was == "utf-8" and read_as in ("cp1252", "latin-1")
    if is_latin and found.encode("utf-8") == raw and found != kept and found.isprintable():
        return found  # Latin text that happens to be well-formed UTF-8 is no text that anybody wrote
    signs = [letter for letter in found if not letter.isascii()]
    if not signs or any(not letter.isprintable() for letter in found) or found == kept:
        return None
    right = sum(1 for letter in signs if letter in _COMMON)
    wrong = sum(1 for letter in kept if letter in _COMMON)
    enough = 2 * right >= len(signs) if len(signs) >= _SHORT else right == len(signs)  # 撤销, read so, would be 雪种
    return found if len(_CJK.findall(found)) == len(signs) and enough and right > wrong else None


def garbled(texts: Mapping[str, Sequence[str]], rows: Iterable[int], file: str) -> list[Finding]:
    """Return one warning for all garbled cells and headers of a table: their rows, and what the first one may mean.

    Parameters
    ----------
    texts : column -> cells
    rows : number of each row
    file : name for the finding
    """
    numbers = list(rows)
    hit: dict[int, tuple[str, str]] = {}
    for title, column in texts.items():
        if (again := meant(title)) is not None:
            hit.setdefault(0, (title, again))
        for at, text in enumerate(column[:_MOST_LOOKED_AT]):
            if text and ("??" in text or not text.isascii()) and (again := meant(text)) is not None:
                hit.setdefault(at + 1, (text, again))
    if not hit:
        return []
    first = min(hit)
    text, again = hit[first]
    shown = "、".join(str(numbers[at - 1]) for at in sorted(hit)[:10] if at) + ("…" if len(hit) > 10 else "")
    return [
        errors.warning(
            "text-garbled" if again else "text-lost", file, numbers[first - 1] if first else None, value=text[:40],
            meant=again, n=len(hit), rows=shown or "1",
        )
    ]  # fmt: skip
