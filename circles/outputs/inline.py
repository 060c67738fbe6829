"""Make one HTML file out of a page with links: known links are replaced by their text, an unknown one is refused.

The result is self-contained: no request leaves it, and a content security policy names the hash of every script in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_SCRIPT_LINK = re.compile(r"<script[^>]*\bsrc=\"([^\"]*)\"[^>]*>\s*</script>")
_STYLE_LINK = re.compile(r"<link\b[^>]*\bhref=\"([^\"]*)\"[^>]*/?>")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_LEFT_OVER = re.compile(
    r"<(?:script|link|img|iframe|object|embed|source|video|audio|base)\b[^>]*\b(?:src|href|data)\s*=\s*[\"']?(?!data:)[^\s>]+"
    r"|\burl\(\s*[\"']?(?!data:|#)[^)]*\)|@import\b[^;]*",
    re.IGNORECASE,
)
_POLICY = (
    "default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:{images}; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


class UnknownLinkError(RuntimeError):
    """The page wants something that we do not carry: a defect of ours, met when a library changes its links."""


def inline(html: str, *, scripts: Mapping[str, str | None], styles: Mapping[str, str | None]) -> str:
    """Return ``html`` with each linked script and style replaced by its text.

    Parameters
    ----------
    scripts, styles
        The end of a link's address -> its text; None drops the link.

    Raises
    ------
    UnknownLinkError
        A link is in neither, or something else of the page would be fetched.
    """
    html = _SCRIPT_LINK.sub(lambda m: _element("script", _known(m[1], scripts)), html)
    html = _STYLE_LINK.sub(lambda m: _element("style", _known(m[1], styles)), html)
    if rest := sorted({m[0][:120] for m in _LEFT_OVER.finditer(_SCRIPT.sub("", html))}):
        raise UnknownLinkError("; ".join(rest))
    return html


def script_text(text: str) -> str:
    """Return JavaScript that can stand inside a script element, without its source map."""
    text = re.sub(r"\n//# sourceMappingURL=\S*", "", text.replace("\r\n", "\n"))
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def style_text(text: str, images: Mapping[str, bytes]) -> str:
    """Return CSS whose PNG images, named by address, are data URIs."""

    def data(match: re.Match[str]) -> str:
        return f"url(data:image/png;base64,{base64.b64encode(images[match[1]]).decode('ascii')})"

    return re.sub(r"url\(\s*[\"']?([\w./-]+\.png)[\"']?\s*\)", data, text.replace("\r\n", "\n"))


def json_text(value: Any) -> str:
    """Return JSON that is inert inside a script element: no ``<``, ``>``, ``&``, line separator or lone surrogate."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029\ud800-\udfff\x7f-\x9f]", lambda m: f"\\u{ord(m[0]):04x}", text)


def policy(html: str, *, images: Sequence[str] = ()) -> str:
    """Return the content security policy that lets the scripts of ``html`` run, and nothing else.

    ``images`` are the hosts from which pictures may come besides the page itself.
    """
    digests = (hashlib.sha256(m[1].encode("utf-8")).digest() for m in _SCRIPT.finditer(html))
    return _POLICY.format(
        hashes=" ".join(f"'sha256-{base64.b64encode(d).decode('ascii')}'" for d in digests),
        images="".join(f" {host}" for host in images),
    )


def _known(address: str, texts: Mapping[str, str | None]) -> str | None:
    for end, text in texts.items():
        if address.endswith(end):
            return text
    raise UnknownLinkError(address)


def _element(tag: str, text: str | None) -> str:
    return "" if text is None else f"<{tag}>{text}</{tag}>"
