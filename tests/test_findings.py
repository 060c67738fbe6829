"""What a finding says of itself."""

from __future__ import annotations

from circles.foundation import errors, words


def test_a_sentence_may_name_the_place_of_its_finding() -> None:
    """A sentence that holds {id}, {row} or {table} is filled in from the finding's own place, in both languages."""
    for lang in words.LANGS:
        twice = errors.error("form-twice", "b.xlsx 填报!I7", id="aed", before="a.xlsx 填报!I7")
        assert twice.message(lang)
        assert lang == "en" or "aed" in errors.error("form-twice", "b.xlsx", id="aed", before="a.xlsx").message("zh")
