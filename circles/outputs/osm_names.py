"""What places out of OpenStreetMap are called where people read: unnamed ones by their kind, kinds in the reader's language."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from circles.foundation import words
from circles.foundation.words import Lang
from circles.inputs.osm.facilities import UNNAMED


def kind_word(value: str, lang: Lang) -> str:
    """Return what a kind is called: a value of an OpenStreetMap tag in words, any other word as it is.

    >>> kind_word("sports_centre", "zh"), kind_word("sports_centre", "en"), kind_word("灯光球场", "en")
    ('体育中心', 'sports centre', '灯光球场')
    """
    entry = words.catalogue("osm_kinds").get(value)
    return entry[lang] if entry else value


def readable(facilities: gpd.GeoDataFrame, lang: Lang) -> gpd.GeoDataFrame:
    """Return facilities with names and kinds as people read them; the table itself where nothing changes.

    Parameters
    ----------
    facilities : ``name`` and ``kind``
    lang : language of the reader
    """
    if not {"name", "kind"} <= set(facilities.columns):
        return facilities
    kinds, names = facilities["kind"].tolist(), facilities["name"].tolist()
    said = [kind_word(kind, lang) if isinstance(kind, str) else kind for kind in kinds]
    called = [_name(name, lang) if isinstance(name, str) else name for name in names]
    if all(new is old for new, old in zip((*said, *called), (*kinds, *names), strict=True)):
        return facilities
    # as objects: a name may hold what no encoding can
    columns = {"name": pd.Series(called, facilities.index, object), "kind": pd.Series(said, facilities.index, object)}
    return facilities.assign(**columns)


def _name(name: str, lang: Lang) -> str:
    if not name.startswith(UNNAMED):
        return name
    return words.text("osm_kinds.unnamed ", lang, kind=kind_word(name.removeprefix(UNNAMED), lang))
