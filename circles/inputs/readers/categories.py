"""Kinds of service as files name them → category ids; a kind that is not known, with the likeliest ones as a proposal."""

from __future__ import annotations

from collections import defaultdict

from circles.area import Area
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding
from circles.inputs.readers import cells
from circles.inputs.readers.vocabulary import section

_MOST_PROPOSED = 3


def category_words(area: Area) -> dict[str, str]:
    """Return what may stand in a column of categories → category id: ids, and names that one category only bears."""
    by_name: dict[str, set[str]] = defaultdict(set)
    for item in area.categories:
        for name in dict.fromkeys((item.name, item.title, *item.aliases)):
            by_name[cells.header(name)].add(item.id)
    known = {cells.header(item.id): item.id for item in area.categories}
    single = {name: next(iter(owners)) for name, owners in by_name.items() if len(owners) == 1}
    return single | known


def proposals(text: str, area: Area) -> list[str]:
    """Return the ids of the categories that an unknown kind probably is, likeliest first.

    A category is recognised by the words of ``synonyms.toml`` (托育机构, 长者食堂 …), else by parts of a category's own name.
    """
    key = cells.header(text)
    ids = {item.id for item in area.categories}
    scores: dict[str, float] = {}
    for id_, words in section("kinds").items():
        hit = max((len(word) for word in words if word in key), default=0)
        if id_ in ids and hit:
            scores[id_] = float(hit)
    for item in area.categories:
        for name in dict.fromkeys((item.name, item.title, *item.aliases)):
            own = cells.header(name)
            shared = max(
                (n for n in range(2, len(own) + 1) for at in range(len(own) - n + 1) if own[at : at + n] in key),
                default=0,
            )
            if shared:
                scores[item.id] = max(scores.get(item.id, 0.0), shared - 0.5)
    order = sorted(scores, key=lambda id_: (-scores[id_], id_))
    return order[:_MOST_PROPOSED]


def unknown_category(file: str, row: int | None, id_: str | None, text: str, area: Area) -> Finding:
    """Return the error for an unknown category, with the valid ones and the likeliest.

    Parameters
    ----------
    file : name of the file
    row : number of the row in the file; None where there is none
    id_ : id of the row; None where there is none
    text : category as written in the file
    area : gives the valid categories
    """
    likely = proposals(text, area)
    names = {item.id: item.name for item in area.categories}
    valid = ", ".join(f"{item.id}（{item.name}）" for item in area.categories)
    near = " / ".join(f"{own}（{names[own]}）" for own in likely)
    if likely:
        near += f' → [data] values = {{ category = {{ "{text[:40]}" = "{likely[0]}" }} }}'
    near = near or nearest_word.near(text, [*names, *names.values()])
    return errors.error("unknown-category", file, row, id_, value=text[:80], valid=valid, near=near)
