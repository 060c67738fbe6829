"""Make the font that pictures are lettered with: Noto Sans CJK SC cut down to GB 2312.

Usage: ``python scripts/build_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc``. The result is committed, with
its licence beside it, so that pictures show no empty boxes and the same bytes on a machine without any Chinese font.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

TARGET = Path(__file__).resolve().parents[1] / "circles" / "outputs" / "assets" / "CirclesSansSC-Regular.otf"
_FACE = "Noto Sans CJK SC"
_RANGES = (
    (0x20, 0x7E), (0xB7, 0xB7), (0x2010, 0x203A), (0x20AC, 0x20AC), (0x2190, 0x2193),
    (0x3000, 0x301F), (0xFF01, 0xFF5E),
)  # fmt: skip
_ALSO = "✔✘■□▲△▼▽◆◇○●★≤≥×÷√∞≈䃅嵊泗桅崎鱼鳋嶴岙礁屿㟰澙"
"""Signs of island names that GB 2312 lacks; those that the face does not have are left out."""


def wanted() -> set[int]:
    """Return the code points of the signs of GB 2312 and of the symbols in use; other letters come from DejaVu Sans, which matplotlib brings."""
    found = {code for first, last in _RANGES for code in range(first, last + 1)} | set(map(ord, _ALSO))
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def main(source: str) -> None:
    """Write the subset."""
    collection = TTCollection(source, lazy=True)
    font = next(f for f in collection.fonts if f["name"].getDebugName(4) in (_FACE, f"{_FACE} Regular"))
    options = subset.Options(
        layout_features=["kern"], hinting=False, desubroutinize=False, name_IDs=[0, 1, 2, 4, 5, 6, 13, 14], notdef_outline=True,
        recommended_glyphs=True, drop_tables=["vhea", "vmtx", "VORG", "GSUB", "GPOS", "BASE", "GDEF"], glyph_names=False,
    )  # fmt: skip
    worker = subset.Subsetter(options)
    worker.populate(unicodes=wanted())
    worker.subset(font)
    for record in font["name"].names:  # not the name of the whole font: this one is a part of it
        if record.nameID in (1, 4, 6):
            record.string = "CirclesSansSC-Regular" if record.nameID == 6 else "Circles Sans SC"
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    TARGET.parent.mkdir(exist_ok=True)
    font.save(TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {len(font.getGlyphOrder())} glyphs")


if __name__ == "__main__":
    main(sys.argv[1])
