"""Which word a verdict is said with: 达标 only where somebody has adopted the standard, and the data are real."""

from __future__ import annotations

from collections.abc import Iterable


def word_key(verdict: str, statuses: Iterable[str], *, is_demonstration: bool) -> str:
    """Return the key of a verdict's word in the catalogue ``statement``.

    Parameters
    ----------
    verdict : a value of ``Verdict``
    statuses : of every rule that the verdict rests on; a verdict that rests on none is no conclusion
    is_demonstration : whether the area is a demonstration

    Returns
    -------
    str
        ``verdict_<verdict>`` outside demonstrations where every rule is adopted, else ``reference_<verdict>``.

    >>> word_key("met", ["adopted"], is_demonstration=False), word_key("met", ["adopted", "assumed"], is_demonstration=False)
    ('verdict_met', 'reference_met')
    """
    known = list(statuses)
    is_binding = bool(known) and not is_demonstration and all(status == "adopted" for status in known)
    return f"{'verdict' if is_binding else 'reference'}_{verdict}"
