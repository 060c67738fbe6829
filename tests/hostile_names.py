"""Two hundred names that have broken sheets, documents, maps or shells."""

from __future__ import annotations

_STEMS = (
    "=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(1)", "\tx", "\rx", '=HYPERLINK("http://x.invalid","点我")', "http://x.invalid/a b",
    "mailto:a@x.invalid", "external:c:\\x.xlsx", "internal:'表1'!A1", "_x0041_", "_x000D_", "a\x00b", "a\x01\x02\x1fb", "a\x0bb\x0cc", "a\x7fb",
    "\ud800", "x\udfff", "\ufffe", "\uffff", "😀托育😀", "\u202eevil.xlsx", "\u200f\u200eمرحبا", "e\u0301\u0323", "👨‍👩‍👧‍👦", "\ufeffbom",
    "{{7*7}}", "{% for x in y %}", "${x}", "{name}", "%s%n", "<script>alert(1)</script>", "<w:p/>", "]]>", "&lt;&amp;", "&P&N&D", "'x", '"x"',
    "a\nb", "a\r\nb", "a\u2028b\u2029c", "$x^2$", "\\frac{1}{0}", "C:\\users\\unit5", "../../etc/passwd", "NULL", "nan", "TRUE", "1e999",
    "'; DROP TABLE x;--", " 前后空格 ", "\u3000", "托" * 200, "长" * 32_767, "长" * 32_768, "a" * 40_000, "😀" * 20_000,
)  # fmt: skip
NAMES = tuple(f"{stem}" if number < len(_STEMS) else f"{stem}#{number}" for number, stem in enumerate(_STEMS * 4))[:200]
